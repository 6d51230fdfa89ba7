"""Local days: as written in a URL, and as the instants they span."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.utils.dateparse import parse_date

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

FIRST, LAST = date(2000, 1, 1), date(2100, 12, 31)  # well within what date arithmetic can handle


def day_or_none(text: str | None) -> date | None:
    """The day a URL names; None if it names none, or one that no page can show."""
    try:
        day = parse_date(text or "")
    except ValueError:
        return None
    return day if day and FIRST <= day <= LAST else None


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month; the last of a month that has no such day."""
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The local midnights around a date, the second excluded: 23 to 25 hours."""
    return datetime.combine(day, time(), zone), datetime.combine(day + timedelta(1), time(), zone)
