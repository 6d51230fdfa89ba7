"""Putting an appointment into the diary, so that nobody else has the time. The locks live here.

The exclusion constraints are the proof that nothing overlaps; the row locks are the queue before
them, because two exclusion-checked writes can deadlock each other. Order: therapist, then rooms in
the order the clinic lists them, then the client, then the appointment.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from psycopg2.extras import DateTimeTZRange

from booking.errors import SlotTaken
from booking.models import Appointment, AppointmentStatus
from clinic.errors import InvalidTransition
from clinic.models import Room, Therapist

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from uuid import UUID

THERAPIST_CLASH = "appointment_therapist_not_double_booked"
ROOM_CLASH = "appointment_room_not_double_booked"


def lock_therapist(pk: UUID) -> Therapist:
    """Queue for one therapist's diary."""
    return Therapist.objects.select_for_update(no_key=True).get(pk=pk)


def lock(appointment: Appointment) -> None:
    """Queue for the place an appointment has, before any of its rows is written."""
    lock_therapist(appointment.therapist_id)
    _lock_room(appointment.room_id)


def _lock_room(pk: UUID) -> Room:
    return Room.objects.select_for_update(no_key=True).get(pk=pk)


def place(
    appointment: Appointment,
    *,
    therapist_id: UUID,
    start: datetime,
    instead_of: UUID | None = None,
    room: Room | None = None,
    check: Callable[[], None] | None = None,
) -> Appointment:
    """Save an appointment, new or moved, at a time, in the first room that is free.

    `instead_of` is the token of a hold that is given up, if and only if this succeeds. A `room`
    that staff chose is the only one tried. `check` may lock the client and refuse: therapist and
    room are locked by then, and nothing is written yet.

    Raises:
        SlotTaken: the therapist, or every room, is taken.
        InvalidTransition: somebody else moved or ended the appointment meanwhile.
    """
    start = start.astimezone(UTC)  # what follows counts elapsed minutes
    option = appointment.option
    appointment.therapist = lock_therapist(therapist_id)
    appointment.starts_at = start
    appointment.ends_at = start + timedelta(minutes=option.minutes)
    appointment.blocked = DateTimeTZRange(
        start - timedelta(minutes=option.buffer_before),
        appointment.ends_at + timedelta(minutes=option.buffer_after),
    )
    write = appointment.save if appointment._state.adding else partial(_move, appointment)

    def take() -> None:
        if check is not None:
            check()
        _clear(appointment, instead_of)
        write()

    for free in _rooms(appointment, instead_of, room):
        appointment.room = free
        clash = attempt(take)
        if clash is None:
            return appointment
        if clash == THERAPIST_CLASH:
            break
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
        sequence=F("sequence") + 1,
        updated_at=timezone.now(),
    )
    if not changed:
        raise InvalidTransition
    appointment.sequence += 1


def _rooms(
    appointment: Appointment, instead_of: UUID | None, chosen: Room | None
) -> Iterator[Room]:
    """Rooms that nobody has then, each locked before it is tried."""
    busy = (
        Appointment.objects.taking_time(timezone.now())
        .filter(blocked__overlap=appointment.blocked)
        .exclude(pk=appointment.pk)
    )
    taken = busy.filter(Q(therapist=appointment.therapist_id) | Q(location=appointment.location_id))
    if instead_of is not None:
        taken = taken.exclude(hold_token=instead_of, hold_token__isnull=False, status="held")
    rows = list(taken.values_list("therapist_id", "room_id"))
    if any(therapist_id == appointment.therapist_id for therapist_id, _room in rows):
        return
    full = {room_id for _therapist, room_id in rows}
    rooms = Room.objects.filter(location=appointment.location_id, is_active=True)
    if chosen is not None:
        rooms = rooms.filter(pk=chosen.pk)
    for pk in rooms.exclude(pk__in=full).values_list("pk", flat=True):
        yield _lock_room(pk)


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
