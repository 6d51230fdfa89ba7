"""Reads of the diary. `free_times` is the one road to availability, for pages and slots.json."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from math import ceil, inf
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

from django.db import connection
from django.utils import timezone

from booking import availability, packing, timetable
from booking import versions as diary_versions
from booking.availability import Diary, Opening, Session, Span, Window, moment, seconds
from booking.memory import Memory
from booking.models import LONGEST, Appointment, AppointmentStatus, BookingPolicy
from booking.timetable import Timetable, session_of
from clinic import selectors as ground
from clinic.models import Client, Location, ServiceOption, Therapist

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

    from django.db.models import QuerySet

    from booking.versions import Versions
    from clinic.models import User

__all__ = ["Busy", "FreeTimes", "free_times", "session_of", "who_is_free"]

DAY = timedelta(days=1)


@dataclass(slots=True)
class Busy:
    """All that is taken in a range of time, by therapist and by room."""

    diaries: dict[UUID, Diary]
    rooms: dict[UUID, list[Span]]
    lapse: float = inf  # when the first hold among it gives its time back


@dataclass(slots=True)
class FreeTimes:
    """Free starts, and enough around them to show or to book one."""

    option: ServiceOption
    location: Location
    policy: BookingPolicy
    openings: list[Opening]
    busy: Busy = field(repr=False)
    session: Session
    shortest: Session | None  # on offer; None: nothing is
    earliest: int
    good_until: float = 0.0  # true to that instant if the diary does not change

    @property
    def zone(self) -> ZoneInfo:
        return self.location.zone

    def by_day(self) -> dict[date, list[Opening]]:
        """The openings of each local date that has any."""
        return availability.by_day(self.openings, self.zone)

    def is_tidy(self, opening: Opening) -> bool:
        """Whether the clinic would rather have this time taken: it leaves somebody no dead gap."""
        return self.policy.packing and not all(
            self._leaves_gap(opening, pk) for pk in opening.therapist_ids
        )

    def choices(self, opening: Opening) -> list[UUID]:
        """Who could give it: first who is left no dead gap, then who has least to do that day."""
        return self.in_order(opening.start, opening.therapist_ids)

    def in_order(self, start: int, therapist_ids: Iterable[UUID]) -> list[UUID]:
        """These therapists, those who had better be given a session at that time in front."""
        day = moment(start).astimezone(self.zone).date()
        opening = Opening(start, tuple(therapist_ids))
        packing_matters = self.policy.packing

        def burden(pk: UUID) -> tuple[bool, int]:
            dead = packing_matters and self._leaves_gap(opening, pk)
            return dead, self._sessions_on(day, pk)

        return sorted(opening.therapist_ids, key=burden)

    def _leaves_gap(self, opening: Opening, pk: UUID) -> bool:
        if self.shortest is None:
            return False
        diary = self.busy.diaries[pk]
        return packing.leaves_gap(
            self.session, opening.start, diary, self.shortest, earliest=self.earliest
        )

    def _sessions_on(self, day: date, pk: UUID) -> int:
        blocked = self.busy.diaries[pk].blocked
        return sum(moment(start).astimezone(self.zone).date() == day for start, _end in blocked)


_answers: Memory[FreeTimes] = Memory(size=128)


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
    moving: Appointment | Sequence[Appointment] | None = None,
    versions: Versions | None = None,
) -> FreeTimes:
    """Free starts on local dates, both included, within notice and horizon. Treat as read-only.

    One query for the diary's versions, if they were not just read; one more when the answer is not
    known under them. `own_hold` and `moving` are not in their owner's way. The desk needs no notice
    and may still take the start that has just gone by.
    """
    now = now or timezone.now()
    location = location or ground.location()
    versions = versions or diary_versions.read()
    rules = timetable.current(location, versions.rules)
    policy = rules.policy
    notice = (-policy.slot_step if by_desk else policy.min_notice) * availability.MINUTE
    at = now.timestamp()
    earliest = ceil(at) + notice
    person = therapist.pk if therapist else None
    # The caller's option may be an older copy: nobody else is to be answered by it.
    is_plain = own_hold is None and moving is None and option.pk in rules.options
    option = rules.options.get(option.pk, option)
    key = (location.pk, option.pk, start, end, person, by_desk)
    if is_plain and (known := _answers.get(versions, key, at)) is not None:
        return replace(known, earliest=earliest)
    today = now.astimezone(rules.zone).date()
    last = min(end, today + timedelta(days=policy.horizon_days))
    window = Window(max(start, today), last, earliest)
    able = [pk for pk in rules.able(option.service) if person in (None, pk)]
    rooms = rules.suitable(option.service)
    busy = _busy(rules, window, now, able, rooms, own_hold=own_hold, moving=moving)
    session = rules.session(option)
    found = FreeTimes(
        option=option,
        location=rules.location,
        policy=policy,
        openings=availability.free_starts(session, busy.diaries, busy.rooms, window),
        busy=busy,
        session=session,
        shortest=rules.shortest(),
        earliest=earliest,
    )
    midnight = availability.to_instant(today + DAY, time(), rules.zone, fold=0)
    soonest = found.openings[0].start - notice if found.openings else inf
    found.good_until = min(midnight, soonest, busy.lapse)
    if is_plain:
        _answers.keep(versions, key, replace(found), since=at, until=found.good_until)
    return found


def busy_between(location: Location, first: date, last: date, now: datetime) -> Busy:
    """What working hours there are on these dates and what is taken of them, for everyone."""
    rules = timetable.current(location)
    return _busy(rules, Window(first, last, 0), now, list(rules.hours), list(rules.rooms))


def _busy(
    rules: Timetable,
    window: Window,
    now: datetime,
    therapist_ids: list[UUID],
    room_ids: list[UUID],
    *,
    own_hold: UUID | None = None,
    moving: Appointment | Sequence[Appointment] | None = None,
) -> Busy:
    begin = availability.to_instant(window.first, time(), rules.zone, fold=0)
    end = availability.to_instant(window.last + DAY, time(), rules.zone, fold=0)
    diaries = {pk: rules.diary(pk, begin, end) for pk in therapist_ids}
    rooms: dict[UUID, list[Span]] = {pk: [] for pk in room_ids}
    busy = Busy(diaries, rooms)
    # The text of a key is quicker to read than the key, and there are thousands.
    of_therapist = {str(pk): diary for pk, diary in diaries.items()}
    of_room = {str(pk): spans for pk, spans in rooms.items()}
    count = rules.policy.daily_cap is not None
    taken = _taken(begin, end, now, own_hold, moving, starts=count)
    for who, where, starts, lower, upper, lapse in taken:
        spans = list(zip(lower, upper, strict=True))
        if (diary := of_therapist.get(who)) is not None:
            diary.blocked.extend(spans)
            diary.started.extend(starts or ())
        if (room := of_room.get(where)) is not None:
            room.extend(spans)
        if lapse is not None and lapse < busy.lapse:
            busy.lapse = lapse
    return busy


# Read from one index alone (`appointment_diary`): its condition is repeated here word for word.
# Grouped, since a thousand short rows take longer to read than a few long ones.
TAKEN = """
SELECT therapist_id::text, room_id::text,
       array_agg(floor(date_part('epoch', starts_at))::bigint) FILTER (WHERE %(starts)s),
       array_agg(floor(date_part('epoch', lower(blocked)))::bigint),
       array_agg(ceil(date_part('epoch', upper(blocked)))::bigint),
       min(date_part('epoch', held_until)) FILTER (WHERE status = 'held')
