"""Reads for couples: who and what is free for two at once, and which two visits belong together."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from booking import availability, selectors
from booking.availability import seconds
from booking.models import SEATS, TAKES_TIME, Appointment
from clinic import selectors as ground
from clinic.models import Room, Service

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from booking.availability import Opening
    from booking.selectors import FreeTimes
    from clinic.models import Location, ServiceOption, Therapist


def suits(option: ServiceOption) -> bool:
    """Whether a session may be booked for two: a treatment, not a talk."""
    return option.service.kind != Service.Kind.CONSULTATION


def rooms_for_two(location: Location) -> QuerySet[Room]:
    """Where two can be treated together."""
    return Room.objects.filter(location=location, is_active=True, capacity__gte=SEATS)


def offered(location: Location) -> bool:
    """Whether the place has room for two at all."""
    return rooms_for_two(location).exists()


def free_times(
    *, option: ServiceOption, therapist: Therapist | None = None, **asked: Any
) -> FreeTimes:
    """Starts at which two therapists and a room for two are free. Asked like one visit's."""
    free = selectors.free_times(option=option, **asked)
    wide = Room.objects.filter(location=free.location, capacity__gte=SEATS)
    double = set(wide.values_list("pk", flat=True))
    rooms = [spans for pk, spans in free.busy.rooms.items() if pk in double]
    wanted = therapist.pk if therapist else None
    free.openings = [
        opening
        for opening in free.openings
        if len(opening.therapist_ids) >= SEATS
        and wanted in (None, *opening.therapist_ids)
        and any(availability.is_free(free.session, opening.start, spans) for spans in rooms)
    ]
    return free


def who_is_free(
    *, option: ServiceOption, start: datetime, therapist: Therapist | None = None, **asked: Any
) -> list[UUID]:
    """Who could give it then, best choice first; empty: no two of them, or no room."""
    location = ground.location()
    day = start.astimezone(location.zone).date()
    free = free_times(
        option=option, therapist=therapist, start=day, end=day, location=location, **asked
    )
    for opening in free.openings:
        if opening.start == seconds(start) and not start.microsecond:
            return free.choices(opening)
    return []


def alternatives(
    *,
    option: ServiceOption,
    near: datetime,
    therapist: Therapist | None = None,
    own_hold: UUID | None = None,
    count: int = 4,
) -> list[Opening]:
    """Times for two close to one that could not be had."""
    day = near.astimezone(ground.location().zone).date()
    free = free_times(
        option=option,
        therapist=therapist,
        start=day - timedelta(days=3),
        end=day + timedelta(days=7),
        own_hold=own_hold,
    )
    return availability.nearest(free.openings, seconds(near), count)


def held(token: UUID | str | None) -> tuple[Appointment, Appointment] | None:
    """Both halves of a hold, lapsed or not; None when one is gone."""
    if not token:
        return None
    found = (
        Appointment.objects.filter(hold_token=token, status="held")
        .select_related("option__service", "therapist", "room", "location")
        .order_by("seat")
    )
    return _pair(list(found))


def of(appointment: Appointment) -> tuple[Appointment, Appointment] | None:
    """The two visits of its party, while both stand and begin together."""
    found = selectors.appointments().filter(TAKES_TIME, party=appointment.party)
    pair = _pair(list(found.order_by("seat")))
    return pair if pair and pair[0].starts_at == pair[1].starts_at else None


def partner_of(appointment: Appointment) -> Appointment | None:
    """The other visit, while both stand."""
    pair = of(appointment)
    if pair is None:
        return None
    return pair[1] if pair[0].pk == appointment.pk else pair[0]


def _pair(found: list[Appointment]) -> tuple[Appointment, Appointment] | None:
    return (found[0], found[1]) if len(found) == SEATS else None
