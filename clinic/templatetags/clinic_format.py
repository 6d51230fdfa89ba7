"""How we write money, dates and times: the US way, in the clinic's zone."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format

register = template.Library()


@register.filter
def money(cents: int | None) -> str:
    """10000 -> $100.00; -250 -> -$2.50."""
    if cents is None:
        return ""
    sign = "-" if cents < 0 else ""
    dollars, rest = divmod(abs(int(cents)), 100)
    return f"{sign}${dollars:,}.{rest:02d}"


def _local(value: date) -> date:
    return timezone.localtime(value) if isinstance(value, datetime) else value


@register.filter
def clock(value: datetime | None) -> str:
    """10:45 am"""
    if not value:
        return ""
    return timezone.localtime(value).strftime("%I:%M %p").lstrip("0").lower()


@register.filter
def day(value: date | None) -> str:
    """Tue, Nov 24"""
    return date_format(_local(value), "D, M j") if value else ""


@register.filter
def longday(value: date | None) -> str:
    """Tuesday, November 24"""
    return date_format(_local(value), "l, F j") if value else ""


@register.filter
def us_date(value: date | None) -> str:
    """Nov 24, 2026"""
    return date_format(_local(value), "M j, Y") if value else ""


@register.filter
def when(value: datetime | None) -> str:
    """Tue, Nov 24, 10:45 am"""
    return f"{day(value)}, {clock(value)}" if value else ""


@register.filter
def iso_date(value: str) -> date | None:
    """A date that a snapshot keeps as text."""
    return date.fromisoformat(value) if value else None
