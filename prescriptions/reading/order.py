"""A parsed order, and the calendar arithmetic that turns it into visits and dates."""

from __future__ import annotations

import calendar
import math
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

CAP_MONTHS = 12  # our limit; an earlier end written by the prescriber wins
MONTHS_A_YEAR = 12
DAYS_A_YEAR = 365
WEEK = 7


class Unit(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"

    @property
    def days(self) -> int:
        """Whole days, for units of fixed length; 0 for the others."""
        return {Unit.DAY: 1, Unit.WEEK: WEEK}.get(self, 0)

    @property
    def months(self) -> int:
        return {Unit.MONTH: 1, Unit.YEAR: MONTHS_A_YEAR}.get(self, 0)


class Unclear(StrEnum):
    """Why the words are not enough."""

    NO_END = "no_end"
    AS_NEEDED = "as_needed"
    EVALUATE = "evaluate"
    AMBIGUOUS = "ambiguous"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class NeedsInformation:
    why: Unclear


@dataclass(frozen=True)
class Proposal:
    visits: int
    through: date
    per_week: Decimal | None = None
    confirm: bool = False  # the words can be read another way
    capped: bool = False  # cut off at our limit


@dataclass(frozen=True)
class Count:
    """`6`, or `4-6`: the upper number is used and the reviewer is asked to confirm."""

    low: int
    high: int

    @property
    def ranged(self) -> bool:
        return self.low != self.high

    def __str__(self) -> str:
        return f"{self.low}-{self.high}" if self.ranged else str(self.high)


@dataclass(frozen=True)
class Rate:
    count: Count
    every: int
    unit: Unit

    def __str__(self) -> str:
        gap = str(self.unit) if self.every == 1 else f"{self.every} {self.unit}s"
        return f"{self.count} visits per {gap}"


@dataclass(frozen=True)
class Phase:
    rate: Rate | None
    length: Count | None
    unit: Unit
    total: Count | None = None
    doubtful: bool = False

    def __str__(self) -> str:
        parts = [str(self.rate)] if self.rate else []
        if self.length:
            parts.append(f"for {self.length} {self.unit}s")
        if self.total:
            parts.append(f"{self.total} visits total" if not parts else f"total {self.total}")
        return " ".join(parts)


@dataclass(frozen=True)
class Order:
    phases: tuple[Phase, ...]
    ends_on: date | None = None

    def __str__(self) -> str:
        text = ", then ".join(str(phase) for phase in self.phases)
        return f"{text} until {self.ends_on:%m/%d/%Y}" if self.ends_on else text


def add_months(start: date, months: int) -> date:
    """The same day in a later month, or that month's last day."""
    year, month = divmod(start.year * MONTHS_A_YEAR + start.month - 1 + months, MONTHS_A_YEAR)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def last_day(start: date, count: int, unit: Unit) -> date:
    """Inclusive: start + length - 1 day."""
    if unit.months:
        return add_months(start, min(count * unit.months, 10 * CAP_MONTHS)) - timedelta(days=1)
    return start + timedelta(days=count * unit.days - 1)


def plan(order: Order, start: date) -> Proposal | NeedsInformation:
    """Lay the phases end to end from a start day and add up their visits."""
    limit = last_day(start, CAP_MONTHS, Unit.MONTH)
    visits, confirm, capped = 0, order.ends_on is not None, False
    begin, through = start, start
    rates: list[Decimal] = []
    for phase in order.phases:
        through = _phase_end(phase, begin, order.ends_on or limit)
        end = min(through, limit)
        capped |= through > limit
        if begin <= limit:
            count, sure = _phase_visits(phase, begin, end, cut=through > limit)
            visits += count
            confirm |= not sure
        if phase.rate:
            rates.append(weekly(phase.rate))
        through = min(through, limit + timedelta(days=1))  # keep sums within the calendar
        begin = through + timedelta(days=1)
    through = min(d for d in (through, limit, order.ends_on) if d)
    if visits < 1 or through < start:
        return NeedsInformation(Unclear.UNREADABLE)
    return Proposal(visits, through, max(rates, default=None), confirm, capped)


def weekly(rate: Rate) -> Decimal:
    """Visits a week, for the rate warning."""
    days = Decimal(rate.unit.days or Decimal(DAYS_A_YEAR * rate.unit.months) / MONTHS_A_YEAR)
    per_week = rate.count.high * WEEK / (days * rate.every)
    return min(per_week, Decimal("99.99")).quantize(Decimal("0.01"))


def _phase_end(phase: Phase, begin: date, otherwise: date) -> date:
    if phase.length:
        return last_day(begin, phase.length.high, phase.unit)
    if phase.rate and phase.total:
        periods = math.ceil(phase.total.high / phase.rate.count.high) * phase.rate.every
        return last_day(begin, periods, phase.rate.unit)
    return otherwise


def _phase_visits(phase: Phase, begin: date, end: date, *, cut: bool) -> tuple[int, bool]:
    """How many visits, and whether the words can be read only one way."""
    sure = not phase.doubtful and not any(
        count and count.ranged
        for count in (phase.length, phase.total, phase.rate and phase.rate.count)
    )
    if not phase.rate:
        assert phase.total is not None  # noqa: S101
        return phase.total.high, sure and phase.length is not None and not cut
    count, exact = _rate_visits(phase, phase.rate, begin, end)
    if phase.total and phase.length:
        return min(count, phase.total.high), sure and count == phase.total.high
    if phase.total:
        return phase.total.high, False
    return count, sure and exact and phase.length is not None


def _rate_visits(phase: Phase, rate: Rate, begin: date, end: date) -> tuple[int, bool]:
    if rate.unit.months and (phase.unit.months or not phase.length):
        months = 0
        while add_months(begin, months + 1) <= end + timedelta(days=1):
            months += 1
        periods = months / (rate.every * rate.unit.months)
        return math.floor(rate.count.high * periods), periods == int(periods)
    days = (end - begin).days + 1
    period = rate.every * (rate.unit.days or DAYS_A_YEAR * rate.unit.months / MONTHS_A_YEAR)
    same_kind = bool(rate.unit.days) == bool(phase.unit.days)
    whole = days % period == 0
    return math.floor(rate.count.high * days / period), whole and same_kind
