"""How the managers' pages write hours and time off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from booking.setup import absence

if TYPE_CHECKING:
    from datetime import date, datetime, time

    from booking.models import TimeOff
    from booking.setup.week import Line, Pattern

register = template.Library()
SHORT = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@register.filter
def oclock(at: time | datetime | None) -> str:
    """9:00 am"""
    return at.strftime("%I:%M %p").lstrip("0").lower() if at else ""


@register.filter
def span(hours: Line) -> str:
    """9:00 am to 6:00 pm"""
    return _("%(start)s to %(end)s") % {"start": oclock(hours.starts), "end": oclock(hours.ends)}


@register.filter
def short_span(hours: Line) -> str:
    """9:00 am-6:00 pm, with the dash of a range, where there is little room."""
    return f"{oclock(hours.starts)}\N{EN DASH}{oclock(hours.ends)}"


@register.filter
def pauses(line: Line) -> str:
    """12:30 pm to 1:00 pm, 3:00 pm to 3:15 pm"""
    words = _("%(start)s to %(end)s")
    return ", ".join(words % {"start": oclock(a), "end": oclock(b)} for a, b in line.breaks)


@register.filter
def in_words(pattern: Pattern) -> list[str]:
    """A week in lines, days of the same hours together: "Mon, Tue, Thu 9:00 am to 5:00 pm"."""
    alike: dict[str, list[str]] = {}
    for number, lines in pattern.days:
        if lines:
            alike.setdefault(", ".join(map(_line, lines)), []).append(_(SHORT[number]))
    return [f"{', '.join(days)}: {text}" for text, days in alike.items()]


@register.filter
def dates(pattern: Pattern) -> str:
    """The dates a week applies to."""
    if pattern.first and pattern.last:
        return _("%(first)s to %(last)s") % {
            "first": _day(pattern.first),
            "last": _day(pattern.last),
        }
    if pattern.first:
        return _("from %(first)s") % {"first": _day(pattern.first)}
    return _("until %(last)s") % {"last": _day(pattern.last)} if pattern.last else ""


@register.filter
def away(off: TimeOff) -> str:
    """Whole days as dates, parts of a day with their times, in clinic time."""
    if days := absence.days_of(off):
        first, last = map(_day, days)
        return (
            first if first == last else _("%(first)s to %(last)s") % {"first": first, "last": last}
        )
    zone = off.location.zone
    start, end = off.starts_at.astimezone(zone), off.ends_at.astimezone(zone)
    ends = oclock(end) if end.date() == start.date() else f"{_day(end.date())}, {oclock(end)}"
    return _("%(start)s to %(end)s") % {
        "start": f"{_day(start.date())}, {oclock(start)}",
        "end": ends,
    }


def _line(line: Line) -> str:
    if not line.breaks:
        return span(line)
    return _("%(hours)s (break %(breaks)s)") % {"hours": span(line), "breaks": pauses(line)}


def _day(day: date) -> str:
    return date_format(day, "D, M j, Y")
