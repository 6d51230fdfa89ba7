"""From arrival to the end of a visit. The visit uses up its reservation.

Lock order: the visit, then what booking locks (prescription, therapists, rooms, client,
appointment); a visit that does not exist yet is written last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from booking.models import Appointment, AppointmentStatus
from booking.visits import ending
from booking.visits import services as booking
from clinic.audit import services as audit
from prescriptions import ledger
from treatment import corrections, sessions
from treatment.errors import DayOver, NotToday
from treatment.models import Visit
from treatment.sessions import Session, lock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from clinic.models import Technique, User

Status = Visit.Status


@transaction.atomic
def check_in(*, actor: User, appointment: Appointment) -> Visit:
    """The client is here, and everything the visit needs is in place.

    Raises:
        NotToday: it is another day's visit; DayOver: of a day that is over (`late`).
        NotReady: names what is missing: intake, a therapist's decision, a prescription.
        InvalidTransition: it was cancelled or has begun.
    """
    _expect_today(appointment)
    sessions.lock_of(appointment)
    booking.tie_prescription(appointment=appointment, actor=actor)
    booking.expect_ready(appointment)
    arrival = {"therapist": appointment.therapist, "arrived_at": timezone.now()}
    if appointment.status == AppointmentStatus.ARRIVED:  # a second click
        return Visit.objects.get_or_create(appointment=appointment, defaults=arrival)[0]
    booking.mark(actor=actor, appointment=appointment, status=AppointmentStatus.ARRIVED)
    # An undone check-in leaves its visit; the appointment may have moved since.
    arrival |= {"late_at": None, "late_by": None, "late_reason": "", "late_missing": ""}
    visit, _created = Visit.objects.update_or_create(appointment=appointment, defaults=arrival)
    audit.record(actor, "visit.checked_in", visit, client=appointment.client)
    return visit


@transaction.atomic
def start(*, actor: User, visit: Visit) -> Visit:
    """The client is on the table.

    Raises:
        DayOver: its day is over, so it did not start now.
        InvalidTransition: it has already started.
    """
    locked = lock(visit, Status.ARRIVED)
    _expect_today(locked.appointment)
    begin(actor, locked, timezone.now())
    return locked


@transaction.atomic
def undo_start(*, actor: User, visit: Visit) -> Visit:
    """The wrong client's button was pressed: they are waiting again.

    Raises:
        InvalidTransition: it is not in progress.
    """
    locked = lock(visit, Status.IN_PROGRESS)
    booking.mark(actor=actor, appointment=locked.appointment, status=AppointmentStatus.ARRIVED)
    locked.status, locked.started_at = Status.ARRIVED, None
    locked.save(update_fields=["status", "started_at", "updated_at"])
    step = (Status.IN_PROGRESS, Status.ARRIVED)
    client = locked.appointment.client
    audit.turned(actor, "visit.start_undone", locked, client=client, status=step)
    return locked


@transaction.atomic
def finish(
    *,
    actor: User,
    visit: Visit,
    started_at: datetime,
    stopped_at: datetime,
    minutes: Mapping[Technique, int],
    regions: Sequence[str] | None = None,
    outside: Mapping[Technique, int] | None = None,
    arrived_at: datetime | None = None,
    word: str = "",
) -> Visit:
    """Record the session and end it; this uses up a prescribed visit.

    Raises:
        InvalidTransition: it was never started, or is already finished.
        As for `sessions.write`.
    """
    locked = lock(visit, Status.IN_PROGRESS)
    where: dict[str, Any] = {"regions": regions, "outside": outside}
    session = Session(started_at, stopped_at, minutes, arrived_at=arrived_at, word=word, **where)
    return end(actor, locked, session, late=_day_of(locked.appointment) < _today(locked))


def begin(actor: User, visit: Visit, started_at: datetime) -> None:
    """Put a locked visit in progress, in a transaction."""
    booking.mark(actor=actor, appointment=visit.appointment, status=AppointmentStatus.CHECKED_IN)
    visit.status, visit.started_at = Status.IN_PROGRESS, started_at
    visit.save(update_fields=["status", "started_at", "updated_at"])
    step = (Status.ARRIVED, Status.IN_PROGRESS)
    audit.turned(actor, "visit.started", visit, client=visit.appointment.client, status=step)


def end(actor: User, visit: Visit, session: Session, *, late: bool = False) -> Visit:
    """Finish a locked visit that is in progress, in a transaction."""
    appointment = visit.appointment
    if appointment.reservation is not None:
        ledger.use_visit(actor=actor, reservation=appointment.reservation)
    visit.status, visit.finished_by = Status.FINISHED, actor
    if late:
        visit.late_by, visit.late_at = actor, timezone.now()
        visit.late_reason = session.word.strip()[: sessions.LONGEST_REASON]
    sessions.write(actor, visit, session, late=late)
    ending.finish(actor=actor, appointment=appointment, stopped_at=session.stopped_at)
    step = (Status.IN_PROGRESS, Status.FINISHED)
    audit.turned(actor, "visit.finished", visit, client=appointment.client, status=step)
    corrections.note_recorded_again(actor, visit)
    return visit


def _expect_today(appointment: Appointment) -> None:
    """Refuse another day's visit.

    Raises:
        NotToday, DayOver.
    """
    today = timezone.localdate(timezone=appointment.location.zone)
    if _day_of(appointment) != today:
        raise DayOver if _day_of(appointment) < today else NotToday


def _day_of(appointment: Appointment) -> date:
    return appointment.local_date


def _today(visit: Visit) -> date:
    return timezone.localdate(timezone=visit.appointment.location.zone)
