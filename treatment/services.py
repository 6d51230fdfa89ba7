"""From arrival to the end of a visit. The visit uses up what was reserved for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from booking import services as booking
from booking.models import Appointment, AppointmentStatus
from clinic import audit
from clinic.errors import InvalidTransition
from prescriptions import ledger
from treatment import recording
from treatment.errors import NotToday
from treatment.models import Visit, VisitMinutes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from clinic.models import Technique, User

Status = Visit.Status


@transaction.atomic
def check_in(*, actor: User, appointment: Appointment) -> Visit:
    """The client is here, and everything the visit needs is too.

    Raises:
        NotToday: it is another day's visit.
        NotReady: names what is missing: intake, a therapist's decision, a prescription.
        InvalidTransition: it was cancelled or has begun.
    """
    today = timezone.localdate(timezone=appointment.location.zone)
    if appointment.local_date != today:
        raise NotToday
    booking.tie_prescription(appointment=appointment, actor=actor)
    booking.expect_ready(appointment)
    arrival = {"therapist": appointment.therapist, "arrived_at": timezone.now()}
    if appointment.status == AppointmentStatus.ARRIVED:  # a second click
        return Visit.objects.get_or_create(appointment=appointment, defaults=arrival)[0]
    booking.mark(actor=actor, appointment=appointment, status=AppointmentStatus.ARRIVED)
    # A check-in that was taken back left its visit; the appointment may have moved since.
    visit, _created = Visit.objects.update_or_create(appointment=appointment, defaults=arrival)
    audit.record(actor, "visit.checked_in", visit, client=appointment.client)
    return visit


@transaction.atomic
def start(*, actor: User, visit: Visit) -> Visit:
    """The client is on the table.

    Raises:
        InvalidTransition: it has started already.
    """
    locked = _lock(visit, Status.ARRIVED)
    booking.mark(actor=actor, appointment=locked.appointment, status=AppointmentStatus.CHECKED_IN)
    locked.status = Status.IN_PROGRESS
    locked.started_at = timezone.now()
    locked.save(update_fields=["status", "started_at", "updated_at"])
    step = (Status.ARRIVED, Status.IN_PROGRESS)
    audit.turned(actor, "visit.started", locked, client=locked.appointment.client, status=step)
    return locked


@transaction.atomic
def finish(
    *,
    actor: User,
    visit: Visit,
    started_at: datetime,
    stopped_at: datetime,
    minutes: Mapping[Technique, int],
) -> Visit:
    """Record the session and end it; a prescribed visit is used up now.

    Raises:
        WrongTimes, NoMinutes, TooManyMinutes: see `recording.checked`.
        InvalidTransition: it was never started, or is finished already.
    """
    # The ledger locks the prescription first; so must whoever ends in it.
    appointment = visit.appointment
    hands_on = appointment.option.service.needs_intake
    kept = recording.checked(started_at, stopped_at, minutes, now=timezone.now(), hands_on=hands_on)
    if appointment.reservation is not None:
        ledger.use_visit(actor=actor, reservation=appointment.reservation)
    locked = _lock(visit, Status.IN_PROGRESS)
    booking.mark(actor=actor, appointment=appointment, status=AppointmentStatus.FULFILLED)
    locked.status = Status.FINISHED
    locked.started_at, locked.stopped_at = started_at, stopped_at
    locked.finished_by = actor
    locked.save(update_fields=["status", "started_at", "stopped_at", "finished_by", "updated_at"])
    locked.minutes.all().delete()
    VisitMinutes.objects.bulk_create(
        VisitMinutes(visit=locked, technique=technique, minutes=count, position=place)
        for place, (technique, count) in enumerate(kept.items())
    )
    step = (Status.IN_PROGRESS, Status.FINISHED)
    audit.turned(actor, "visit.finished", locked, client=appointment.client, status=step)
    return locked


def _lock(visit: Visit, status: str) -> Visit:
    locked = (
        Visit.objects.select_for_update(no_key=True, of=("self",))
        .select_related("appointment__client", "appointment__option__service")
        .get(pk=visit.pk)
    )
    if locked.status != status:
        raise InvalidTransition
    return locked
