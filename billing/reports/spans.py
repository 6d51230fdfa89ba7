"""The days of a report, and the weeks or months they fall into. Pure.

Dates are the clinic's own; `edges` makes instants of them, so the day clocks change is 23 or 25
hours long and belongs to one period like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.formats import date_format

from clinic.dates import FIRST, bounds
from clinic.format import us_date

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

ONE = timedelta(days=1)
LONGEST = 366  # days
BY_WEEK = 45  # days; longer spans are divided into months
EN_DASH = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Span:
    """Local dates, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def is_month(self) -> bool:
        return self == month_of(self.first)

    @property
    def is_year(self) -> bool:
        return self == year_of(self.first)

    @property
    def name(self) -> str:
        """October 2026; 2026; or the first and the last day."""
        if self.is_month:
            return date_format(self.first, "F Y")
        if self.is_year:
            return str(self.first.year)
        return f"{us_date(self.first)} {EN_DASH} {us_date(self.last)}"

    @property
    def before(self) -> Span:
        """The month, the year, or as many days before it."""
        day = max(FIRST, self.first - ONE)
        if self.is_month:
            return month_of(day)
        if self.is_year:
            return year_of(day)
        return Span(max(FIRST, day - (self.last - self.first)), day)

    @property
    def after(self) -> Span:
        day = self.last + ONE
        if self.is_month:
            return month_of(day)
        if self.is_year:
            return year_of(day)
        return Span(day, day + (self.last - self.first))

    def until(self, today: date) -> Span:
        """The part of it that has begun."""
        return Span(self.first, max(self.first, min(self.last, today)))


def month_of(day: date) -> Span:
    first = day.replace(day=1)
    return Span(first, (first + timedelta(days=31)).replace(day=1) - ONE)


def year_of(day: date) -> Span:
    return Span(day.replace(month=1, day=1), day.replace(month=12, day=31))


def periods(span: Span) -> list[Span]:
    """Its weeks, from Sunday, or its months; the first and the last may be cut short."""
    found, day = [], span.first
    while day <= span.last:
        if span.days <= BY_WEEK:
            end = day + timedelta(days=(5 - day.weekday()) % 7)  # Saturday
        else:
            end = month_of(day).last
        found.append(Span(day, min(end, span.last)))
        day = end + ONE
    return found


def label(period: Span) -> str:
    """Oct 4-10; Oct 30 - Nov 5: a week, which may be cut short."""
    first = date_format(period.first, "M j")
    if period.days == 1:
        return first
    if period.first.month == period.last.month:
        return f"{first}{EN_DASH}{period.last.day}"
    return f"{first} {EN_DASH} {date_format(period.last, 'M j')}"


def labels(found: Sequence[Span], *, by_week: bool) -> list[str]:
    """A name for each period of a report; a month of a few days is still a month."""
    if by_week:
        return [label(period) for period in found]
    return [date_format(period.first, "M Y") for period in found]


def edges(found: Sequence[Span], zone: ZoneInfo) -> list[datetime]:
    """The instants where the periods begin, and the one where the last ends."""
    return [*(bounds(one.first, zone)[0] for one in found), bounds(found[-1].last, zone)[1]]
