"""What one date looks like for each therapist, with the reasons: for staff, who may look closer.

What can be booked is for `selectors.free_times` to say; this only explains it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from booking.availability import closing, moment, to_instant
from booking.models import (
    ClosedDate,
    DateHours,
    ExternalBusy,
    TimeOff,
    WorkingBreak,
    WorkingHours,
)
from clinic.dates import bounds

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime, time
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from clinic.models import Location

CLOSED, BREAK, OFF, ELSEWHERE = "closed", "break", "off", "elsewhere"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A span of time, and for one without work why."""

    start: datetime
    end: datetime
    kind: str = ""
    reason: str = ""

    def overlaps(self, start: datetime, end: datetime) -> bool:
        return self.start < end and start < self.end


@dataclass(slots=True)
class Sheet:
    """One therapist's date."""

    work: list[Stretch] = field(default_factory=list)  # in order
    away: list[Stretch] = field(default_factory=list)  # breaks, time off, other calendars


@dataclass(slots=True)
class DaySheet:
    closed: ClosedDate | None
    sheets: dict[UUID, Sheet]

    def of(self, therapist_id: UUID) -> Sheet:
        return self.sheets.get(therapist_id) or Sheet()


def read(location: Location, day: date) -> DaySheet:
    """The date of everybody who works there; six queries."""
    zone = location.zone
    begin, end = bounds(day, zone)
    sheets: dict[UUID, Sheet] = defaultdict(Sheet)
    closed = ClosedDate.objects.filter(location=location, day=day).first()
    off = TimeOff.objects.filter(
        Q(location=location) | Q(therapist__isnull=False), ends_at__gt=begin, starts_at__lt=end
    )
    everybody = []
    for row in off:
        reason = row.reason or (_("Time off") if row.therapist_id else _("Closed"))
        stretch = Stretch(row.starts_at, row.ends_at, OFF if row.therapist_id else CLOSED, reason)
        if row.therapist_id is None:
            everybody.append(stretch)
        else:
            sheets[row.therapist_id].away.append(stretch)
    busy = ExternalBusy.objects.filter(ends_at__gt=begin, starts_at__lt=end)
    for therapist_id, starts_at, ends_at in busy.values_list(
        "calendar__therapist_id", "starts_at", "ends_at"
    ):
        stretch = Stretch(starts_at, ends_at, ELSEWHERE, _("Busy in another calendar"))
        sheets[therapist_id].away.append(stretch)
    if closed is None:
        _fill_hours(sheets, location, day, zone)
    for sheet in sheets.values():
        sheet.work.sort(key=lambda stretch: stretch.start)
        sheet.away += everybody
        sheet.away.sort(key=lambda stretch: stretch.start)
    return DaySheet(closed, dict(sheets))


def _fill_hours(sheets: dict[UUID, Sheet], location: Location, day: date, zone: ZoneInfo) -> None:
    """The weekly pattern with its breaks, unless the date has hours of its own."""
    own = list(DateHours.objects.filter(location=location, day=day).order_by("starts"))
    instead = {row.therapist_id for row in own if row.kind == DateHours.Kind.INSTEAD}
    weekly = WorkingHours.objects.filter(
        Q(effective_from=None) | Q(effective_from__lte=day),
        Q(effective_until=None) | Q(effective_until__gte=day),
        location=location,
        weekday=day.weekday(),
        therapist__is_active=True,
    )
    lines = list(weekly.exclude(therapist__in=instead).values_list("pk", "therapist_id"))
    therapist_of = dict(lines)
    lined: list[WorkingHours | DateHours] = [*weekly.filter(pk__in=therapist_of), *own]
    for row in lined:
        if row.starts is not None and row.ends is not None:
            stretch = _stretch(day, row.starts, row.ends, zone)
            sheets[row.therapist_id].work.append(stretch)
    for pause in WorkingBreak.objects.filter(hours__in=therapist_of):
        stretch = _stretch(day, pause.starts, pause.ends, zone, BREAK, _("Break"))
        sheets[therapist_of[pause.hours_id]].away.append(stretch)


def _stretch(
    day: date, starts: time, ends: time, zone: ZoneInfo, kind: str = "", reason: str = ""
) -> Stretch:
    begin = moment(to_instant(day, starts, zone, fold=0))
    return Stretch(begin, moment(closing(day, ends, zone)), kind, reason)


def lies_within(work: Iterable[Stretch], start: datetime, end: datetime) -> bool:
    """Whether one stretch of work holds all of it."""
    return any(stretch.start <= start and end <= stretch.end for stretch in work)
