"""The statement of a client over some days: each service on its own line, and what covered it.

Plan years differ, so the range is anybody's choice. Nothing is summed up over a date; what no order
covered is told apart, and what is not treatment stands beside the totals. No diagnosis.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from billing import selectors, services
from billing.errors import Lack, NoPrescription, NothingInRange, ReceiptIncomplete
from billing.issuing import copies, receipts
from billing.issuing.drafts import Amounts, Draft
from booking.models import Appointment
from clinic import selectors as clinic_selectors
from clinic.dates import bounds
from treatment.models import Visit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from billing.models import BillingDocument, DocumentLine
    from clinic.models import Client
    from prescriptions.models import Prescription

VERSION = "statement-2"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Span:
    """A client and the days from one to another, both included."""

    client: Client
    begins_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Served:
    """A visit in the range, with the order that covered it."""

    visit: Visit
    bill: selectors.Bill
    order: Prescription | None

    @property
    def is_uncovered(self) -> bool:
        """A prescribed session that no order covers: it cannot have a receipt."""
        return self.order is None and self.visit.appointment.option.service.needs_prescription


def lock(span: Span) -> list[Visit]:
    """The finished visits of the range, oldest first, locked: their money stays as it is."""
    begin, end = _instants(span)
    found = Visit.objects.filter(
        status=Visit.Status.FINISHED,
        appointment__client=span.client,
        appointment__starts_at__gte=begin,
        appointment__starts_at__lt=end,
    )
    pks = list(found.select_for_update(no_key=True, of=["self"]).values_list("pk", flat=True))
    return list(selectors.visits().filter(pk__in=pks).order_by("appointment__starts_at", "pk"))


def _instants(span: Span) -> tuple[datetime, datetime]:
    zone = clinic_selectors.location().zone
    return bounds(span.begins_on, zone)[0], bounds(span.ends_on, zone)[1]


def draft(span: Span, replaces: BillingDocument | None = None) -> Draft:
    """What the statement of this range says now.

    Raises:
        As for `read`.
    """
    served = read(span)
    return Draft(
        client=span.client,
        copy=copy_of(span, served, replaces),
        lines=lines_of(served),
        amounts=Amounts.of([one.bill for one in served]),
        service_on=span.ends_on,
        begins_on=span.begins_on,
        version=VERSION,
        private=copies.of_account(span.client),
    )


def read(span: Span) -> list[Served]:
    """The services of the range, oldest first, charged and locked.

    Raises:
        NothingInRange: no service in it.
        ReceiptIncomplete: names what a plan would find missing.
        NoProcedure: a technique of a prescribed session has no procedure.
    """
    served = [_served(visit) for visit in _charged(lock(span))]
    served = [one for one in served if one.bill.lines]
    if not served:
        raise NothingInRange
    lacking = {
        lack: None
        for one in served
        for lack in copies.missing(copies.of_visit(one.visit), one.bill.lines)
        if lack != Lack.AMOUNT  # a visit that became free stands on it with nothing charged
    }
    if lacking:
        raise ReceiptIncomplete(list(lacking))
    return served


def _charged(visits: list[Visit]) -> list[Visit]:
    """The same visits, each with its charges; free ones have none."""
    new = [one for one in visits if one.appointment.price_cents and not one.charges.all()]
    for visit in new:
        services.charge_visit(visit=visit)
    if not new:
        return visits
    found = selectors.visits().filter(pk__in=[one.pk for one in visits])
    return list(found.order_by("appointment__starts_at", "pk"))


def _served(visit: Visit) -> Served:
    try:
        reservation = receipts.covering(visit)
    except NoPrescription:
        reservation = None
    order = reservation.prescription if reservation is not None else None
    return Served(visit, selectors.bill(visit), order)


def copy_of(
    span: Span, served: Sequence[Served], replaces: BillingDocument | None
) -> dict[str, Any]:
    """All that a statement of these services prints, but the lines and the totals."""
    place = clinic_selectors.location()
    letters = letters_of(served)
    therapists = {one.visit.therapist_id: one.visit.therapist for one in served}
    return {
        "clinic": copies.of_clinic(place),
        "patient": copies.of_patient(span.client),
        "begins_on": span.begins_on.isoformat(),
        "ends_on": span.ends_on.isoformat(),
        "therapists": [copies.of_therapist(one) for one in therapists.values()],
        "orders": [_order(order, letter, served) for order, letter in letters.items()],
        "visits": [row(one, letters) for one in served],
        "sums": {
            "covered": _sums(one for one in served if one.order is not None),
            "other": _sums(one for one in served if one.order is None),
        },
        "fees": [_fee(one) for one in _fees(span)],
        "replaces": replaces.number if replaces else "",
    }


def letters_of(served: Iterable[Served]) -> dict[Prescription, str]:
    orders = dict.fromkeys(one.order for one in served if one.order is not None)
    return {
        order: LETTERS[place] if place < len(LETTERS) else str(place + 1)
        for place, order in enumerate(orders)
    }


def _order(order: Prescription, letter: str, served: Iterable[Served]) -> dict[str, Any]:
    return {
        "letter": letter,
        "prescriber": f"{order.prescriber_name}, {order.prescriber_credential}",
        "written_on": _iso(order.issued_on),
        "from": _iso(order.starts_on),
        "through": _iso(order.through_on),
        "ordered": order.authorized,
        "used": sum(one.order == order for one in served),
    }


def row(one: Served, letters: dict[Prescription, str]) -> dict[str, Any]:
    appointment, bill = one.visit.appointment, one.bill
    return asdict(Amounts.of([bill])) | {
        "service_on": appointment.local_date.isoformat(),
        "service": appointment.option.service.name,
        "minutes": sum(line.minutes for line in bill.lines),
        "units": bill.units,
        "therapist": one.visit.therapist.name,
        "order": letters[one.order] if one.order is not None else "",
        "payments": copies.paid(one.visit.payments.all(), appointment.location.zone),
        "treatment_cents": bill.eligible_cents,
    }


def _sums(served: Iterable[Served]) -> dict[str, int]:
    bills = [one.bill for one in served]
    treatment = sum(bill.eligible_cents for bill in bills)
    return asdict(Amounts.of(bills)) | {"visits": len(bills), "treatment_cents": treatment}


def _fees(span: Span) -> list[Appointment]:
    """Fees for visits missed or canceled late: beside the totals, since no plan pays them."""
    begin, end = _instants(span)
    rows = Appointment.objects.filter(
        client=span.client, fee_cents__gt=0, starts_at__gte=begin, starts_at__lt=end
    )
    return list(rows.select_related("location").order_by("starts_at"))


def _fee(appointment: Appointment) -> dict[str, Any]:
    return {
        "on": appointment.local_date.isoformat(),
        "cents": appointment.fee_cents,
        "state": _state(appointment),
    }


def _state(appointment: Appointment) -> str:
    if appointment.fee_waived_at:
        return "waived"
    return "paid" if appointment.fee_paid_at else "due"


def lines_of(served: Iterable[Served]) -> list[DocumentLine]:
    lines = [
        receipts.line(one.visit, charge) for one in served for charge in one.visit.charges.all()
    ]
    for place, line in enumerate(lines):
        line.position = place
    return lines


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
