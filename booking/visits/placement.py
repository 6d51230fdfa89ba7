"""Puts an appointment into the diary, so that no one else gets the time. The locks live here.

The exclusion constraints guarantee that nothing overlaps; the row locks are the queue before
them, because two exclusion-checked writes can deadlock each other. A therapist is locked as a row
(changes to their hours queue there too), a room for one date: otherwise all would queue for the
room that fills first. Order: therapist, then date by date the rooms in the order the clinic lists
them, then the client, then the appointment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, timedelta
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import uuid4

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from psycopg2.extras import DateTimeTZRange

from booking.errors import AlreadyBooked, NoRoomForTwo, NotBookable, SlotTaken
from booking.models import (
    HELD_SQL,
    LAPSED_SQL,
    LONGEST,
    TAKES_TIME_SQL,
    Appointment,
    AppointmentStatus,
)
from booking.times import search, timetable
from booking.visits import rule_breaks
from booking.visits.parties import by_client
from clinic.errors import InvalidTransition
from clinic.models import Room, Therapist
from clinic.people import services as people

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from django.db.models import Model, QuerySet

    from booking.times.search import Asked
    from booking.times.timetable import Timetable
    from booking.visits.parties import Party
    from booking.visits.rule_breaks import AskedTime
    from clinic.models import Client, ServiceOption

# The therapists of a party's visits, and the codes of the rules that their time breaks.
Choice: TypeAlias = "tuple[Sequence[UUID], list[str]]"
THERAPIST_CLASH = "appointment_therapist_not_double_booked"
ROOM_CLASH = "appointment_room_not_double_booked"


def choices(
    asked: AskedTime,
    seats: int,
    reason: str,
    breaks: Collection[str] | None,
    *,
    by_desk: bool = True,
) -> Iterable[Choice]:
    """Who could give the session, best choice first. For one visit, staff may break rules."""
    if by_desk and seats == 1:
        found = rule_breaks.choices(asked, reason=reason, breaks=breaks)
        return [([pk], codes) for pk, codes in found.items()]
    more: Asked = {"therapist": asked.therapist, "seats": seats, "by_desk": by_desk}
    more["moving"] = asked.moving
    free = search.who_is_free(option=asked.option, start=asked.start, **more)
    if seats > 1:  # clients keep their therapists where possible
        own = {one.therapist_id for one in asked.moving}
        free.sort(key=lambda pk: pk not in own)
    return together(free, seats, asked.therapist)


def together(free: Iterable[UUID], seats: int, therapist: Therapist | None) -> Iterable[Choice]:
    """As many therapists as there are seats, the one asked for among them."""
    for who in combinations(free, seats):
        if therapist is None or therapist.pk in who:
            yield who, []


def first_of(
    choices: Iterable[Choice], take: Callable[[Sequence[UUID], list[str]], Party]
) -> Party:
    """The first therapists who are available; each try is its own transaction."""
    for who, broken in choices:
        try:
            return take(who, broken)
        except NoRoomForTwo:
            break
        except SlotTaken:
            continue
    raise SlotTaken


def lock_therapist(pk: UUID) -> None:
    """Lock one therapist's diary."""
    lock_row(Therapist, pk)


def lock_row(model: type[Model], pk: UUID) -> None:
    """Lock a row without reading it.

    Raises:
        ObjectDoesNotExist: it is gone.
    """
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT FROM {table} WHERE id = %s FOR NO KEY UPDATE", [pk])
        if not cursor.rowcount:
            raise ObjectDoesNotExist


def lock(party: Sequence[Appointment]) -> None:
    """Lock the places that visits have, before any of their rows is written."""
    for therapist_id in sorted({one.therapist_id for one in party}):
        lock_therapist(therapist_id)
    rooms = sorted({one.room_id for one in party})
    lock_rooms(rooms, [one.local_date for one in party])


def lock_rooms(room_ids: Sequence[UUID], days: Iterable[date]) -> None:
    """Lock these rooms on their dates, in the order the clinic lists them."""
    keys = [f"room {pk} {day}" for day in sorted(set(days)) for pk in room_ids]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(%s) AS key", [keys]
        )


