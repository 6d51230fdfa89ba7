"""The end of a visit in the diary: what it did not use of its time can be sold again.

The treatment app says when a session stopped, also when it is corrected later. Lock order: as in
`services`; anyone who calls this may hold the visit's own row and its prescription, nothing else.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from psycopg2.extras import DateTimeTZRange

from booking.models import Appointment, AppointmentStatus
from booking.visits import changes, placement
from clinic.audit import services as audit
from clinic.celery import enqueue

if TYPE_CHECKING:
    from datetime import datetime

    from clinic.models import User

Status = AppointmentStatus
SHORTEST = timedelta(minutes=1)
# What is undone one by one when a finished visit is taken back.
BACK = (Status.CHECKED_IN, Status.ARRIVED, Status.BOOKED)


@transaction.atomic
def finish(*, actor: User, appointment: Appointment, stopped_at: datetime) -> None:
    """The session is over. Time that was booked and not used is free at once.

    Raises:
        InvalidTransition: it was not in progress.
    """
    placement.lock([appointment])
    changes.mark(actor=actor, appointment=appointment, status=Status.FULFILLED)
    fit(actor=actor, appointment=appointment, stopped_at=stopped_at)


@transaction.atomic
def reopen(*, actor: User, appointment: Appointment) -> None:
    """It did not take place as recorded: it is booked again, for as long as it was.

    Raises:
        InvalidTransition: it was not finished.
    """
    placement.lock([appointment])
    for status in BACK:
        changes.mark(actor=actor, appointment=appointment, status=status)
    fit(actor=actor, appointment=appointment, stopped_at=None)


@transaction.atomic
def fit(*, actor: User, appointment: Appointment, stopped_at: datetime | None) -> None:
    """Block the time up to the stop, never more than was booked; None: all that was booked.

    Time that someone else has been given by now stays theirs. Its place must be locked.
    """
    appointment.refresh_from_db(fields=["blocked", "ends_at", "starts_at"])
    begin, usual = appointment.starts_at.astimezone(UTC), appointment.booked_until
    stop = usual if stopped_at is None else stopped_at.astimezone(UTC)
    ends_at = min(max(stop, begin + SHORTEST), usual)
    until = ends_at + timedelta(minutes=appointment.option.buffer_after)
    before, blocked_until = appointment.ends_at, appointment.blocked.upper
    if (ends_at, until) == (before, blocked_until):
        return
    blocked = DateTimeTZRange(appointment.blocked.lower, until)
    row = Appointment.objects.filter(pk=appointment.pk)
    now = timezone.now()
    if placement.attempt(lambda: row.update(ends_at=ends_at, blocked=blocked, updated_at=now)):
        return
    appointment.ends_at, appointment.blocked = ends_at, blocked
    if ends_at != before:
        audit.turned(actor, "appointment.end_changed", appointment, ends_at=(before, ends_at))
    if blocked_until is not None and now < blocked_until and until < blocked_until:
        enqueue(changes.WAITLIST)
