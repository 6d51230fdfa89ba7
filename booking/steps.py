"""The steps that every way of booking takes: one visit, a couple's two, a whole series."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils import timezone

from booking import notices, placing, timetable
from booking.errors import AlreadyBooked, HoldLapsed, SlotTaken
from booking.models import LONGEST, Appointment, AppointmentStatus
from clinic import audit, people
from clinic import selectors as ground

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from django.contrib.auth.models import AnonymousUser

    from booking.models import BookingPolicy
    from clinic.models import Client, ServiceOption, User
    from prescriptions.models import VisitReservation

    Actor = User | AnonymousUser | None

Status = AppointmentStatus
ELSEWHERE = """
SELECT FROM booking_appointment
WHERE client_id = %(client)s AND starts_at > %(first)s
  AND starts_at < %(end)s AND ends_at > %(start)s
  AND NOT (status IN ('cancelled', 'noshow'))
  AND (status <> 'held' OR held_until > %(now)s) AND id <> %(wanted)s
LIMIT 1
"""


def new(option: ServiceOption, start: datetime, policy: BookingPolicy | None = None) -> Appointment:
    """A visit at the price and on the terms of today; the policy is read unless given."""
    location = ground.location()
    policy = policy or timetable.current(location).policy
    return Appointment(
        option=option,
        location=location,
        starts_at=start,
        price_cents=option.price_cents,
        cancel_cutoff=policy.cancel_cutoff,
        late_cancel_percent=policy.late_cancel_percent,
        no_show_percent=policy.no_show_percent,
    )


def try_each(choices: list[UUID], take: Callable[[UUID], Appointment]) -> Appointment:
    """The first therapist whose time can be had; each try is a transaction of its own."""
    for therapist_id in choices:
        try:
            return take(therapist_id)
        except SlotTaken:
            continue
    raise SlotTaken


def confirm(
    held: Appointment,
    *,
    client: Client,
    reservation: VisitReservation | None,
    booked_by: User | None,
) -> None:
    """Make an appointment of a hold. Its place is locked already.

    Raises:
        HoldLapsed: a second click won, or the hold was given up or cleared away.
    """
    now = timezone.now()
    changes = {
        "status": Status.BOOKED,
        "client": client,
        "reservation": reservation,
        "booked_by": booked_by,
        "booked_at": now,
        "held_until": None,
        "updated_at": now,
    }
    if not Appointment.objects.filter(pk=held.pk, status=Status.HELD).update(**changes):
        raise HoldLapsed
    for name, value in changes.items():
        setattr(held, name, value)


def booked(
    actor: Actor, appointment: Appointment, *, tell: bool = True, outside: Sequence[str] = ()
) -> Appointment:
    """What follows every booking: the first visit's extra time, the message, the record.

    The appointment is as it has just been written. `outside` are the rules that staff booked it
    against.
    """
    extra = appointment.option.first_visit_extra
    if extra and _is_first(appointment):
        placing.extend(appointment, extra)
    if tell:
        notices.confirmed(appointment)
    how: dict[str, Any] = {"outside": ", ".join(outside)} if outside else {}
    audit.record(actor, "appointment.booked", appointment, **how)
    return appointment


def note_override(appointment: Appointment, reason: str) -> None:
    """Keep why it is where it is; at an offered time there is nothing to explain."""
    if appointment.override_reason != reason:
        appointment.override_reason = reason[:200]
        appointment.save(update_fields=["override_reason"])


def expect_free(client: Client, wanted: Appointment, start: datetime) -> None:
    """A person is in one place at a time; the row lock makes two tabs queue."""
    people.lock(client)
    end = start + timedelta(minutes=wanted.option.minutes)
    values: dict[str, Any] = {
        "client": client.pk,
        "first": start.astimezone(UTC) - LONGEST,
        "start": start,
        "end": end,
        "now": timezone.now(),
        "wanted": wanted.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(ELSEWHERE, values)
        if cursor.rowcount:
            raise AlreadyBooked


def _is_first(appointment: Appointment) -> bool:
    if not appointment.option.service.needs_intake:
        return False
    other = Appointment.objects.filter(client=appointment.client).exclude(pk=appointment.pk)
    return not other.exclude(status__in=[Status.CANCELLED, Status.NO_SHOW]).exists()
