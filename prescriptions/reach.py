"""How far a prescription reaches on a day: visits, dates and the week, before and after one more.

Pure. A week is seven days counted from the order's first day, or Monday to Sunday where the payer
says so. Less than one a week (every other week) still allows one in the week it falls in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

WEEK = timedelta(days=7)
DAY = timedelta(days=1)


class Order(Protocol):
    """The part of a prescription that these rules look at."""

    starts_on: date | None
    through_on: date | None
    authorized: int
    used: int
    reserved: int
    visits_per_week: Decimal | None


class WeekRule(StrEnum):
    """`Payer.WeekRule`."""

    FROM_FIRST_DAY = "from_first_day"
    CALENDAR = "calendar"


class Short(StrEnum):
    """What one more visit would go past."""

    NO_VISIT = "no_visit"
    ENDED = "ended"
    NOT_YET = "not_yet"
    PACE = "pace"


@dataclass(frozen=True, slots=True)
class WeekLoad:
    """The week that a visit falls in."""

    first: date
    before: int  # visits of the order in it, without this one
    allowed: int

    @property
    def last(self) -> date:
        return self.first + WEEK - DAY

    @property
    def after(self) -> int:
        return self.before + 1

    @property
    def is_over(self) -> bool:
        return self.after > self.allowed


@dataclass(frozen=True, slots=True)
class Measure:
    """An order and one more visit on it."""

    authorized: int
    taken: int  # used or booked, without this one
    week: WeekLoad | None  # None: the order names no pace
    short: tuple[Short, ...] = ()

    @property
    def number(self) -> int:
        """Which visit of the order this one is."""
        return self.taken + 1

    @property
    def left_before(self) -> int:
        return max(0, self.authorized - self.taken)

    @property
    def left_after(self) -> int:
        return max(0, self.left_before - 1)


def measure(
    order: Order,
    visits: Iterable[date],
    on: date,
    *,
    rule: str = WeekRule.FROM_FIRST_DAY,
    moved_from: date | None = None,
) -> Measure:
    """One more visit on a day, beside the order's other `visits`, used or booked.

    `moved_from`: it has a visit of the order already, on that day. Within its week it goes no
    further past the pace than it did.
    """
    others = list(visits)
    taken = order.used + order.reserved - (moved_from is not None)
    week = _week(order, others, on, rule)
    short = []
    if taken >= order.authorized:
        short.append(Short.NO_VISIT)
    if order.through_on is not None and on > order.through_on:
        short.append(Short.ENDED)
    if order.starts_on is not None and on < order.starts_on:
        short.append(Short.NOT_YET)
    if week is not None and week.is_over and not _within(moved_from, week):
        short.append(Short.PACE)
    return Measure(order.authorized, taken, week, tuple(short))


def week_start(on: date, first_day: date, rule: str) -> date:
    """The first day of the week that a day falls in."""
    anchor = first_day - first_day.weekday() * DAY if rule == WeekRule.CALENDAR else first_day
    return anchor + (on - anchor).days // WEEK.days * WEEK


def allowed_a_week(per_week: Decimal) -> int:
    return max(1, int(per_week))


def _week(order: Order, others: list[date], on: date, rule: str) -> WeekLoad | None:
    if not order.visits_per_week or order.starts_on is None:
        return None
    first = week_start(on, order.starts_on, rule)
    inside = sum(first <= day < first + WEEK for day in others)
    return WeekLoad(first, inside, allowed_a_week(order.visits_per_week))


def _within(day: date | None, week: WeekLoad) -> bool:
    return day is not None and week.first <= day <= week.last
