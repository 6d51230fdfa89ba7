"""Local days: as written in a URL, and as the instants they span."""

from __future__ import annotations

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


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The local midnights around a date, the second excluded: 23 to 25 hours."""
    return datetime.combine(day, time(), zone), datetime.combine(day + timedelta(1), time(), zone)
