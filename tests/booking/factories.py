"""Makes diaries and appointments. Times are on weekdays ahead of now, in the clinic's zone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.utils import timezone
from psycopg2.extras import DateTimeTZRange

from booking.models import Appointment, AppointmentStatus, BookingPolicy, WorkingHours
from clinic.models import Location, Room, ServiceOption, Therapist
from tests import factories

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from clinic.models import Client

WEEKDAYS = range(5)


def make_hours(
    therapists: Iterable[Therapist],
    location: Location,
    opens: str = "09:00",
    closes: str = "18:00",
    weekdays: Iterable[int] = WEEKDAYS,
) -> None:
    WorkingHours.objects.bulk_create(
        WorkingHours(
            therapist=therapist,
            location=location,
            weekday=weekday,
            starts=time.fromisoformat(opens),
            ends=time.fromisoformat(closes),
        )
        for therapist in therapists
        for weekday in weekdays
    )


def make_policy(location: Location, **fields: Any) -> BookingPolicy:
    return BookingPolicy.objects.create(location=location, **fields)


def weekday_ahead(days: int = 3) -> date:
    """The first weekday at least this many days from today."""
    day = timezone.now().date() + timedelta(days=days)
    while day.weekday() not in WEEKDAYS:
        day += timedelta(days=1)
    return day


def at(location: Location, clock: str = "10:00", day: date | None = None) -> datetime:
    """A wall-clock time at the clinic, as an instant."""
    local = datetime.combine(day or weekday_ahead(), time.fromisoformat(clock), location.zone)
    return local.astimezone(UTC)


def booked_appointment(
    client: Client,
    *,
    starts_at: datetime | None = None,
    therapist: Therapist | None = None,
    room: Room | None = None,
    location: Location | None = None,
    option: ServiceOption | None = None,
    status: str = AppointmentStatus.BOOKED,
    **fields: Any,
) -> Appointment:
    """An appointment as if booked; makes the place, the people and the price it needs.

    By default a medical hour at ten on a weekday ahead. Nothing is reserved and nobody is told.
    """
    location = location or Location.objects.first() or factories.make_location()
    therapist = therapist or Therapist.objects.first() or factories.make_therapist()
    room = room or Room.objects.filter(location=location).first()
    room = room or factories.make_rooms(location)[0]
    if option is None:
        medical = ServiceOption.objects.filter(service__kind="medical", minutes=60)
        option = medical.first()
        if option is None:
            factories.make_services()
            option = medical.get()
    start = (starts_at or at(location)).astimezone(UTC)
    end = start + timedelta(minutes=option.minutes)
    blocked = DateTimeTZRange(
        start - timedelta(minutes=option.buffer_before),
        end + timedelta(minutes=option.buffer_after),
    )
    values = {
        "location": location,
        "therapist": therapist,
        "room": room,
        "option": option,
        "status": status,
        "starts_at": start,
        "ends_at": end,
        "blocked": blocked,
        "price_cents": option.price_cents,
        "booked_at": timezone.now(),
        "source": Appointment.Source.DESK,
        **fields,
    }
    return Appointment.objects.create(client=client, **values)


def held_time(starts_at: datetime, *, until: datetime | None = None, **fields: Any) -> Appointment:
    """A hold: `until` in the past makes it a lapsed one."""
    client = factories.make_client("Hold", "Er", email="")
    made = booked_appointment(client, starts_at=starts_at, **fields)
    made.client = None
    made.status = AppointmentStatus.HELD
    made.hold_token = uuid4()
    made.held_until = until or timezone.now() + timedelta(minutes=10)
    made.save()
    return made
