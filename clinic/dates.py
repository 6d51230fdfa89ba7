"""Days as they come in an address. Birth dates are not asked for here."""

from __future__ import annotations

from datetime import date

from django.utils.dateparse import parse_date

FIRST, LAST = date(2000, 1, 1), date(2100, 12, 31)  # far inside what date sums can take


def day_or_none(text: str | None) -> date | None:
    """The day an address names; none if it names none, or one that no page can show."""
    try:
        day = parse_date(text or "")
    except ValueError:
        return None
    return day if day and FIRST <= day <= LAST else None