FROM booking_appointment
WHERE starts_at > %(first)s AND starts_at < %(last)s
  AND NOT (status IN ('cancelled', 'noshow'))
  AND (status <> 'held' OR held_until > %(now)s)
"""

Taken: TypeAlias = tuple[str, str, list[int] | None, list[int], list[int], float | None]


def _taken(
    begin: int,
    end: int,
    now: datetime,
    own_hold: UUID | None,
    moving: Appointment | Sequence[Appointment] | None,
    *,
    starts: bool,
) -> list[Taken]:
    """Who, where, and of what takes time there and then: starts, blocked spans, the first lapse."""
    query = TAKEN
    values: dict[str, Any] = {
        "starts": starts,
        "first": moment(begin) - LONGEST,
        "last": moment(end) + LONGEST,
        "now": now,
    }
    if own_hold is not None:
        query += "AND NOT (status = 'held' AND hold_token = %(own)s) "
        values["own"] = own_hold
    if moving is not None:
        together = [moving] if isinstance(moving, Appointment) else moving
        query += "AND NOT (id = ANY(%(moving)s)) "
        values["moving"] = [one.pk for one in together]
    with connection.cursor() as cursor:
        cursor.execute(query + "GROUP BY therapist_id, room_id", values)
        rows: list[Taken] = cursor.fetchall()
    return rows


def who_is_free(
    *,
    option: ServiceOption,
    start: datetime,
    therapist: Therapist | None = None,
    location: Location | None = None,
    by_desk: bool = False,
    own_hold: UUID | None = None,
    moving: Appointment | Sequence[Appointment] | None = None,
    versions: Versions | None = None,
) -> list[UUID]:
    """Who could give this session then, best choice first: see `FreeTimes.choices`."""
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
        versions=versions,
    )
    wanted = seconds(start)
    if start.microsecond:
        return []
    for opening in free.openings:
        if opening.start == wanted:
            return free.choices(opening)
    return []


def still_offered(
    *,
    option: ServiceOption,
    start: datetime,
    therapist_id: UUID,
    location: Location,
    own_hold: UUID | None = None,
    moving: Appointment | Sequence[Appointment] | None = None,
) -> bool:
    """Whether the rules still let a therapist give a session then. Ask with their row locked.

    Whoever writes hours or time off locks the therapist's row first, so nothing changes between
    this answer and the booking. One query; overlaps are left to the constraints.
    """
    rules = timetable.current(location)
    if therapist_id not in rules.able(option.service) or not rules.suitable(option.service):
        return False
    day = start.astimezone(location.zone).date()
    window, cap = Window(day, day, 0), rules.policy.daily_cap
    if cap is not None:
        busy = _busy(
            rules, window, timezone.now(), [therapist_id], [], own_hold=own_hold, moving=moving
        )
        if availability.is_full(busy.diaries[therapist_id], day, cap):
            return False
    begin = seconds(start)
    diary = rules.diary(therapist_id, begin, begin + option.minutes * availability.MINUTE)
    return availability.is_at_work(rules.session(option), begin, diary)


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


def treated_by(user: User) -> QuerySet[Client]:
    """Whom a therapist treats or has treated: an appointment with them that was not called off.

    The diary itself is the answer, so it changes with every visit booked, moved or cancelled.
    """
    given = Appointment.objects.agreed().filter(therapist__user=user)
    given = given.exclude(status=AppointmentStatus.CANCELLED)
    return Client.objects.filter(pk__in=given.values("client"))


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


def option(pk: UUID | str | None) -> ServiceOption | None:
    """A session that can be booked, with its service."""
    try:
        wanted = pk if isinstance(pk, UUID) else UUID(pk or "")
    except ValueError:
        return None
    return timetable.current(ground.location()).options.get(wanted)


def hold_of(token: UUID | str | None) -> Appointment | None:
    """The hold of one visit with this token, lapsed or not. For two: `pairs.held`."""
    if not token:
        return None
    found = list(Appointment.objects.filter(hold_token=token, status="held").order_by()[:2])
    if len(found) != 1:
        return None
    held = found[0]
    rules = timetable.current(ground.location())
    if held.location_id == rules.location.pk:  # what it refers to has been read already
        held.location = rules.location
        held.therapist = rules.therapists.get(held.therapist_id) or held.therapist
        held.option = rules.options.get(held.option_id) or held.option
    return held
