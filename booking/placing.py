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
from typing import TYPE_CHECKING
from uuid import uuid4

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from psycopg2.extras import DateTimeTZRange

from booking import selectors
from booking.errors import NoRoomForTwo, SlotTaken
from booking.models import SEATS, TAKES_TIME, Appointment, AppointmentStatus
from clinic.errors import InvalidTransition
from clinic.models import Room, Therapist

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from django.db.models import QuerySet

RoomService = Room.services.through
THERAPIST_CLASH = "appointment_therapist_not_double_booked"
ROOM_CLASH = "appointment_room_not_double_booked"


def lock_therapist(pk: UUID) -> Therapist:
    """Queue for one therapist's diary."""
    return Therapist.objects.select_for_update(no_key=True).get(pk=pk)


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
    extra = _set_time(appointment, lock_therapist(therapist_id), start)
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
        appointment.room = free
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
    locked = {pk: lock_therapist(pk) for pk in sorted(therapist_ids)}
    extras = [
        _set_time(appointment, locked[pk], start)
        for appointment, pk in zip(pair, therapist_ids, strict=True)
    ]
    if not outside:
        expect_offered(pair, instead_of)
    is_new = pair[0]._state.adding
    around = _around(pair, instead_of)

    def take() -> None:
        if check is not None:
            check()
        for appointment in pair:
            if around.is_in_the_way:
                _clear(appointment, instead_of)
            _write(appointment, is_new=is_new)

    for room in _rooms_for_two(pair, around):
        for appointment in pair:
            appointment.room = room
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


def extend(appointment: Appointment, minutes: int) -> None:
    """Block more time after a visit where the diary has it free; its place is locked already."""
    plain = appointment.blocked
    after = appointment.option.buffer_after + minutes
    end = appointment.ends_at + timedelta(minutes=after)
    appointment.blocked = DateTimeTZRange(plain.lower, end)
    longer = Appointment.objects.filter(pk=appointment.pk)
    if attempt(lambda: longer.update(blocked=appointment.blocked)) is not None:
        appointment.blocked = plain


def _set_time(appointment: Appointment, therapist: Therapist, start: datetime) -> int:
    """Set who, when and what is blocked; the minutes that were blocked beyond the usual."""
    option = appointment.option
    extra = 0
    if not appointment._state.adding and appointment.blocked.upper is not None:
        after = appointment.blocked.upper - appointment.ends_at
        extra = int(after.total_seconds()) // 60 - option.buffer_after
    start = start.astimezone(UTC)  # what follows counts elapsed minutes
    appointment.therapist = therapist
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
        pk=appointment.pk, status=appointment.status, sequence=appointment.sequence
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


def _around(wanted: Sequence[Appointment], instead_of: UUID | None) -> _Around:
    """All but what moves itself."""
    one, now = wanted[0], timezone.now()
    there = (
        Appointment.objects.filter(TAKES_TIME, blocked__overlap=one.blocked)
        .touching(one.starts_at, one.ends_at)
        .filter(Q(therapist__in=[who.therapist_id for who in wanted]) | Q(location=one.location_id))
        .exclude(pk__in=[moved.pk for moved in wanted])
        .order_by()
    )
    found = _Around(is_in_the_way=instead_of is not None)
    for therapist_id, room_id, status, until, token in there.values_list(
        "therapist_id", "room_id", "status", "held_until", "hold_token"
    ):
        is_hold = status == AppointmentStatus.HELD
        if is_hold and until is not None and until <= now:
            found.is_in_the_way = True
        elif not is_hold or instead_of is None or token != instead_of:
            found.therapists.add(therapist_id)
            found.rooms.add(room_id)
    return found


def _rooms(appointment: Appointment, around: _Around, chosen: Room | None) -> Iterator[Room]:
    """Rooms that nobody has then, each locked before it is tried."""
    if appointment.therapist_id in around.therapists:
        return
    rooms = Room.objects.filter(pk=chosen.pk) if chosen else _suiting(appointment)
    for room in rooms.exclude(pk__in=around.rooms):
        lock_rooms([room.pk], [appointment.local_date])
        yield room


def _rooms_for_two(pair: Sequence[Appointment], around: _Around) -> Iterator[Room]:
    """Rooms with two tables that nobody has then, each locked before it is tried.

    Raises:
        SlotTaken: one of the therapists is taken, so that no room would help.
    """
    if around.therapists & {one.therapist_id for one in pair}:
        raise SlotTaken
    rooms = _suiting(pair[0]).filter(capacity__gte=SEATS).exclude(pk__in=around.rooms)
    for room in rooms:
        lock_rooms([room.pk], [pair[0].local_date])
        yield room


def _suiting(appointment: Appointment) -> QuerySet[Room]:
    """Rooms of the location that suit the service, in the order the clinic fills them."""
    suits = RoomService.objects.filter(room=OuterRef("pk"))
    this = suits.filter(service=appointment.option.service_id)
    rooms = Room.objects.filter(location=appointment.location_id, is_active=True)
    return rooms.filter(Exists(this) | ~Exists(suits))


def _clear(appointment: Appointment, instead_of: UUID | None) -> None:
    """A lapsed hold keeps its row until somebody wants the time; one given up goes as well."""
    in_the_way = Q(
        Q(therapist=appointment.therapist_id) | Q(room=appointment.room_id),
        held_until__lte=timezone.now(),
        blocked__overlap=appointment.blocked,
    )
    if instead_of is not None:
        in_the_way |= Q(hold_token=instead_of)
    holds = Appointment.objects.filter(in_the_way, status=AppointmentStatus.HELD)
    holds.exclude(pk=appointment.pk).delete()


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
