"""How we write money, dates, times and addresses: the US way, in the clinic's zone."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _


def money(cents: int | None) -> str:
    """10000 -> $100.00; less than nothing begins with a real minus sign."""
    if cents is None:
        return ""
    sign = "\N{MINUS SIGN}" if cents < 0 else ""
    dollars, rest = divmod(abs(int(cents)), 100)
    return f"{sign}${dollars:,}.{rest:02d}"


def _local(value: date) -> date:
    return timezone.localtime(value) if isinstance(value, datetime) else value


def clock(value: datetime | None) -> str:
    """10:45 am"""
    if not value:
        return ""
    return timezone.localtime(value).strftime("%I:%M %p").lstrip("0").lower()


def day(value: date | None) -> str:
    """Tue, Nov 24"""
    return date_format(_local(value), "D, M j") if value else ""


def longday(value: date | None) -> str:
    """Tuesday, November 24"""
    return date_format(_local(value), "l, F j") if value else ""


def us_date(value: date | None) -> str:
    """Nov 24, 2026"""
    return date_format(_local(value), "M j, Y") if value else ""


def born(value: date | None) -> str:
    """born Apr 12, 1981; or that we do not know it, for those who have to ask"""
    if value is None:
        return _("date of birth unknown")
    return _("born %(date)s") % {"date": us_date(value)}


def years_old(value: date | None) -> str:
    """45, for someone born that day; blank where we do not know it"""
    if value is None:
        return ""
    today = timezone.localdate()
    return str(today.year - value.year - ((today.month, today.day) < (value.month, value.day)))


def when(value: datetime | None) -> str:
    """Tue, Nov 24, 10:45 am"""
    return f"{day(value)}, {clock(value)}" if value else ""


def iso_date(value: str) -> date | None:
    """A date stored as text in a snapshot."""
    return date.fromisoformat(value) if value else None


def iso_time(value: str) -> str:
    """10:45 am, of an instant stored as text in a snapshot"""
    return clock(datetime.fromisoformat(value)) if value else ""


def masked_email(email: str) -> str:
    """ "a…@example.test": enough to know which mailbox is meant, for those who may not see it."""
    name, _at, domain = email.rpartition("@")
    return f"{name[:1]}…@{domain}"
