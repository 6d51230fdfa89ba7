"""The copy a receipt keeps of all it prints, so that it never changes with the rest.

What must be on it: docs/billing.md, after the minimum that FSA administrators ask for (patient,
provider, date of service, description, amount). Never a diagnosis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from billing.models import Charge, Receipt
    from treatment.models import Visit

TEMPLATE_VERSION = "receipt-1"


def take(visit: Visit, *, replaces: Receipt | None = None) -> dict[str, Any]:
    appointment = visit.appointment
    place, client, therapist = appointment.location, appointment.client, visit.therapist
    reservation = appointment.reservation
    order = reservation.prescription if reservation is not None else None
    needs_prescription = appointment.option.service.needs_prescription
    return {
        "clinic": {
            "name": place.name,
            "legal_name": place.legal_name,
            "street": place.street,
            "city": f"{place.city}, {place.state} {place.postal_code}",
            "phone": place.phone.as_national if place.phone else "",
            "email": place.email,
            "ein": place.ein,
        },
        "therapist": {
            "name": therapist.name,
            "credential": therapist.credential,
            "license": f"{therapist.license_state} {therapist.license_number}".strip()
            if therapist.license_number
            else "",
            "npi": therapist.npi,
        },
        "patient": {"name": client.name if client else ""},
        "service": appointment.option.service.name,
        "prescriber": {
            "name": order.prescriber_name,
            "credential": order.prescriber_credential,
            "written_on": order.issued_on.isoformat() if order.issued_on else "",
        }
        if needs_prescription and order is not None
        else None,
        "payments": [
            {
                "method": str(payment.get_method_display()),
                "reference": payment.reference,
                "amount_cents": payment.amount_cents,
                "paid_on": payment.paid_at.astimezone(place.zone).date().isoformat(),
            }
            for payment in visit.payments.all()
        ],
        "replaces": replaces.number if replaces else "",
    }


def missing(copy: dict[str, Any], charges: Sequence[Charge]) -> list[str]:
    """What a plan would refuse the receipt for, in words."""
    parts = {
        _("the patient's name"): copy["patient"]["name"].strip(),
        _("the clinic's legal name"): copy["clinic"]["legal_name"].strip(),
        _("the clinic's address"): copy["clinic"]["street"].strip(),
        _("the therapist's name"): copy["therapist"]["name"].strip(),
        _("the therapist's license"): copy["therapist"]["license"],
        _("a description of the service"): all(charge.description.strip() for charge in charges),
        _("an amount"): any(charge.net_cents for charge in charges),
    }
    return [name for name, value in parts.items() if not value]
