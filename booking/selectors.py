"""Reads of the diary. `free_times` is the one road to availability, for pages and slots.json."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from booking import availability
from booking.availability import Diary, Opening, Period, Session, Span, Window, moment, seconds
from booking.models import Appointment, BookingPolicy, TimeOff, WorkingHours
from clinic import selectors as ground
from clinic.models import Location, Room, ServiceOption, Therapist

if TYPE_CHECKING:
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from django.db.models import QuerySet

    from clinic.models import Client

DAY = timedelta(days=1)


@dataclass(slots=True)
class Busy:
    """All that is taken in a range of time, by therapist and by room."""

    diaries: dict[UUID, Diary]
    rooms: dict[UUID, list[Span]]


@dataclass(slots=True)
class FreeTimes:
    """Free starts, and enough around them to show or to book one."""

    option: ServiceOption
    location: Location
    policy: BookingPolicy
    openings: list[Opening]
    busy: Busy = field(repr=False)

    @property
    def zone(self) -> ZoneInfo:
        return self.location.zone

    def by_day(self) -> dict[date, list[Opening]]:
        """The openings of each local date that has any."""
        days: dict[date, list[Opening]] = {}
        for opening in self.openings:
            days.setdefault(local(opening, self.zone).date(), []).append(opening)
        return days


def local(opening: Opening, zone: ZoneInfo) -> datetime:
    return moment(opening.start).astimezone(zone)


def policy_of(location: Location) -> BookingPolicy:
    return BookingPolicy.objects.filter(location=location).first() or BookingPolicy(
        location=location
    )


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Until when a client may act on a visit; None: that moment has passed."""

    free_until: datetime | None
    prescription_due: datetime | None


def deadlines(starts_at: datetime, policy: BookingPolicy, now: datetime) -> Deadlines:
    free = starts_at - timedelta(minutes=policy.cancel_cutoff)
    due = starts_at - timedelta(minutes=policy.prescription_lead)
    return Deadlines(free if free >= now else None, due if due >= now else None)


def session_of(option: ServiceOption, policy: BookingPolicy) -> Session:
    return Session(option.minutes, option.buffer_before, option.buffer_after, policy.slot_step)


def bookable_options() -> QuerySet[ServiceOption]:
    return ServiceOption.objects.filter(is_active=True, service__is_active=True).select_related(
        "service"
    )


def therapists() -> QuerySet[Therapist]:
    return Therapist.objects.filter(is_active=True)


def free_times(
    *,
    option: ServiceOption,
    start: date,
    end: date,
    therapist: Therapist | None = None,
    location: Location | None = None,
    now: datetime | None = None,
    by_desk: bool = False,
    own_hold: UUID | None = None,
    moving: Appointment | None = None,
) -> FreeTimes:
    """Free starts on local dates, both included, within notice and horizon; five queries.

    `own_hold` and `moving` are not in their owner's way. The desk needs no notice and may still
    take the start that has just gone by.
    """
    now = now or timezone.now()
    location = location or ground.location()
    policy = policy_of(location)
    zone = location.zone
    today = now.astimezone(zone).date()
    last = min(end, today + timedelta(days=policy.horizon_days))
    notice = -policy.slot_step if by_desk else policy.min_notice
    window = Window(max(start, today), last, seconds(now) + notice * 60)
    busy = busy_between(
        location, window.first, window.last, now, therapist, own_hold=own_hold, moving=moving
    )
    openings = availability.free_starts(
        session_of(option, policy), busy.diaries, busy.rooms, window, zone
    )
    return FreeTimes(option, location, policy, openings, busy)


def busy_between(
    location: Location,
    first: date,
    last: date,
    now: datetime,
    therapist: Therapist | None = None,
    *,
    own_hold: UUID | None = None,
    moving: Appointment | None = None,
) -> Busy:
    """What working hours there are on these dates and what is taken of them; four queries."""
    begin = datetime.combine(first, time(), location.zone)
    end = datetime.combine(last + DAY, time(), location.zone)
    diaries = _working(location, therapist)
    rooms: dict[UUID, list[Span]] = {
        pk: []
        for pk in Room.objects.filter(location=location, is_active=True).values_list(
            "pk", flat=True
        )
    }
    for therapist_id, off_start, off_end in _away(location, begin, end):
        span = (seconds(off_start), seconds(off_end))
        for pk in diaries if therapist_id is None else [therapist_id]:
            if pk in diaries:
                diaries[pk].away.append(span)
    taken = Appointment.objects.taking_time(now).touching(begin, end)
    if own_hold is not None:
        taken = taken.exclude(hold_token=own_hold, hold_token__isnull=False, status="held")
    if moving is not None:
        taken = taken.exclude(pk=moving.pk)
    for therapist_id, room_id, blocked in taken.order_by().values_list(
        "therapist_id", "room_id", "blocked"
    ):
        if blocked.lower is None or blocked.upper is None:
            continue  # no such row: a CHECK bounds both ends
        span = (seconds(blocked.lower), seconds(blocked.upper))
        if therapist_id in diaries:
            diaries[therapist_id].blocked.append(span)
        if room_id in rooms:
            rooms[room_id].append(span)
    return Busy(diaries, dict(rooms))


