"""Visits as the questionnaire sees them: handed down to `intake.visits`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from booking.links import on_board
from booking.models import Appointment, AppointmentStatus
from clinic.dates import bounds
from clinic.models import Service
from clinic.selectors import location_or_none
from intake.visits import Coming

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from django.db.models import QuerySet

BEFORE = (AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED)


def _with_questionnaire() -> QuerySet[Appointment]:
    rows = Appointment.objects.agreed().exclude(client=None)
    rows = rows.exclude(option__service__kind=Service.Kind.CONSULTATION)
    return rows.select_related("client", "therapist", "location")


def find(pk: UUID) -> Coming | None:
    found = _with_questionnaire().filter(pk=pk).first()
    return None if found is None else _coming(found)


def between(first: date, last: date) -> list[Coming]:
    """Everyone who comes on these days and has not begun, in one query."""
    location = location_or_none()
    if location is None:
        return []
    begin, end = bounds(first, location.zone)[0], bounds(last, location.zone)[1]
    rows = _with_questionnaire().filter(status__in=BEFORE, starts_at__gte=begin, starts_at__lt=end)
    return [_coming(one) for one in rows.order_by("starts_at", "pk")]


def _coming(one: Appointment) -> Coming:
    if one.client is None:
        raise ValueError
    return Coming(
        pk=one.pk,
        client=one.client,
        starts_at=one.starts_at,
        day=one.local_date,
        therapist=one.therapist.title,
        therapist_login=one.therapist.user_id,
        is_open=one.status in BEFORE,
        url=on_board(one),
    )
