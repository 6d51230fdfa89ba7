"""Free times. `free_times` is the one road to availability, for pages and slots.json."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from math import ceil, inf
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypedDict, Unpack

from django.db import connection
from django.utils import timezone

from booking.models import BUSY_SQL, HELD_SQL, LONGEST
from booking.times import availability, packing, timetable
from booking.times import versions as diary_versions
from booking.times.availability import (
    MINUTE,
    Diary,
    Opening,
    Session,
    Span,
    Window,
    moment,
    seconds,
)
from booking.times.cache import AnswerCache
from clinic import selectors as clinic_selectors
from clinic.models import Room

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from booking.models import Appointment, BookingPolicy
    from booking.times.timetable import Timetable
    from booking.times.versions import Versions
    from clinic.models import Location, ServiceOption, Therapist

    Moving: TypeAlias = Sequence[Appointment] | None

DAY = timedelta(days=1)


@dataclass(slots=True)
class Busy:
    """All that is taken in a range of time, by therapist and by room."""

    diaries: dict[UUID, Diary]
    rooms: dict[UUID, list[Span]]
    lapse: float = inf  # when the first of these holds frees its time


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
    good_until: float = 0.0  # valid until then if the diary does not change

    @property
    def zone(self) -> ZoneInfo:
        return self.location.zone

    def by_day(self) -> dict[date, list[Opening]]:
        """The openings of each local date that has any."""
        return availability.by_day(self.openings, self.zone)

    def is_tidy(self, opening: Opening) -> bool:
        """Whether the clinic prefers this time: it leaves some therapist no dead gap."""
        return self.policy.packing and not all(
            self._leaves_gap(opening, pk) for pk in opening.therapist_ids
        )

    def choices(self, opening: Opening) -> list[UUID]:
        """Who could give it: those left with no dead gap first, then the fewest sessions."""
        day = local(opening, self.zone).date()

        def burden(pk: UUID) -> tuple[bool, int]:
            leaves_gap = self.policy.packing and self._leaves_gap(opening, pk)
            return leaves_gap, self._sessions_on(day, pk)

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


class _Own(NamedTuple):
    """What does not block the one who asks: their hold, and the visits they move."""

    hold: UUID | None = None
    moving: Sequence[Appointment] = ()


NOTHING_OWN = _Own()


class Asked(TypedDict, total=False):
    """What a search may say besides the session and the dates: see `free_times`."""

    therapist: Therapist | None
    location: Location | None
    seats: int
    by_desk: bool
    own_hold: UUID | None
    moving: Moving
    versions: Versions | None


_answers: AnswerCache[FreeTimes] = AnswerCache(size=128)


def local(opening: Opening, zone: ZoneInfo) -> datetime:
    return moment(opening.start).astimezone(zone)


def free_times(
    *,
    option: ServiceOption,
    start: date,
    end: date,
    now: datetime | None = None,
    **asked: Unpack[Asked],
) -> FreeTimes:
    """Free starts on local dates, both included, within notice and horizon. Treat as read-only.

    One query for the diary's versions, unless just read; one more when the answer is not
    cached under them. `own_hold` and `moving` do not block their owner. The desk needs no notice
    and may still take the start that has just passed. For more than one seat, as many therapists
    and a room with a table for each are free; `therapist` is one of them.
    """
    now = now or timezone.now()
    at = now.timestamp()
    versions = asked.get("versions") or diary_versions.read()
    rules = timetable.current(asked.get("location") or clinic_selectors.location(), versions.rules)
    therapist, seats = asked.get("therapist"), asked.get("seats", 1)
    person = therapist.pk if therapist and seats == 1 else None
    own = _Own(asked.get("own_hold"), asked.get("moving") or ())
    by_desk = asked.get("by_desk", False)
    notice = (-rules.policy.slot_step if by_desk else rules.policy.min_notice) * MINUTE
    # The caller's option may be an older copy: do not answer anyone else from it.
    is_plain = own == NOTHING_OWN and option.pk in rules.options
    option = rules.options.get(option.pk, option)
    key = (rules.location.pk, option.pk, start, end, person, by_desk)
    found = _answers.get(versions, key, at) if is_plain else None
    if found is not None:
        found = replace(found, earliest=ceil(at) + notice)
    else:
        window = rules.window(start, end, now, earliest=ceil(at) + notice)
        found = _search(rules, option, window, now, person, own)
        found.good_until = _good_until(found, now, notice)
        if is_plain:
            _answers.store(versions, key, replace(found), since=at, until=found.good_until)
    return _for_party(found, seats, therapist)


def _search(
    rules: Timetable,
    option: ServiceOption,
    window: Window,
    now: datetime,
    person: UUID | None,
    own: _Own,
) -> FreeTimes:
    able = [pk for pk in rules.able(option.service) if person in (None, pk)]
    rooms = rules.suitable(option.service)
    busy = _busy(rules, window, now, able, rooms, own)
    session = rules.session(option)
    return FreeTimes(
        option=option,
        location=rules.location,
        policy=rules.policy,
        openings=availability.free_starts(session, busy.diaries, busy.rooms, window),
        busy=busy,
        session=session,
        shortest=rules.shortest(),
        earliest=window.earliest,
    )


def _good_until(found: FreeTimes, now: datetime, notice: int) -> float:
    """When the day ends, the notice of the first start begins, or a hold frees its time."""
    today = now.astimezone(found.zone).date()
    midnight = availability.to_instant(today + DAY, time(), found.zone, fold=0)
    soonest = found.openings[0].start - notice if found.openings else inf
    return min(midnight, soonest, found.busy.lapse)


def _for_party(free: FreeTimes, seats: int, therapist: Therapist | None) -> FreeTimes:
    """Only the starts at which a party of this size finds its therapists and a room."""
    if seats == 1:
        return free
    wide = Room.objects.filter(location=free.location, capacity__gte=seats)
    tables = set(wide.values_list("pk", flat=True))
    rooms = [spans for pk, spans in free.busy.rooms.items() if pk in tables]
    wanted = therapist.pk if therapist else None
    free.openings = [
        opening
        for opening in free.openings
        if len(opening.therapist_ids) >= seats
        and wanted in (None, *opening.therapist_ids)
        and any(availability.is_free(free.session, opening.start, spans) for spans in rooms)
    ]
    return free


def _busy(
    rules: Timetable,
    window: Window,
    now: datetime,
    therapist_ids: list[UUID],
    room_ids: list[UUID],
    own: _Own,
) -> Busy:
    begin = availability.to_instant(window.first, time(), rules.zone, fold=0)
    end = availability.to_instant(window.last + DAY, time(), rules.zone, fold=0)
    diaries = {pk: rules.diary(pk, begin, end) for pk in therapist_ids}
    rooms: dict[UUID, list[Span]] = {pk: [] for pk in room_ids}
    busy = Busy(diaries, rooms)
    # Keys are faster to read as text, and there are thousands.
    of_therapist = {str(pk): diary for pk, diary in diaries.items()}
    of_room = {str(pk): spans for pk, spans in rooms.items()}
    taken = _taken(begin, end, now, own, starts=rules.policy.daily_cap is not None)
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
TAKEN = f"""
SELECT therapist_id::text, room_id::text,
       array_agg(floor(date_part('epoch', starts_at))::bigint) FILTER (WHERE %(starts)s),
       array_agg(floor(date_part('epoch', lower(blocked)))::bigint),
       array_agg(ceil(date_part('epoch', upper(blocked)))::bigint),
       min(date_part('epoch', held_until)) FILTER (WHERE {HELD_SQL})
