"""People who come together: one, or a couple who share a room and have a therapist each."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from booking import selectors
from booking.errors import NotTogether
from booking.models import SEATS, TAKES_TIME, Appointment, AppointmentStatus
from booking.times import timetable
from clinic import selectors as clinic_selectors
from clinic.models import Room, Service

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.db.models import QuerySet

    from booking.times.timetable import Timetable
    from clinic.models import Location, ServiceOption

Party: TypeAlias = list[Appointment]  # in the order of their seats


def suits(option: ServiceOption) -> bool:
    """Whether a session may be booked for two: a treatment, not a consultation."""
    return option.service.kind != Service.Kind.CONSULTATION


def rooms_for_two(location: Location) -> QuerySet[Room]:
    """Where two can be treated together."""
    return Room.objects.filter(location=location, is_active=True, capacity__gte=SEATS)


def held(token: UUID | str | None, seats: int, rules: Timetable | None = None) -> Party:
    """The hold with this token, lapsed or not; empty if part of it is gone."""
    if not token:
        return []
    holds = Appointment.objects.filter(hold_token=token, status=AppointmentStatus.HELD)
    found = list(holds.order_by("seat")[: SEATS + 1])
    if len(found) != seats:
        return []
    rules = rules or timetable.current(clinic_selectors.location())
    for one in found:
        if one.location_id == rules.location.pk:  # what it refers to has already been read
            one.location = rules.location
            one.therapist = rules.therapists.get(one.therapist_id) or one.therapist
            one.option = rules.options.get(one.option_id) or one.option
    return found


def of(appointment: Appointment) -> Party:
    """The visits of its party, while all are booked and start together; otherwise it is alone."""
    found = selectors.appointments().filter(TAKES_TIME, party=appointment.party)
    party = list(found.order_by("seat"))
    together = len(party) == SEATS and len({one.starts_at for one in party}) == 1
    return party if together else [appointment]


def partner_of(appointment: Appointment) -> Appointment | None:
    """Who comes along, while both are booked."""
    return next((one for one in of(appointment) if one.pk != appointment.pk), None)


def both(appointment: Appointment) -> Party:
    """The two visits of a couple.

    Raises:
        NotTogether: the other visit was canceled or moved on its own.
    """
    party = of(appointment)
    if len(party) != SEATS:
        raise NotTogether
    return party


def by_client(party: Iterable[Appointment]) -> Party:
    """In the order in which clients and their prescriptions are locked."""
    return sorted(party, key=lambda one: (str(one.client_id), one.pk))
