from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from billing import pricing
from billing.errors import NoProcedure
from billing.models import PREFIXES, BillingDocument, Charge, Kind, Payment, Procedure, Refund
from booking.models import Appointment
from clinic import selectors as clinic_selectors
from clinic.dates import bounds
from clinic.models import Client, Payer
from treatment.models import Visit
from treatment.recording import whole_minutes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from django.db.models import QuerySet

    from billing.pricing import Line
    from clinic.models import Technique


MOST_FEES = 100
_HIGHEST = 2**31 - 1  # the column holds no more
_NUMBER = re.compile(r"#?\s*([A-Z]-)?(\d{4})-(\d{1,9})", re.ASCII | re.IGNORECASE)
_KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}


@dataclass(frozen=True, slots=True)
class Bill:
    """What a visit costs. The lines are its charges, or what they will be."""

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
        """What was paid less what was given back: never less than nothing."""
        return sum(payment.kept_cents for payment in self.payments)

    @property
    def balance_cents(self) -> int:
        return max(0, self.net_cents - self.paid_cents)

    @property
    def credit_cents(self) -> int:
        """Paid beyond the total, since the visit was corrected: to be given back."""
        return max(0, self.paid_cents - self.net_cents)

    @property
    def eligible_cents(self) -> int:
        """The part that is treatment, which alone a health plan's card may pay."""
        return sum(line.net_cents for line in self.lines if line.is_eligible)

    @property
    def from_plans_cents(self) -> int:
        return sum(one.kept_cents for one in self.payments if one.is_from_a_plan)

    @property
    def plan_room_cents(self) -> int:
        """What a health plan's card may still pay."""
        return max(0, min(self.balance_cents, self.eligible_cents - self.from_plans_cents))

    @property
    def plan_excess_cents(self) -> int:
        """Paid by a plan's card for what is no longer treatment: back to that card."""
        return max(0, self.from_plans_cents - self.eligible_cents)


def visits() -> QuerySet[Visit]:
    """Visits with everything that charging and receipts need."""
    return Visit.objects.select_related(
        "therapist",
        "appointment__client__payer",
        "appointment__location",
        "appointment__option__service",
        "appointment__reservation__prescription",
    ).prefetch_related(
        "minutes__technique",
        "appointment__reservation__prescription__regions",
        "charges",
        "extras",
        "payments__refunds",
        "appointment__coupon_uses",
    )


def client_of(visit: Visit) -> Client:
    client = visit.appointment.client
    if client is None:  # the constraint `appointment_has_a_client` rules it out
        raise Client.DoesNotExist
    return client


def price(visit: Visit, procedures: Mapping[UUID, Procedure] | None = None) -> list[Line]:
    """The lines a finished visit will be charged as; none if it is free.

    `procedures`, by technique, where they are read once for many visits (`procedures`).

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
    work = _work(visit, procedures)
    lines = pricing.lines_of(work, session, rule=rule, reserved_label=_("Reserved time"))
    if not lines:
        return []
    return [*pricing.less_coupon(lines, coupon_cents(appointment)), *_extra_lines(visit)]


def _extra_lines(visit: Visit) -> list[Line]:
    """Tips and goods, and the sales tax of these."""
    extras = [
        pricing.Extra(one.words, one.cents, one.tax_rate)
        for one in visit.extras.all()
        if one.removed_at is None
    ]
    return pricing.extra_lines(extras, _tax_label)


def _tax_label(rate: int) -> str:
    return _("Sales tax, %(rate)s%%") % {"rate": percent(rate)}


def percent(rate: int) -> str:
    """Thousandths of a percent as a percent: 8875 -> 8.875"""
    whole, rest = divmod(rate, 1000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".")


def coupon_cents(appointment: Appointment) -> int:
    """What a coupon takes off the price of a visit."""
    uses = appointment.coupon_uses.all()
    return sum(one.off_cents for one in uses if one.released_at is None)


def _work(visit: Visit, known: Mapping[UUID, Procedure] | None) -> list[pricing.Work]:
    service = visit.appointment.option.service
    rows = [(row.technique, row.minutes) for row in visit.minutes.all()]
    if not service.needs_prescription:
        total = sum(minutes for _technique, minutes in rows)
        return [pricing.Work(service.name, total)] if total else []
    used = [technique for technique, _minutes in rows]
    billed_under = procedures(used) if known is None else known
    ordered: dict[UUID, pricing.Work] = {}
    outside: dict[bool, int] = {}  # timed or not -> minutes beyond the order
    for row in visit.minutes.all():
        procedure = billed_under.get(row.technique.pk)
        if procedure is None:
            raise NoProcedure(row.technique.name)
        if row.outside:
            outside[procedure.timed] = outside.get(procedure.timed, 0) + row.outside
        if row.ordered:
            earlier = ordered[procedure.pk].minutes if procedure.pk in ordered else 0
            ordered[procedure.pk] = pricing.Work(
                procedure.label, earlier + row.ordered, procedure.pk, procedure.timed
            )
    return [*ordered.values(), *_not_prescribed(outside)]


def _not_prescribed(outside: Mapping[bool, int]) -> list[pricing.Work]:
    """What was done beyond the order: a line of its own, without a code."""
    return [
        pricing.Work(_("Massage, not prescribed"), minutes, None, timed, is_prescribed=False)
        for timed, minutes in outside.items()
    ]


def procedures(techniques: Sequence[Technique] | None = None) -> dict[UUID, Procedure]:
    """The procedure each technique is billed under, or all: the first in the clinic's order."""
    through = Procedure.techniques.through.objects.all()
    if techniques is not None:
        through = through.filter(technique__in=techniques)
    pairs = through.select_related("procedure").order_by("-procedure__position")
    return {pair.technique_id: pair.procedure for pair in pairs}