FROM booking_appointment
WHERE starts_at > %(first)s AND starts_at < %(last)s
  AND {BUSY_SQL}
"""  # noqa: S608 - the fragments are constants


Taken: TypeAlias = tuple[str, str, list[int] | None, list[int], list[int], float | None]


def _taken(begin: int, end: int, now: datetime, own: _Own, *, starts: bool) -> list[Taken]:
    """Who, where, and of what takes time there and then: starts, blocked spans, the first lapse."""
    query = TAKEN
    values: dict[str, Any] = {
        "starts": starts,
        "first": moment(begin) - LONGEST,
        "last": moment(end) + LONGEST,
        "now": now,
    }
    if own.hold is not None:
        query += f"AND NOT ({HELD_SQL} AND hold_token = %(own)s) "
        values["own"] = own.hold
    if own.moving:
        query += "AND NOT (id = ANY(%(moving)s)) "
        values["moving"] = [one.pk for one in own.moving]
    with connection.cursor() as cursor:
        cursor.execute(query + "GROUP BY therapist_id, room_id", values)
        rows: list[Taken] = cursor.fetchall()
    return rows


def who_is_free(*, option: ServiceOption, start: datetime, **asked: Unpack[Asked]) -> list[UUID]:
    """Who could give this session then, best choice first: see `FreeTimes.choices`."""
    location = asked["location"] = asked.get("location") or clinic_selectors.location()
    day = start.astimezone(location.zone).date()
    free = free_times(option=option, start=day, end=day, **asked)
    wanted = None if start.microsecond else seconds(start)
    found = next((opening for opening in free.openings if opening.start == wanted), None)
    return free.choices(found) if found else []


def still_offered(
    *,
    option: ServiceOption,
    start: datetime,
    therapist_id: UUID,
    rules: Timetable,
    own_hold: UUID | None = None,
    moving: Moving = None,
) -> bool:
    """Whether the rules, read with a therapist's row locked, still let them give a session then.

    Every write of hours or time off locks the therapist's row first, so nothing changes between
    this answer and the booking. Overlaps are left to the constraints.
    """
    if therapist_id not in rules.able(option.service) or not rules.suitable(option.service):
        return False
    day = start.astimezone(rules.zone).date()
    window, cap = Window(day, day, 0), rules.policy.daily_cap
    if cap is not None:
        own = _Own(own_hold, moving or ())
        busy = _busy(rules, window, timezone.now(), [therapist_id], [], own)
        if availability.is_full(busy.diaries[therapist_id], day, cap):
            return False
    begin = seconds(start)
    diary = rules.diary(therapist_id, begin, begin + option.minutes * MINUTE)
    return availability.is_at_work(rules.session(option), begin, diary)


def alternatives(
    *, option: ServiceOption, near: datetime, count: int = 4, **asked: Unpack[Asked]
) -> list[Opening]:
    """Free starts close to a time that was not available."""
    day = near.astimezone(clinic_selectors.location().zone).date()
    free = free_times(option=option, start=day - 3 * DAY, end=day + 7 * DAY, **asked)
    return availability.nearest(free.openings, seconds(near), count)