def _working(location: Location, therapist: Therapist | None) -> dict[UUID, Diary]:
    """An empty diary for everyone who works here, in the order the clinic lists them."""
    hours = WorkingHours.objects.filter(location=location, therapist__is_active=True)
    if therapist is not None:
        hours = hours.filter(therapist=therapist)
    diaries: dict[UUID, Diary] = {}
    rows = hours.order_by(
        "therapist__position", "therapist__name", "weekday", "starts"
    ).values_list("therapist_id", "weekday", "starts", "ends", "effective_from", "effective_until")
    for therapist_id, weekday, starts, ends, since, until in rows:
        period = Period(weekday, starts, ends, since, until)
        diaries.setdefault(therapist_id, Diary([])).periods.append(period)
    return diaries


def _away(
    location: Location, begin: datetime, end: datetime
) -> QuerySet[TimeOff, tuple[UUID | None, datetime, datetime]]:
    here = Q(location=location) | Q(therapist__isnull=False)
    return TimeOff.objects.filter(here, ends_at__gt=begin, starts_at__lt=end).values_list(
        "therapist_id", "starts_at", "ends_at"
    )


def who_is_free(
    *,
    option: ServiceOption,
    start: datetime,
    therapist: Therapist | None = None,
    location: Location | None = None,
    by_desk: bool = False,
    own_hold: UUID | None = None,
    moving: Appointment | None = None,
) -> list[UUID]:
    """Who could give this session then; who has least to do that day comes first."""
    location = location or ground.location()
    day = start.astimezone(location.zone).date()
    free = free_times(
        option=option,
        start=day,
        end=day,
        therapist=therapist,
        location=location,
        by_desk=by_desk,
        own_hold=own_hold,
        moving=moving,
    )
    wanted = seconds(start)
    if start.microsecond:
        return []
    for opening in free.openings:
        if opening.start == wanted:
            return sorted(opening.therapist_ids, key=lambda pk: len(free.busy.diaries[pk].blocked))
    return []


def alternatives(
    *,
    option: ServiceOption,
    near: datetime,
    therapist: Therapist | None = None,
    own_hold: UUID | None = None,
    count: int = 4,
) -> list[Opening]:
    """Free starts close to a time that could not be had."""
    day = near.astimezone(ground.location().zone).date()
    free = free_times(
        option=option,
        start=day - 3 * DAY,
        end=day + 7 * DAY,
        therapist=therapist,
        own_hold=own_hold,
    )
    return availability.nearest(free.openings, seconds(near), count)


def appointments() -> QuerySet[Appointment]:
    """Everything but holds, with the names that pages show."""
    return Appointment.objects.agreed().with_names()


def upcoming(client: Client) -> QuerySet[Appointment]:
    """What a client still comes for, soonest first: also the one that is going on."""
    return (
        appointments()
        .filter(
            client=client,
            ends_at__gt=timezone.now() - timedelta(hours=2),
            status__in=["booked", "arrived", "checked-in"],
        )
        .order_by("starts_at")
    )


def past(client: Client) -> QuerySet[Appointment]:
    """What is over, newest first: also the cancelled ones."""
    ahead = upcoming(client).values("pk")
    return appointments().filter(client=client).exclude(pk__in=ahead).order_by("-starts_at")


def next_visit(client: Client) -> Appointment | None:
    return upcoming(client).first()


def hold_of(token: UUID | str | None) -> Appointment | None:
    """The hold with this token, lapsed or not."""
    if not token:
        return None
    return (
        Appointment.objects.filter(hold_token=token, status="held")
        .select_related("option__service", "therapist", "location")
        .first()
    )
