"""What a visit costs, line by line. Pure: values in, values out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from billing.units import RULES, split_cents, units_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Work:
    """Hands-on minutes of one procedure."""

    description: str
    minutes: int
    procedure_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Line:
    description: str
    minutes: int
    units: int
    list_cents: int
    discount_cents: int = 0
    procedure_id: UUID | None = None
    is_eligible: bool = True

    @property
    def net_cents(self) -> int:
        return self.list_cents - self.discount_cents


def lines(
    work: Sequence[Work],
    *,
    price_cents: int,
    booked_minutes: int,
    elapsed_minutes: int,
    rule: str = "cms",
    reserved_time: str = "Reserved time",
) -> list[Line]:
    """The agreed price over the work that was done, by units.

    A session cut short (the clock made fewer units than were booked) bills the units that were
    given at the booked rate; the rest is a line of its own that no plan reimburses.
    """
    if not price_cents or not work:
        return []
    units = RULES[rule]([item.minutes for item in work])
    booked = units_of(booked_minutes)
    earned = price_cents
    if units_of(elapsed_minutes) < booked and sum(units) < booked:
        earned = price_cents * sum(units) // booked
    weights = units if sum(units) else [item.minutes for item in work]
    amounts = split_cents(earned, weights)
    made = [
        Line(item.description, item.minutes, unit, amount, procedure_id=item.procedure_id)
        for item, unit, amount in zip(work, units, amounts, strict=True)
    ]
    if earned < price_cents:
        made.append(Line(reserved_time, 0, 0, price_cents - earned, is_eligible=False))
    return made
