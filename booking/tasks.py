"""Tasks for the beat. Each finds its work in the tables, so a lost run does no harm."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from celery import shared_task
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from booking.calendars import external
from booking.models import Appointment, AppointmentStatus, BookingPolicy
from booking.selectors import appointments
from booking.visits import caps, coverage, notices, services
from booking.waitlist import services as waitlist
from clinic import duties
from clinic.models import Location, Message, Service
from prescriptions.models import Prescription

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

BATCH = 200


@shared_task(name="booking.expire_holds")
def expire_holds() -> None:
    services.expire_holds()
    caps.forget()


@shared_task(name="booking.offer_freed")
def offer_freed() -> None:
    """Offer freed times to those waiting for them."""
    waitlist.sweep()


@shared_task(name="booking.tie_prescriptions")
def tie_prescriptions() -> None:
    """Reserve visits for medical sessions that were booked before the prescription was approved.

    And tell the reviewers which visits still wait for one.
    """
    usable = Prescription.objects.filter(
        status=Prescription.Status.APPROVED,
        authorized__gt=F("used") + F("reserved"),
        through_on__gte=timezone.localdate() - timedelta(days=1),
    )
    waiting = (
        appointments()
        .filter(
            status=AppointmentStatus.BOOKED,
            starts_at__gt=timezone.now(),
            reservation=None,
            option__service__kind=Service.Kind.MEDICAL,
            client__in=usable.values("client"),
        )
        .exclude(source=Appointment.Source.ONLINE, booked_by=None)  # not yet vouched for
        .order_by("starts_at", "created_at")
    )
    for appointment in waiting[:BATCH]:
        services.tie_prescription(appointment=appointment)
    coverage.mark_needed()


@shared_task(name="booking.queue_reminders")
def queue_reminders() -> None:
    """Write the reminders that are due. The message's key makes each one a single message."""
    now = timezone.now()
    for location in Location.objects.all():
        policy = BookingPolicy.objects.filter(location=location).first() or BookingPolicy()
        horizon = now + timedelta(minutes=policy.reminder_lead)
        due = Appointment.objects.filter(
            location=location,
            status=AppointmentStatus.BOOKED,
            starts_at__gt=now,
            starts_at__lte=horizon,
        )
        # Booked within the lead: the confirmation has just gone out.
        lead = timedelta(minutes=policy.reminder_lead)
        due = due.exclude(sequence=0, booked_at__gt=F("starts_at") - lead)
        # Visits already reminded are known by a key; query once, not once each.
        pairs = list(due.order_by("starts_at").values_list("pk", "sequence"))
        keys = {f"{notices.REMINDER}:{pk}:{sequence}": pk for pk, sequence in pairs}
        there = Message.objects.filter(key__in=keys).exclude(status=Message.Status.CANCELLED)
        known = set(there.values_list("key", flat=True))
        for key, pk in keys.items():
            if key not in known:
                _remind(pk, horizon)


@shared_task(name="booking.fetch_calendars")
def fetch_calendars() -> None:
    duties.sweep(external.followed(), fetch_calendar, since=timedelta(0))


@shared_task(name="booking.fetch_calendar", soft_time_limit=60, time_limit=90)
def fetch_calendar(pk: str) -> None:
    external.refresh(pk)


@transaction.atomic
def _remind(pk: UUID, horizon: datetime) -> None:
    """Under the row's lock: a cancellation or a move comes entirely before or after."""
    still = Appointment.objects.select_for_update(no_key=True).filter(
        pk=pk,
        status=AppointmentStatus.BOOKED,
        starts_at__gt=timezone.now(),
        starts_at__lte=horizon,
    )
    if still.first() is not None:
        notices.reminder(appointments().get(pk=pk))
