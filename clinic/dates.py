"""Local days: as they come in an address, and as the instants between which they lie."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.utils.dateparse import parse_date

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

FIRST, LAST = date(2000, 1, 1), date(2100, 12, 31)  # far inside what date sums can take


def day_or_none(text: str | None) -> date | None:
    """The day an address names; none if it names none, or one that no page can show."""
    try:
        day = parse_date(text or "")
    except ValueError:
        return None
    return day if day and FIRST <= day <= LAST else None


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The local midnights between which a date lies, the second not included: 23 to 25 hours."""
    return datetime.combine(day, time(), zone), datetime.combine(day + timedelta(1), time(), zone)