def bill(visit: Visit, procedures: Mapping[UUID, Procedure] | None = None) -> Bill:
    charges = list(visit.charges.all()) or price(visit, procedures)
    return Bill(charges, list(visit.payments.all()))


def payments() -> QuerySet[Payment]:
    """Payments with what a page that corrects one shows, void ones too."""
    return Payment.everything.select_related(
        "client",
        "visit__appointment__location",
        "visit__appointment__option__service",
        "appointment__location",
        "appointment__option__service",
    )


def history(appointment: Appointment) -> list[Payment]:
    """All payments of an appointment, its visit's and its fee's, with what became of each."""
    rows = Payment.everything.filter(Q(visit__appointment=appointment) | Q(appointment=appointment))
    rows = rows.select_related("received_by", "voided_by", "replaces", "replaced_by__visit")
    return list(rows.prefetch_related("refunds__refunded_by").order_by("paid_at", "created_at"))


def documents_of(client: Client) -> QuerySet[BillingDocument]:
    """A client's documents, void ones too, newest service first."""
    return documents().filter(client=client).order_by("-service_on", "-issued_at")


def fees_of(client: Client) -> list[Appointment]:
    """A client's late cancellations and missed visits with a fee, newest first."""
    rows = Appointment.objects.filter(client=client, fee_cents__gt=0)
    return list(rows.select_related("location").order_by("-starts_at"))


def open_fees() -> list[Appointment]:
    """Fees to collect, oldest first."""
    rows = Appointment.objects.owing_a_fee().select_related("client", "location")
    return list(rows.order_by("starts_at")[:MOST_FEES])


@dataclass(frozen=True, slots=True)
class Takings:
    payments: list[Payment]
    refunds: list[Refund]
    voided: list[Payment]  # on that day, whenever they were made
    documents: list[BillingDocument]
    unbilled: list[Visit]
    fees: list[Appointment]  # of any day

    @property
    def by_method(self) -> list[tuple[str, int]]:
        """What was taken less what was given back, the largest first."""
        sums: dict[str, int] = {}
        for payment in self.payments:
            label = str(payment.get_method_display())
            sums[label] = sums.get(label, 0) + payment.amount_cents
        for refund in self.refunds:
            label = str(refund.get_method_display())
            sums[label] = sums.get(label, 0) - refund.amount_cents
        return sorted(sums.items(), key=lambda pair: -pair[1])

    @property
    def total_cents(self) -> int:
        return sum(cents for _label, cents in self.by_method)


def takings(day: date) -> Takings:
    """Payments on a clinic-local date, and which of its visits have no receipt; 6 queries."""
    begin, end = bounds(day, clinic_selectors.location().zone)
    paid = payments().filter(paid_at__gte=begin, paid_at__lt=end, voided_at=None)
    voided = payments().filter(voided_at__gte=begin, voided_at__lt=end)
    refunds = Refund.objects.filter(refunded_at__gte=begin, refunded_at__lt=end)
    issued = BillingDocument.objects.filter(issued_at__gte=begin, issued_at__lt=end)
    valid_receipts = BillingDocument.objects.filter(kind=Kind.RECEIPT, status="issued")
    unbilled = (
        Visit.objects.filter(
            status=Visit.Status.FINISHED,
            stopped_at__gte=begin,
            stopped_at__lt=end,
            appointment__price_cents__gt=0,
        )
        .exclude(pk__in=valid_receipts.values("visit"))
        .select_related("appointment__client", "therapist")
        .order_by("stopped_at")
    )
    whose = ("payment__client", "payment__visit", "payment__appointment")
    return Takings(
        payments=list(paid.order_by("-paid_at")),
        refunds=list(refunds.select_related(*whose).order_by("-refunded_at")),
        voided=list(voided.select_related("voided_by", "client", "visit").order_by("-voided_at")),
        documents=list(issued.select_related("client").order_by("-issued_at")),
        unbilled=list(unbilled),
        fees=open_fees(),
    )


def documents() -> QuerySet[BillingDocument]:
    """Documents with everything a page of one shows."""
    return BillingDocument.objects.select_related(
        "client", "file", "visit__appointment__location", "replaces", "replaced_by"
    ).prefetch_related("lines")


def document_by_code(number: str, code: str) -> BillingDocument | None:
    """The document with this number and code; None if either is wrong."""
    if (wanted := _numbered(number)) is None:
        return None
    return wanted.filter(verify_code=code).select_related("replaced_by", "file").first()


def whose_document(text: str) -> set[UUID] | None:
    """The client of the document with this number, such as 2026-00017; None: it is none."""
    wanted = _numbered(text)
    return None if wanted is None else set(wanted.values_list("client_id", flat=True))


def _numbered(text: str) -> QuerySet[BillingDocument] | None:
    found = _NUMBER.fullmatch(text.strip())
    kind = found and _KINDS.get((found[1] or "").upper())
    if not found or not kind:
        return None
    year, serial = int(found[2]), min(int(found[3]), _HIGHEST)
    return BillingDocument.objects.filter(kind=kind, year=year, serial=serial)
