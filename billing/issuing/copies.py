"""The copy a document keeps of everything it prints, so it never changes with other data.

What all of a visit have in common; never a diagnosis. docs/billing.md says what must be on each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from billing.errors import Lack

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo

    from billing.models import BillingDocument, Charge, Payment, Refund
    from billing.pricing import Line
    from booking.models import Appointment
    from clinic.models import Client, Location, Therapist
    from treatment.models import Visit


def of_visit(visit: Visit, *, replaces: BillingDocument | None = None) -> dict[str, Any]:
    """Letterhead, people, service, order, money: as they are now."""
    appointment = visit.appointment
    place, client = appointment.location, appointment.client
    return {
        "clinic": of_clinic(place),
        "therapist": of_therapist(visit.therapist),
        "patient": of_patient(client) if client else {"name": ""},
        "service": appointment.option.service.name,
        "prescriber": _prescriber(appointment),
        "payments": paid(visit.payments.all(), place.zone),
        "replaces": replaces.number if replaces else "",
    }


def paid(payments: Iterable[Payment], zone: tzinfo) -> list[dict[str, Any]]:
    """What was paid and what was given back, in the order of time. Their sum is what is paid."""
    found = [(one.paid_at, _paid(one, zone)) for one in payments]
    found += [
        (refund.refunded_at, _given_back(refund, zone))
        for one in payments
        for refund in one.refunds.all()
    ]
    return [entry for _at, entry in sorted(found, key=lambda pair: pair[0])]


def _paid(payment: Payment, zone: tzinfo) -> dict[str, Any]:
    return {
        "method": str(payment.get_method_display()),
        "reference": payment.reference,
        "amount_cents": payment.amount_cents,
        "paid_on": payment.paid_at.astimezone(zone).date().isoformat(),
    }


def _given_back(refund: Refund, zone: tzinfo) -> dict[str, Any]:
    return {
        "method": str(refund.get_method_display()),
        "reference": refund.reference,
        "amount_cents": -refund.amount_cents,
        "paid_on": refund.refunded_at.astimezone(zone).date().isoformat(),
        "is_refund": True,
    }


def of_clinic(place: Location) -> dict[str, str]:
    return {
        "name": place.name,
        "legal_name": place.legal_name,
        "street": place.street,
        "city": f"{place.city}, {place.state} {place.postal_code}",
        "phone": place.phone.as_national if place.phone else "",
        "email": place.email,
        "ein": place.ein,
    }


def of_patient(client: Client) -> dict[str, str]:
    """As documents name them: by the legal name, where the person goes by another."""
    return {"name": client.legal_name or client.name}


def of_account(client: Client) -> dict[str, str]:
    """Whose plan it is: beside the patient, never instead. It stands encrypted where it is from."""
    return {"member_number": client.member_number, "account_holder": client.account_holder}


def of_therapist(therapist: Therapist) -> dict[str, str]:
    number = therapist.license_number
    return {
        "name": therapist.name,
        "credential": therapist.credential,
        "license": f"{therapist.license_state} {number}".strip() if number else "",
        "npi": therapist.npi,
    }


def _prescriber(appointment: Appointment) -> dict[str, str] | None:
    reservation = appointment.reservation
    if reservation is None or not appointment.option.service.needs_prescription:
        return None
    order = reservation.prescription
    return {
        "name": order.prescriber_name,
        "credential": order.prescriber_credential,
        "written_on": order.issued_on.isoformat() if order.issued_on else "",
    }


def missing(copy: dict[str, Any], charges: Sequence[Charge | Line]) -> list[Lack]:
    """What a plan would refuse any document of a visit for missing."""
    parts = {
        Lack.PATIENT: copy["patient"]["name"].strip(),
        Lack.LEGAL_NAME: copy["clinic"]["legal_name"].strip(),
        Lack.ADDRESS: copy["clinic"]["street"].strip(),
        Lack.THERAPIST: copy["therapist"]["name"].strip(),
        Lack.LICENSE: copy["therapist"]["license"],
        Lack.DESCRIPTION: all(charge.description.strip() for charge in charges),
        Lack.AMOUNT: any(charge.net_cents for charge in charges),
    }
    return [lack for lack, value in parts.items() if not value]
