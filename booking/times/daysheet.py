"""What one date looks like for each therapist, with reasons: for staff, who may see more.

What can be booked is for `search.free_times` to say; this only explains it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from booking.models import ClosedDate, ExternalBusy, TimeOff
from booking.times import timetable
from booking.times.availability import closing, moment, to_instant
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
    """A span of time, and if it is time away, the reason."""

    start: datetime
    end: datetime
    kind: str = ""
    reason: str = ""

    def overlaps(self, start: datetime, end: datetime) -> bool:
        return self.start < end and start < self.end


@dataclass(slots=True)
class TherapistDay:
    """One therapist's date."""

    work: list[Stretch] = field(default_factory=list)  # in order
    away: list[Stretch] = field(default_factory=list)  # breaks, time off, other calendars


@dataclass(slots=True)
class DaySheet:
    closed: ClosedDate | None
    therapists: dict[UUID, TherapistDay]

    def of(self, therapist_id: UUID) -> TherapistDay:
        return self.therapists.get(therapist_id) or TherapistDay()


def read(location: Location, day: date) -> DaySheet:
    """That date for everyone who works there; four queries, and those of changed rules."""
    zone = location.zone
    begin, end = bounds(day, zone)
    people: dict[UUID, TherapistDay] = defaultdict(TherapistDay)
    closed = ClosedDate.objects.filter(location=location, day=day).first()
    off = TimeOff.objects.filter(
        Q(location=location) | Q(therapist__isnull=False), ends_at__gt=begin, starts_at__lt=end
    )
    everyone = []
    for row in off:
        reason = row.reason or (_("Time off") if row.therapist_id else _("Closed"))
        stretch = Stretch(row.starts_at, row.ends_at, OFF if row.therapist_id else CLOSED, reason)
        if row.therapist_id is None:
            everyone.append(stretch)
        else:
            people[row.therapist_id].away.append(stretch)
    busy = ExternalBusy.objects.filter(ends_at__gt=begin, starts_at__lt=end)
    for therapist_id, starts_at, ends_at in busy.values_list(
        "calendar__therapist_id", "starts_at", "ends_at"
    ):
        stretch = Stretch(starts_at, ends_at, ELSEWHERE, _("Busy in another calendar"))
        people[therapist_id].away.append(stretch)
    rules = timetable.current(location)
    for therapist_id, hours in rules.hours.items():
        own = people[therapist_id]
        for starts, ends, breaks in hours.lines(day):
            own.work.append(_stretch(day, starts, ends, zone))
            own.away += [_stretch(day, *pause, zone, BREAK, _("Break")) for pause in breaks]
    for one in people.values():
        one.work.sort(key=lambda stretch: stretch.start)
        one.away = sorted([*one.away, *everyone], key=lambda stretch: stretch.start)
    return DaySheet(closed, dict(people))


def _stretch(
    day: date, starts: time, ends: time, zone: ZoneInfo, kind: str = "", reason: str = ""
) -> Stretch:
    begin = moment(to_instant(day, starts, zone, fold=0))
    return Stretch(begin, moment(closing(day, ends, zone)), kind, reason)


def lies_within(work: Iterable[Stretch], start: datetime, end: datetime) -> bool:
    """Whether one stretch of work covers all of it."""
    return any(stretch.start <= start and end <= stretch.end for stretch in work)
