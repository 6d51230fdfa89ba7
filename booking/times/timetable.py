"""The rules of one location's diary, read together: who works when, in which rooms, on what terms.

Bookings are not included. Between two rule changes a timetable stays valid, so what
it has worked out (`Hours.known`) is reused for the next request. Treat all of it as read-only.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from booking.models import (
    BookingPolicy,
    ClosedDate,
    DateHours,
    ExternalBusy,
    TimeOff,
    WorkingHours,
)
from booking.times import versions
from booking.times.availability import (
    DateLine,
    Diary,
    Hours,
    Period,
    Session,
    Span,
    Window,
    seconds,
)
from clinic.models import Location, Room, ServiceOption, Therapist

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from django.db.models import QuerySet

    from clinic.models import Service


def bookable_options() -> QuerySet[ServiceOption]:
    known = ServiceOption.objects.filter(is_active=True, service__is_active=True)
    return known.select_related("service")


def therapists() -> QuerySet[Therapist]:
    """Who takes bookings."""
    return Therapist.objects.filter(is_active=True)


@dataclass(frozen=True, slots=True)
class Timetable:
    location: Location
    policy: BookingPolicy
    therapists: dict[UUID, Therapist]  # who takes bookings, in the order the clinic lists them
    options: dict[UUID, ServiceOption]  # what can be booked, each with its service
    hours: dict[UUID, Hours]  # of who works here
    closed: frozenset[date]  # no one works then
    away: dict[UUID, list[Span]]  # time off, and what outside calendars say
    rooms: dict[UUID, frozenset[UUID]]  # the services a room is for; none: all
    trainings: dict[UUID, frozenset[UUID]] = field(repr=False)

    @property
    def zone(self) -> ZoneInfo:
        return self.location.zone

    def window(self, first: date, last: date, now: datetime, *, earliest: int) -> Window:
        """What of these dates can be booked at all: from today up to the horizon."""
        today = now.astimezone(self.zone).date()
        horizon = today + timedelta(days=self.policy.horizon_days)
        return Window(max(first, today), min(last, horizon), earliest)

    def session(self, option: ServiceOption) -> Session:
        return session_of(option, self.policy)

    def shortest(self) -> Session | None:
        """The session that takes the least time, buffers included."""
        sessions = [self.session(option) for option in self.options.values()]
        return min(sessions, key=lambda s: s.before + s.minutes + s.after, default=None)

    def able(self, service: Service) -> list[UUID]:
        """Who works here and has the training that a service calls for."""
        return [pk for pk in self.hours if self.is_trained(pk, service)]

    def is_trained(self, therapist_id: UUID, service: Service) -> bool:
        needed = service.training_id
        return needed is None or needed in self.trainings.get(therapist_id, ())

    def suitable(self, service: Service) -> list[UUID]:
        """The rooms that suit a service, those that fill first in front."""
        return [pk for pk, suits in self.rooms.items() if not suits or service.pk in suits]

    def diary(self, therapist_id: UUID, begin: int, end: int) -> Diary:
        """An empty one, with the time off that touches a span."""
        away = [span for span in self.away[therapist_id] if span[0] < end and begin < span[1]]
        return Diary(self.hours[therapist_id], away)


def session_of(option: ServiceOption, policy: BookingPolicy) -> Session:
    return Session(
        option.minutes,
        option.buffer_before,
        option.buffer_after,
        policy.slot_step,
        policy.adjoining_starts,
        policy.daily_cap,
    )


# What this process has read, by location: under which version, and what it was.
_known: dict[UUID, tuple[str, Timetable]] = {}


def current(location: Location, version: str | None = None) -> Timetable:
    """The current rules, or those of a version just read; reads them when they have changed.

    One query, or none when the version is given.
    """
    version = versions.read().rules if version is None else version
    known = _known.get(location.pk)
    if known is not None and known[0] == version:
        return known[1]
    found = read(location)
    _known[location.pk] = (version, found)
    return found


def read(location: Location) -> Timetable:
    """Always thirteen queries."""
    location = Location.objects.get(pk=location.pk)  # the caller's may be an old copy
    policy = BookingPolicy.objects.filter(location=location).first()
    people = {person.pk: person for person in therapists()}
    dates = ClosedDate.objects.filter(location=location).values_list("day", flat=True)
    closed = frozenset(dates)
    hours = _hours(location, list(people), closed)
    return Timetable(
        location=location,
        policy=policy or BookingPolicy(location=location),
        therapists=people,
        options={option.pk: option for option in bookable_options()},
        hours=hours,
        closed=closed,
        away=_away(location, list(hours)),
        rooms=_rooms(location),
        trainings=_sets(Therapist.trainings.through.objects, "therapist_id", "training_id"),
    )


def _hours(
    location: Location, therapists: list[UUID], closed: frozenset[date]
) -> dict[UUID, Hours]:
    periods: defaultdict[UUID, list[Period]] = defaultdict(list)
    weekly = WorkingHours.objects.filter(location=location).prefetch_related("breaks")
    for line in weekly.order_by("weekday", "starts"):
        breaks = sorted((pause.starts, pause.ends) for pause in line.breaks.all())
        period = Period(
            line.weekday,
            line.starts,
            line.ends,
            line.effective_from,
            line.effective_until,
            tuple(breaks),
        )
        periods[line.therapist_id].append(period)
    dates: defaultdict[UUID, list[DateLine]] = defaultdict(list)
    for special in DateHours.objects.filter(location=location):
        is_extra = special.kind == DateHours.Kind.EXTRA
        dates[special.therapist_id].append(
            DateLine(special.day, special.starts, special.ends, is_extra)
        )
    return {
        pk: Hours(location.zone, periods[pk], dates[pk], closed)
        for pk in therapists
        if pk in periods or pk in dates
    }


def _away(location: Location, therapists: list[UUID]) -> dict[UUID, list[Span]]:
    away: dict[UUID, list[Span]] = {pk: [] for pk in therapists}
    off = TimeOff.objects.filter(Q(location=location) | Q(therapist__isnull=False))
    rows: Iterable[tuple[UUID | None, datetime, datetime]] = off.values_list(
        "therapist_id", "starts_at", "ends_at"
    )
    for pk, starts, ends in rows:
        for therapist_id in therapists if pk is None else [pk]:
            if therapist_id in away:
                away[therapist_id].append((seconds(starts), seconds(ends)))
    elsewhere = ExternalBusy.objects.values_list("calendar__therapist_id", "starts_at", "ends_at")
    for owner, starts, ends in elsewhere:
        if owner in away:
            away[owner].append((seconds(starts), seconds(ends)))
    return {pk: sorted(spans) for pk, spans in away.items()}


def _rooms(location: Location) -> dict[UUID, frozenset[UUID]]:
    suits = _sets(Room.services.through.objects, "room_id", "service_id")
    rooms = Room.objects.filter(location=location, is_active=True).values_list("pk", flat=True)
    return {pk: suits.get(pk, frozenset()) for pk in rooms}


def _sets(through: Any, key: str, value: str) -> dict[UUID, frozenset[UUID]]:
    pairs: Iterable[tuple[UUID, UUID]] = through.values_list(key, value)
    found: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for one, other in pairs:
        found[one].add(other)
    return {one: frozenset(others) for one, others in found.items()}
