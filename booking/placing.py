"""Putting an appointment into the diary, so that nobody else has the time. The locks live here.

The exclusion constraints are the proof that nothing overlaps; the row locks are the queue before
them, because two exclusion-checked writes can deadlock each other. A therapist is locked as a row
(who changes their hours queues there too), a room for one date: else everybody would queue for the
room that fills first. Order: therapist, then date by date the rooms in the order the clinic lists
them, then the client, then the appointment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from psycopg2.extras import DateTimeTZRange

from booking import selectors, timetable
from booking.errors import NoRoomForTwo, NotBookable, SlotTaken
from booking.models import LONGEST, SEATS, Appointment, AppointmentStatus
from clinic.errors import InvalidTransition
from clinic.models import Room, Therapist

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from django.db.models import Model, QuerySet

    from clinic.models import ServiceOption

THERAPIST_CLASH = "appointment_therapist_not_double_booked"
ROOM_CLASH = "appointment_room_not_double_booked"


def lock_therapist(pk: UUID) -> None:
    """Queue for one therapist's diary."""
    lock_row(Therapist, pk)


def lock_row(model: type[Model], pk: UUID) -> None:
    """Queue for a row of which nothing but the lock is wanted.

    Raises:
        ObjectDoesNotExist: it is gone.
    """
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT FROM {table} WHERE id = %s FOR NO KEY UPDATE", [pk])
        if not cursor.rowcount:
            raise ObjectDoesNotExist


def lock(appointment: Appointment) -> None:
    """Queue for the place an appointment has, before any of its rows is written."""
    lock_therapist(appointment.therapist_id)
    lock_rooms([appointment.room_id], [appointment.local_date])


def lock_rooms(room_ids: Sequence[UUID], days: Iterable[date]) -> None:
    """Queue for these rooms, as the clinic lists them, on these dates of theirs."""
    keys = [f"room {pk} {day}" for day in sorted(set(days)) for pk in room_ids]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(%s) AS key", [keys]
        )


def lock_together(pair: Sequence[Appointment]) -> None:
    """Queue for the places of a couple, which share a room."""
    for therapist_id in sorted(appointment.therapist_id for appointment in pair):
        lock_therapist(therapist_id)
    rooms = sorted({appointment.room_id for appointment in pair})
    lock_rooms(rooms, [appointment.local_date for appointment in pair])


def place(
    appointment: Appointment,
    *,
    therapist_id: UUID,
    start: datetime,
    instead_of: UUID | None = None,
    room: Room | None = None,
    check: Callable[[], None] | None = None,
    outside: bool = False,
) -> Appointment:
    """Save an appointment, new or moved, at a time, in the first room that is free.

    `instead_of` is the token of a hold that is given up, if and only if this succeeds. A `room`
    that staff chose is the only one tried. `check` may lock the client and refuse: therapist and
    room are locked by then, and nothing is written yet. `outside`: staff know that the rules do
    not offer this time.

    Raises:
        SlotTaken: the therapist, or every room, is taken, or the rules have just changed.
        InvalidTransition: somebody else moved or ended the appointment meanwhile.
    """
    lock_therapist(therapist_id)
    extra = _set_time(appointment, therapist_id, start)
    if not outside:
        expect_offered([appointment], instead_of)
    is_new = appointment._state.adding
    if not is_new:  # who is moved alone comes alone
        appointment.party, appointment.seat = uuid4(), 0
    around = _around([appointment], instead_of)

    def take() -> None:
        if check is not None:
            check()
        if around.is_in_the_way:
            _clear(appointment, instead_of)
        _write(appointment, is_new=is_new)

    for free in _rooms(appointment, around, room):
        appointment.room_id = free
        clash = attempt(take)
        if clash is None:
            _settle(appointment, extra, is_new=is_new)
            return appointment
        if clash == THERAPIST_CLASH:
            break
    raise SlotTaken


def place_together(
    pair: Sequence[Appointment],
    *,
    therapist_ids: Sequence[UUID],
    start: datetime,
    instead_of: UUID | None = None,
    check: Callable[[], None] | None = None,
    outside: bool = False,
) -> None:
    """Save a couple's two appointments, new or moved, in one room for two: both, or neither.

    Whoever keeps a therapist must be given that one, so that no two of them swap. `check`
    and `outside` are as for one visit.

    Raises:
        NoRoomForTwo: every such room is taken.
        SlotTaken: one of the therapists is taken.
        InvalidTransition: somebody else moved or ended one of them meanwhile.
    """
    for pk in sorted(therapist_ids):
        lock_therapist(pk)
    extras = [
        _set_time(appointment, pk, start)
        for appointment, pk in zip(pair, therapist_ids, strict=True)
    ]
    if not outside:
        expect_offered(pair, instead_of)
    is_new = pair[0]._state.adding
    around = _around(pair, instead_of)

    def take() -> None:
        if check is not None:
            check()
        if around.is_in_the_way:
            for appointment in pair:
                _clear(appointment, instead_of)
        for appointment in pair:
            _write(appointment, is_new=is_new)

    for room in _rooms_for_two(pair, around):
        for appointment in pair:
            appointment.room_id = room
        clash = attempt(take)
        if clash is None:
            for appointment, extra in zip(pair, extras, strict=True):
                _settle(appointment, extra, is_new=is_new)
            return
        if clash == THERAPIST_CLASH:
            raise SlotTaken
    raise NoRoomForTwo