def place(
    party: Sequence[Appointment],
    *,
    therapist_ids: Sequence[UUID],
    start: datetime,
    instead_of: UUID | None = None,
    room: Room | None = None,
    check: Callable[[], None] | None = None,
    outside: bool = False,
) -> None:
    """Save the visits of a party, new or moved, in the first free room with a table for each.

    All of them, or none. A client whose therapist is among these keeps them. `instead_of` is the
    token of a hold to give up, if and only if this succeeds. A `room` chosen by staff is the only
    one tried. `check` may lock the clients and refuse: therapists and room are locked by then, and
    nothing is written yet. `outside`: staff know that the rules do not offer this time.

    Raises: SlotTaken (NoRoomForTwo: it is a room for two that is missing); InvalidTransition:
        someone else moved or ended a visit in the meantime.
    """
    for pk in sorted(therapist_ids):
        lock_therapist(pk)
    is_new = party[0]._state.adding
    extras = _set_times(party, therapist_ids, start)
    rules = timetable.current(party[0].location)
    if not outside:
        expect_offered(party, rules, instead_of)
    if not is_new and len(party) == 1:  # a client moved alone comes alone
        party[0].party, party[0].seat = uuid4(), 0
    around = _around(party, instead_of)
    take = partial(_take, party, check, around, instead_of, is_new)
    for free in _rooms(party, rules, around, room):
        for one in party:
            one.room_id = free
        clash = attempt(take)
        if clash is None:
            return _settle(party, extras, is_new=is_new)
        if clash == THERAPIST_CLASH:
            raise SlotTaken
    raise SlotTaken if len(party) == 1 else NoRoomForTwo


def _take(
    party: Sequence[Appointment],
    check: Callable[[], None] | None,
    around: _Around,
    instead_of: UUID | None,
    is_new: bool,  # noqa: FBT001 - given by `partial`
) -> None:
    if check is not None:
        check()
    if around.is_in_the_way:
        _clear(party, instead_of)
    for one in party:
        _write(one, is_new=is_new)


OTHER_VISITS = f"""
SELECT count(*), count(*) FILTER (
    WHERE starts_at < %(end)s AND ends_at > %(start)s AND NOT {LAPSED_SQL}
)
FROM booking_appointment
WHERE client_id = %(client)s AND {TAKES_TIME_SQL} AND id <> %(wanted)s
"""  # noqa: S608 - the fragments are constants


def expect_offered(
    placed: Sequence[Appointment], rules: Timetable, own_hold: UUID | None = None
) -> None:
    """Refuse what hours, time off and rules do not allow. Read them with the therapists locked.

    Raises:
        SlotTaken: someone changed the diary while the time was being chosen.
    """
    for one in placed:
        if not search.still_offered(
            option=one.option,
            start=one.starts_at,
            therapist_id=one.therapist_id,
            rules=rules,
            own_hold=own_hold,
            moving=placed,
        ):
            raise SlotTaken


def expect_in_time(held: Sequence[Appointment], rules: Timetable) -> None:
    """A hold satisfies the notice until it lapses, but never for a time that has begun.

    Raises:
        SlotTaken: it is too late to book the time that was held.
    """
    now = timezone.now()
    for one in held:
        lapsed = one.held_until is not None and one.held_until <= now
        notice = rules.policy.min_notice if lapsed else 0
        if one.starts_at <= now or one.starts_at - now < timedelta(minutes=notice):
            raise SlotTaken


