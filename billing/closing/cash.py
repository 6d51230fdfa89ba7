"""The cash of a drawer on a day, and what it should come to. Pure, but for the read at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Sum

from billing.models import Drawer, Method, Payment, Refund
from clinic.dates import bounds

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from django.db.models import QuerySet

# Bills and coins, in cents.
PIECES = (10000, 5000, 2000, 1000, 500, 100, 25, 10, 5, 1)


def worth(pieces: Mapping[int, int]) -> int:
    """What so many of each bill and coin come to."""
    return sum(cents * count for cents, count in pieces.items())


@dataclass(frozen=True, slots=True)
class Movement:
    """What went into a drawer, and came out of it."""

    in_cents: int
    out_cents: int

    def expected(self, opening_cents: int) -> int:
        return opening_cents + self.in_cents - self.out_cents


@dataclass(frozen=True, slots=True)
class Total:
    """What one method brought on a day, to hold against the card terminal or the checks."""

    method: Method
    paid_cents: int
    refunded_cents: int

    @property
    def cents(self) -> int:
        return self.paid_cents - self.refunded_cents


def movement(drawer: Drawer, day: date) -> Movement:
    begin, end = bounds(day, drawer.location.zone)
    paid = Payment.objects.filter(drawer=drawer, paid_at__gte=begin, paid_at__lt=end)
    refunded = Refund.objects.filter(drawer=drawer, refunded_at__gte=begin, refunded_at__lt=end)
    sums = [one.aggregate(cents=Sum("amount_cents"))["cents"] or 0 for one in (paid, refunded)]
    return Movement(*sums)


def other_totals(drawer: Drawer, day: date) -> list[Total]:
    """The methods that lie in no drawer: what was taken and given back by each; two queries."""
    begin, end = bounds(day, drawer.location.zone)
    paid = Payment.objects.filter(paid_at__gte=begin, paid_at__lt=end)
    refunded = Refund.objects.filter(refunded_at__gte=begin, refunded_at__lt=end)
    came, went = _by_method(paid), _by_method(refunded)
    others = [one for one in Method if one != Method.CASH]
    return [Total(one, came.get(one, 0), went.get(one, 0)) for one in others]


def _by_method(rows: QuerySet[Any]) -> dict[str, int]:
    found = rows.order_by().values("method").annotate(cents=Sum("amount_cents"))
    return {row["method"]: row["cents"] for row in found}