def expect_offered(placed: Sequence[Appointment], own_hold: UUID | None = None) -> None:
    """Refuse what the hours, time off and rules as they now stand do not allow. Lock first.

    Raises:
        SlotTaken: somebody changed the diary while the time was being chosen.
    """
    for one in placed:
        if not selectors.still_offered(
            option=one.option,
            start=one.starts_at,
            therapist_id=one.therapist_id,
            location=one.location,
            own_hold=own_hold,
            moving=placed,
        ):
            raise SlotTaken


def expect_in_time(held: Sequence[Appointment]) -> None:
    """A hold vouches for the notice until it lapses, and never for a time that has begun.

    Raises:
        SlotTaken: it is too late to book the time that was held.
    """
    now = timezone.now()
    for one in held:
        lapsed = one.held_until is not None and one.held_until <= now
        notice = timetable.current(one.location).policy.min_notice if lapsed else 0
        if one.starts_at <= now or one.starts_at - now < timedelta(minutes=notice):
            raise SlotTaken


def blocked_as(appointment: Appointment, option: ServiceOption) -> DateTimeTZRange:
    """What a placed visit would block as another option of its length, extra time kept.

    Raises:
        NotBookable: its therapist, or its room, is not for that.
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
    """Block more time after a visit where the diary has it free; its place is locked already."""
    plain = appointment.blocked
    after = appointment.option.buffer_after + minutes
    end = appointment.ends_at + timedelta(minutes=after)
    appointment.blocked = DateTimeTZRange(plain.lower, end)
    longer = Appointment.objects.filter(pk=appointment.pk)
    if attempt(lambda: longer.update(blocked=appointment.blocked)) is not None:
        appointment.blocked = plain


def _set_time(appointment: Appointment, therapist_id: UUID, start: datetime) -> int:
    """Set who, when and what is blocked; the minutes that were blocked beyond the usual."""
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


def _settle(appointment: Appointment, extra: int, *, is_new: bool) -> None:
    """After a move: its new SEQUENCE, and the extra time of a first visit where there is some."""
    if is_new:
        return
    appointment.sequence += 1
    if extra:
        extend(appointment, extra)


def _move(appointment: Appointment) -> None:
    """Write the new time over the one we read, and raise the SEQUENCE of its calendar entry."""
    changed = Appointment.objects.filter(
        pk=appointment.pk,
        status=appointment.status,
        sequence=appointment.sequence,
        reservation=appointment.reservation_id,  # tied meanwhile, it would cover the old date
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
    """What blocks some of the time that is wanted."""

    therapists: set[UUID] = field(default_factory=set)
    rooms: set[UUID] = field(default_factory=set)
    is_in_the_way: bool = False  # a hold that lapsed, or is given up for this


# Bounded by the start, so that an index serves it however long the past.
AROUND = """
SELECT therapist_id, room_id, status = 'held' AND held_until <= %(now)s
FROM booking_appointment
WHERE starts_at > %(first)s AND starts_at < %(last)s AND blocked && %(blocked)s
  AND NOT (status IN ('cancelled', 'noshow'))
  AND (therapist_id = ANY(%(therapists)s) OR location_id = %(location)s)
  AND NOT (id = ANY(%(moving)s))
  AND (status <> 'held' OR hold_token IS DISTINCT FROM %(given_up)s)
"""


def _around(wanted: Sequence[Appointment], instead_of: UUID | None) -> _Around:
    """All but what moves itself, and the hold that is given up for it."""
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


def _rooms(appointment: Appointment, around: _Around, chosen: Room | None) -> Iterator[UUID]:
    """Rooms that nobody has then, as the clinic fills them, each locked before it is tried."""
    if appointment.therapist_id in around.therapists:
        return
    rules = timetable.current(appointment.location)
    for pk in [chosen.pk] if chosen else rules.suitable(appointment.option.service):
        if pk not in around.rooms:
            lock_rooms([pk], [appointment.local_date])
            yield pk


def _rooms_for_two(pair: Sequence[Appointment], around: _Around) -> Iterator[UUID]:
    """Rooms with two tables that nobody has then, each locked before it is tried.

    Raises:
        SlotTaken: one of the therapists is taken, so that no room would help.
    """
    if around.therapists & {one.therapist_id for one in pair}:
        raise SlotTaken
    large = Room.objects.filter(location=pair[0].location_id, capacity__gte=SEATS)
    doubles = set(large.values_list("pk", flat=True))
    rules = timetable.current(pair[0].location)
    for pk in rules.suitable(pair[0].option.service):
        if pk in doubles and pk not in around.rooms:
            lock_rooms([pk], [pair[0].local_date])
            yield pk


def _clear(appointment: Appointment, instead_of: UUID | None) -> None:
    """A lapsed hold keeps its row until somebody wants the time; one given up goes as well."""
    in_the_way = Q(
        Q(therapist=appointment.therapist_id) | Q(room=appointment.room_id),
        held_until__lte=timezone.now(),
        blocked__overlap=appointment.blocked,
    )
    if instead_of is not None:
        in_the_way |= Q(hold_token=instead_of)
    discard(Appointment.objects.filter(in_the_way).exclude(pk=appointment.pk))


@transaction.atomic
def discard(holds: QuerySet[Appointment]) -> int:
    """Delete held times, each only if it is still held once its row is ours; returns how many.

    `QuerySet.delete` deletes by key what it read before: a hold that somebody is booking at this
    very moment would be gone as a visit.
    """
    held = holds.filter(status=AppointmentStatus.HELD).order_by("pk")
    found = list(held.select_for_update(of=("self",)).values_list("pk", flat=True))
    if found:
        Appointment.objects.filter(pk__in=found).delete()
    return len(found)


def attempt(write: Callable[[], object]) -> str | None:
    """Write in a savepoint; the name of the exclusion constraint that refused it, if one did."""
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