def expect_free(client: Client, wanted: Appointment) -> bool:
    """A person can only be in one place at a time; the row lock makes two tabs wait.

    Returns whether they have no other visit at all.

    Raises:
        AlreadyBooked: the client has another visit then.
    """
    people.lock(client)
    start = wanted.starts_at.astimezone(UTC)
    values: dict[str, Any] = {
        "client": client.pk,
        "start": start,
        "end": start + timedelta(minutes=wanted.option.minutes),
        "now": timezone.now(),
        "wanted": wanted.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(OTHER_VISITS, values)
        others, then = cursor.fetchone()
    if then:
        raise AlreadyBooked
    return not others


def expect_all_free(party: Sequence[Appointment]) -> None:
    for one in by_client(party):
        if one.client is not None:
            expect_free(one.client, one)


def blocked_as(appointment: Appointment, option: ServiceOption) -> DateTimeTZRange:
    """What a placed visit would block as another option of the same length, keeping extra time.

    Raises:
        NotBookable: its therapist, or its room, does not fit that option.
    """
    rules = timetable.current(appointment.location)
    trained = appointment.therapist_id in rules.able(option.service)
    if not trained or appointment.room_id not in rules.suitable(option.service):
        raise NotBookable
    before, after = (timedelta(minutes=m) for m in (option.buffer_before, option.buffer_after))
    usual = appointment.ends_at + timedelta(minutes=appointment.option.buffer_after)
    extra = max((appointment.blocked.upper or usual) - usual, timedelta())
    return DateTimeTZRange(appointment.starts_at - before, appointment.ends_at + after + extra)


def extend(appointment: Appointment, minutes: int) -> None:
    """Block more time after a visit where it is free; its place is already locked."""
    longer, row = extended(appointment, minutes), Appointment.objects.filter(pk=appointment.pk)
    if minutes and attempt(lambda: row.update(blocked=longer)) is None:
        appointment.blocked = longer


def extended(appointment: Appointment, minutes: int) -> DateTimeTZRange:
    """What a visit blocks with more time after it."""
    after = timedelta(minutes=appointment.option.buffer_after + minutes)
    return DateTimeTZRange(appointment.blocked.lower, appointment.ends_at + after)


def _set_times(
    party: Sequence[Appointment], therapist_ids: Sequence[UUID], start: datetime
) -> list[int]:
    """Set who, when and what is blocked; returns the minutes each blocked beyond the usual."""
    own = [one.therapist_id for one in party]
    others = iter([pk for pk in therapist_ids if pk not in own])
    return [
        _set_time(one, pk if pk in therapist_ids else next(others), start)
        for one, pk in zip(party, own, strict=True)
    ]


def _set_time(appointment: Appointment, therapist_id: UUID, start: datetime) -> int:
    """Set who, when and what is blocked; returns the minutes blocked beyond the usual."""
    option = appointment.option
    extra = 0
    if not appointment._state.adding and appointment.blocked.upper is not None:
        after = appointment.blocked.upper - appointment.ends_at
        extra = int(after.total_seconds()) // 60 - option.buffer_after
    start = start.astimezone(UTC)  # what follows counts elapsed minutes
    appointment.therapist_id = therapist_id
    appointment.starts_at = start
    appointment.ends_at = start + timedelta(minutes=option.minutes)
    appointment.blocked = DateTimeTZRange(
        start - timedelta(minutes=option.buffer_before),
        appointment.ends_at + timedelta(minutes=option.buffer_after),
    )
    return max(0, extra)


def _write(appointment: Appointment, *, is_new: bool) -> None:
    if is_new:
        appointment.save(force_insert=True)
    else:
        _move(appointment)


def _settle(party: Sequence[Appointment], extras: Sequence[int], *, is_new: bool) -> None:
    """After a move: its new SEQUENCE, and a first visit's extra time where it is free."""
    for one, extra in zip(party, extras, strict=True):
        if not is_new:
            one.sequence += 1
            extend(one, extra)


def _move(appointment: Appointment) -> None:
    """Replace the time we read with the new one, and raise its calendar SEQUENCE."""
    changed = Appointment.objects.filter(
        pk=appointment.pk,
        status=appointment.status,
        sequence=appointment.sequence,
        reservation=appointment.reservation_id,  # tied in the meantime, it would cover the old date
    ).update(
        therapist=appointment.therapist,
        room=appointment.room,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        blocked=appointment.blocked,
        party=appointment.party,
        seat=appointment.seat,
        sequence=F("sequence") + 1,
        updated_at=timezone.now(),
    )
    if not changed:
        raise InvalidTransition


@dataclass(slots=True)
class _Around:
    """What blocks part of the wanted time."""

    therapists: set[UUID] = field(default_factory=set)
    rooms: set[UUID] = field(default_factory=set)
    is_in_the_way: bool = False  # a hold that lapsed, or is given up for this


# Bounded by the start, so the index is used however long the history.
AROUND = f"""
SELECT therapist_id, room_id, {LAPSED_SQL}
FROM booking_appointment
WHERE starts_at > %(first)s AND starts_at < %(last)s AND blocked && %(blocked)s
  AND {TAKES_TIME_SQL}
  AND (therapist_id = ANY(%(therapists)s) OR location_id = %(location)s)
  AND NOT (id = ANY(%(moving)s))
  AND NOT ({HELD_SQL} AND hold_token IS NOT DISTINCT FROM %(given_up)s)
"""  # noqa: S608 - the fragments are constants


def _around(wanted: Sequence[Appointment], instead_of: UUID | None) -> _Around:
    """Everything but the visit being moved, and the hold given up for it."""
    one = wanted[0]
    values: dict[str, Any] = {
        "now": timezone.now(),
        "first": one.starts_at - LONGEST,
        "last": one.ends_at + LONGEST,
        "blocked": one.blocked,
        "therapists": [who.therapist_id for who in wanted],
        "location": one.location_id,
        "moving": [moved.pk for moved in wanted],
        "given_up": instead_of,
    }
    found = _Around(is_in_the_way=instead_of is not None)
    with connection.cursor() as cursor:
        cursor.execute(AROUND, values)
        for therapist_id, room_id, has_lapsed in cursor.fetchall():
            if has_lapsed:
                found.is_in_the_way = True
            else:
                found.therapists.add(therapist_id)
                found.rooms.add(room_id)
    return found


def _rooms(
    party: Sequence[Appointment], rules: Timetable, around: _Around, chosen: Room | None
) -> Iterator[UUID]:
    """Rooms free then, in the order the clinic fills them, each locked before it is tried.

    Raises:
        SlotTaken: a therapist is busy, so no room would help.
    """
    if around.therapists & {one.therapist_id for one in party}:
        raise SlotTaken
    suitable = rules.suitable(party[0].option.service)
    if len(party) > 1:
        large = Room.objects.filter(location=party[0].location_id, capacity__gte=len(party))
        tables = set(large.values_list("pk", flat=True))
        suitable = [pk for pk in suitable if pk in tables]
    for pk in [chosen.pk] if chosen else suitable:
        if pk not in around.rooms:
            lock_rooms([pk], [party[0].local_date])
            yield pk


def _clear(party: Sequence[Appointment], instead_of: UUID | None) -> None:
    """A lapsed hold keeps its row until someone wants the time; one given up is deleted too."""
    in_the_way, now = Q(), timezone.now()
    for one in party:
        there = Q(therapist=one.therapist_id) | Q(room=one.room_id)
        in_the_way |= Q(there, held_until__lte=now, blocked__overlap=one.blocked)
    if instead_of is not None:
        in_the_way |= Q(hold_token=instead_of)
    discard(Appointment.objects.filter(in_the_way).exclude(pk__in=[one.pk for one in party]))


@transaction.atomic
def discard(holds: QuerySet[Appointment]) -> int:
    """Delete held times, each only if it is still held once its row is ours; returns how many.

    `QuerySet.delete` deletes by key what it read before: a hold someone is booking at this
    moment would be deleted as a visit.
    """
    held = holds.filter(status=AppointmentStatus.HELD).order_by("pk")
    found = list(held.select_for_update(of=("self",)).values_list("pk", flat=True))
    if found:
        Appointment.objects.filter(pk__in=found).delete()
    return len(found)


def attempt(write: Callable[[], object]) -> str | None:
    """Write in a savepoint; returns the exclusion constraint that refused it, if one did."""
    try:
        with transaction.atomic():
            write()
    except IntegrityError as error:
        clash = violated(error)
        if clash in {THERAPIST_CLASH, ROOM_CLASH}:
            return clash
        raise
    return None


def violated(error: IntegrityError) -> str:
    """The constraint that PostgreSQL named."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None) or ""
