"""Finished visits without a document that they should have: as many queries for all as for one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from billing import selectors, units
from billing.issuing import superbills
from billing.issuing.receipts import VALID_STATUSES
from billing.mending import places
from billing.models import BillingDocument, Charge, Kind
from billing.owed.aging import AGES, ENDS
from clinic import selectors as clinic_selectors
from clinic.dates import bounds
from clinic.models import Payer
from prescriptions.models import VisitReservation
from treatment.models import Visit, VisitMinutes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from django.db.models import QuerySet

    from billing.mending.places import Place
    from clinic.models import Client, User

# No claim is made of what these clients pay.
WITHOUT_CLAIMS = (Payer.Kind.SELF_PAY, Payer.Kind.DISCOUNT_PROGRAM)
SHORTEST = units.HALF + 1  # minutes: a unit
# Encrypted, long, and on no list.
UNREAD = ("words", "first_reading")


@dataclass(frozen=True, slots=True)
class Missing:
    """A document that a visit should have, and what stands in its way."""

    visit: Visit
    kind: Kind
    lacking: Sequence[Place]

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.visit.pk}"


@dataclass(frozen=True, slots=True)
class Row:
    visit: Visit
    days: int  # since it took place
    missing: Sequence[Missing]

    @property
    def client(self) -> Client:
        return selectors.client_of(self.visit)


def unbilled() -> QuerySet[Visit, Any]:
    """Finished visits that cost something and lack a document, the oldest first.

    `no_receipt` and `no_superbill` say which. A superbill is for a client with an insurer, for a
    session that used a visit of an order that covers its day; less than a unit has none.
    """
    return (
        Visit.objects.filter(status=Visit.Status.FINISHED)
        .annotate(cost=Coalesce(_sum("net_cents"), F("appointment__price_cents")))
        .filter(cost__gt=0)
        .annotate(no_receipt=~_issued(Kind.RECEIPT), no_superbill=_wants_a_superbill())
        .filter(Q(no_receipt=True) | Q(no_superbill=True))
        .order_by("appointment__starts_at", "pk")
    )


def _sum(cents: str) -> Subquery:
    rows = Charge.objects.filter(visit=OuterRef("pk")).order_by().values("visit")
    return Subquery(rows.annotate(cents=Sum(cents)).values("cents"))


def _issued(kind: Kind) -> Exists:
    return Exists(
        BillingDocument.objects.filter(
            visit=OuterRef("pk"), kind=kind, status=BillingDocument.Status.ISSUED
        )
    )


def _wants_a_superbill() -> Exists:
    order = "appointment__reservation__prescription"
    charges = Charge.objects.filter(visit=OuterRef("pk"))
    wanted = Visit.objects.filter(
        pk=OuterRef("pk"),
        appointment__option__service__kind="medical",
        appointment__client__payer__isnull=False,
        appointment__reservation__status=VisitReservation.Status.USED,
        appointment__reservation__visit_on__gte=F(f"{order}__starts_on"),
        appointment__reservation__visit_on__lte=F(f"{order}__through_on"),
        **{f"{order}__status__in": VALID_STATUSES},
    ).exclude(appointment__client__payer__kind__in=WITHOUT_CLAIMS)
    minutes = VisitMinutes.objects.filter(visit=OuterRef("pk")).order_by().values("visit")
    wanted = wanted.annotate(hands_on=Subquery(minutes.annotate(all=Sum("minutes")).values("all")))
    uncharged = ~Exists(charges) & Q(hands_on__gte=SHORTEST)
    counted = Exists(charges.filter(is_eligible=True, units__gt=0)) | uncharged
    return Exists(wanted.filter(counted).filter(~_issued(Kind.SUPERBILL)))


def by_age(today: date) -> list[int]:
    """How many visits there are of each age; one query."""
    zone = clinic_selectors.location().zone
    # A visit is older than so many days if it began before the midnight of that day.
    turns = [bounds(today - timedelta(days=end), zone)[0] for end in ENDS]
    counts = {
        f"age_{number}": Count("pk", filter=_between(turns, number)) for number in range(len(AGES))
    }
    found = unbilled().order_by().aggregate(**counts)
    return [found[f"age_{number}"] for number in range(len(AGES))]


def of_age(age: str, today: date) -> QuerySet[Visit, Any]:
    """Those of one age; of an unknown age: all."""
    if age not in AGES:
        return unbilled()
    zone = clinic_selectors.location().zone
    turns = [bounds(today - timedelta(days=end), zone)[0] for end in ENDS]
    return unbilled().filter(_between(turns, list(AGES).index(age)))


def _between(turns: Sequence[datetime], number: int) -> Q:
    """What began in the age with this number: the youngest has no end, the oldest no beginning."""
    wanted = Q()
    if number < len(turns):
        wanted &= Q(appointment__starts_at__gte=turns[number])
    if number:
        wanted &= Q(appointment__starts_at__lt=turns[number - 1])
    return wanted


def rows(user: User, found: Iterable[Any]) -> list[Row]:
    """With all that says what is missing: ten queries, however many there are."""
    flags = {one.pk: (one.no_receipt, one.no_superbill) for one in found}
    order = "appointment__reservation__prescription"
    visits = (
        selectors.visits()
        .filter(pk__in=flags)
        .defer(*(f"{order}__{name}" for name in UNREAD))
        .prefetch_related(superbills.diagnoses_of(order))
        .order_by("appointment__starts_at", "pk")
    )
    procedures = selectors.procedures()
    today = timezone.localdate()
    found_rows = []
    for visit in visits:
        no_receipt, no_superbill = flags[visit.pk]
        kinds = [Kind.RECEIPT] * no_receipt + [Kind.SUPERBILL] * no_superbill
        missing = [
            Missing(visit, kind, places.places(user, visit, kind, procedures)) for kind in kinds
        ]
        days = (today - visit.appointment.local_date).days
        found_rows.append(Row(visit, days, missing))
    return found_rows
