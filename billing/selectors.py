from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Sum
from django.utils.translation import gettext as _

from billing import pricing
from billing.errors import NoProcedure
from billing.models import Charge, Payment, Procedure, Receipt
from booking.models import Appointment
from clinic import selectors as ground
from clinic.dates import bounds
from clinic.models import Client, Payer
from treatment.models import Visit
from treatment.recording import whole_minutes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from django.db.models import QuerySet

    from billing.pricing import Line
    from clinic.models import Technique


MOST_FEES = 100


@dataclass(frozen=True, slots=True)
class Bill:
    """What a visit comes to. The lines are its charges, or what they will be."""

    lines: Sequence[Charge | Line]
    payments: Sequence[Payment]

    @property
    def list_cents(self) -> int:
        return sum(line.list_cents for line in self.lines)

    @property
    def discount_cents(self) -> int:
        return sum(line.discount_cents for line in self.lines)

    @property
    def net_cents(self) -> int:
        return sum(line.net_cents for line in self.lines)

    @property
    def units(self) -> int:
        return sum(line.units for line in self.lines)

    @property
    def paid_cents(self) -> int:
        return sum(payment.amount_cents for payment in self.payments)

    @property
    def balance_cents(self) -> int:
        return self.net_cents - self.paid_cents


def visits() -> QuerySet[Visit]:
    """Visits with all that charging and receipts read of them."""
    return Visit.objects.select_related(
        "therapist",
        "appointment__client__payer",
        "appointment__location",
        "appointment__option__service",
        "appointment__reservation__prescription",
    ).prefetch_related("minutes__technique", "charges", "payments")


def client_of(visit: Visit) -> Client:
    client = visit.appointment.client
    if client is None:  # the constraint `appointment_has_a_client` rules it out
        raise Client.DoesNotExist
    return client


def price(visit: Visit) -> list[Line]:
    """The lines a finished visit will be charged as; none when it is free.

    Raises:
        NoProcedure: a technique of a prescribed session has no procedure.
    """
    appointment = visit.appointment
    if visit.started_at is None or visit.stopped_at is None:
        return []
    payer = client_of(visit).payer
    late = max(visit.arrived_at, appointment.starts_at)
    session = pricing.Session(
        price_cents=appointment.price_cents,
        booked_minutes=appointment.option.minutes,
        late_minutes=whole_minutes(appointment.starts_at, late),
        elapsed_minutes=whole_minutes(visit.started_at, visit.stopped_at),
    )
    rule = payer.unit_rule if payer else Payer.UnitRule.CMS
    return pricing.lines_of(_work(visit), session, rule=rule, reserved_label=_("Reserved time"))


def _work(visit: Visit) -> list[pricing.Work]:
    service = visit.appointment.option.service
    rows = [(row.technique, row.minutes) for row in visit.minutes.all()]
    if not service.needs_prescription:
        total = sum(minutes for _technique, minutes in rows)
        return [pricing.Work(service.name, total)] if total else []
    procedures = _procedures([technique for technique, _minutes in rows])
    work: dict[UUID, pricing.Work] = {}
    for technique, minutes in rows:
        procedure = procedures.get(technique.pk)
        if procedure is None:
            raise NoProcedure(technique.name)
        earlier = work[procedure.pk].minutes if procedure.pk in work else 0
        work[procedure.pk] = pricing.Work(
            procedure.label, earlier + minutes, procedure.pk, procedure.timed
        )
    return list(work.values())


def _procedures(techniques: list[Technique]) -> dict[UUID, Procedure]:
    """The procedure each technique is billed under; the first in the clinic's order."""
    through = Procedure.techniques.through.objects.filter(technique__in=techniques)
    pairs = through.select_related("procedure").order_by("-procedure__position")
    return {pair.technique_id: pair.procedure for pair in pairs}


def bill(visit: Visit) -> Bill:
    charges = list(visit.charges.all()) or price(visit)
    return Bill(charges, list(visit.payments.all()))


def receipts_of(client: Client) -> QuerySet[Receipt]:
    """A client's receipts, void ones too, newest service first."""
    return (
        Receipt.objects.filter(client=client)
        .select_related("document", "replaces", "replaced_by")
        .prefetch_related("lines")
        .order_by("-service_on", "-issued_at")
    )


def owed_by(client: Client) -> int:
    """Cents a client still owes: finished visits, those not charged yet at their price; fees."""
    done = Visit.objects.filter(appointment__client=client, status=Visit.Status.FINISHED)
    sums = [
        Charge.objects.filter(visit__in=done).aggregate(cents=Sum("net_cents")),
        done.filter(charges=None).aggregate(cents=Sum("appointment__price_cents")),
        Payment.objects.filter(visit__in=done).aggregate(cents=Sum("amount_cents")),
    ]
    charged, agreed, paid = [int(one["cents"] or 0) for one in sums]
    return charged + agreed - paid + sum(fee.open_fee_cents for fee in fees_of(client))


def fees_of(client: Client) -> list[Appointment]:
    """A client's late cancellations and missed visits that cost something, newest first."""
    rows = Appointment.objects.filter(client=client, fee_cents__gt=0)
    return list(rows.select_related("location").order_by("-starts_at"))


def open_fees() -> list[Appointment]:
    """Fees to collect, oldest first."""
    rows = Appointment.objects.owing_a_fee().select_related("client", "location")
    return list(rows.order_by("starts_at")[:MOST_FEES])


@dataclass(frozen=True, slots=True)
class Takings:
    payments: list[Payment]
    by_method: list[tuple[str, int]]
    receipts: list[Receipt]
    unbilled: list[Visit]
    fees: list[Appointment]  # of any day

    @property
    def total_cents(self) -> int:
        return sum(payment.amount_cents for payment in self.payments)


def takings(day: date) -> Takings:
    """What came in on a clinic-local date, and which of its visits have no receipt; 5 queries."""
    begin, end = bounds(day, ground.location().zone)
    payments = list(
        Payment.objects.filter(paid_at__gte=begin, paid_at__lt=end)
        .select_related("client", "visit", "appointment")
        .order_by("-paid_at")
    )
    sums: dict[str, int] = {}
    for payment in payments:
        label = str(payment.get_method_display())
        sums[label] = sums.get(label, 0) + payment.amount_cents
    receipts = Receipt.objects.filter(issued_at__gte=begin, issued_at__lt=end)
    unbilled = (
        Visit.objects.filter(
            status=Visit.Status.FINISHED,
            stopped_at__gte=begin,
            stopped_at__lt=end,
            appointment__price_cents__gt=0,
        )
        .exclude(receipts__status=Receipt.Status.ISSUED)
        .select_related("appointment__client", "therapist")
        .order_by("stopped_at")
    )
    return Takings(
        payments,
        sorted(sums.items(), key=lambda pair: -pair[1]),
        list(receipts.select_related("client").order_by("-serial")),
        list(unbilled),
        open_fees(),
    )


def receipts() -> QuerySet[Receipt]:
    """Receipts with all that a page about one says."""
    return Receipt.objects.select_related(
        "client", "document", "visit__appointment__location", "replaces", "replaced_by"
    ).prefetch_related("lines")


def receipt_by_code(number: str, code: str) -> Receipt | None:
    """The receipt with this number and code; None when either is wrong."""
    year, _dash, serial = number.strip().partition("-")
    if not (year.isascii() and year.isdigit() and serial.isascii() and serial.isdigit()):
        return None
    found = Receipt.objects.filter(year=int(year[:4]), serial=int(serial[:9]), verify_code=code)
    return found.select_related("replaced_by").first()
