"""Estimates with what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Sum

from billing.estimates import rules
from billing.models import Charge, Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from clinic.models import Client


@dataclass(frozen=True, slots=True)
class Compared:
    """An estimate beside what was charged so far, in cents; tips and goods are not part of it."""

    estimate: Estimate
    visits: int
    cents: int

    @property
    def expected_cents(self) -> int:
        """Of as many visits as took place."""
        return self.visits * self.estimate.each_cents

    @property
    def over_cents(self) -> int:
        return max(0, self.cents - max(self.expected_cents, 0))

    @property
    def is_disputable(self) -> bool:
        return rules.is_disputable(self.estimate.total_cents, self.cents)


def estimates() -> QuerySet[Estimate]:
    return Estimate.objects.select_related("client", "option__service", "given_by")


def of_client(client: Client) -> list[Compared]:
    """The newest first; three queries for any number."""
    return compared(list(estimates().filter(client=client)))


def compared(found: Sequence[Estimate]) -> list[Compared]:
    """Each with what came: of its order's visits of that length and price, or of its own visit."""
    rows = Charge.objects.filter(is_extra=False).order_by()
    orders = [one.prescription_id for one in found if one.prescription_id]
    way = "visit__appointment__"
    keys = (f"{way}reservation__prescription", f"{way}option", f"{way}price_cents")
    by_order = rows.filter(**{f"{keys[0]}__in": orders}).values_list(*keys)
    visits = [one.appointment_id for one in found if one.appointment_id]
    by_visit = rows.filter(visit__appointment__in=visits).values_list("visit__appointment")
    sums = {"count": Count("visit", distinct=True), "cents": Sum("net_cents")}
    came = {tuple(row[:-2]): row[-2:] for row in by_order.annotate(**sums)}
    came |= {tuple(row[:-2]): row[-2:] for row in by_visit.annotate(**sums)}
    return [Compared(one, *came.get(_key(one), (0, 0))) for one in found]


def _key(one: Estimate) -> tuple[object, ...]:
    if one.prescription_id:
        return (one.prescription_id, one.option_id, one.each_cents)
    return (one.appointment_id,)
