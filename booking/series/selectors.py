"""Reads of the visits that were booked together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from booking import selectors
from booking.models import AppointmentStatus

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from booking.models import Appointment


def visits(client_id: UUID | None, series: UUID | None) -> QuerySet[Appointment]:
    """All visits of a series, in order; none when it is another client's."""
    found = selectors.appointments().filter(client=client_id, series=series, series__isnull=False)
    return found.order_by("starts_at")


def standing(appointment: Appointment) -> QuerySet[Appointment]:
    """Those booked together with this one that are still to come."""
    return remaining(appointment.client_id, appointment.series)


def remaining(client_id: UUID | None, series: UUID | None) -> QuerySet[Appointment]:
    """What may still be cancelled of a series."""
    return visits(client_id, series).filter(
        status=AppointmentStatus.BOOKED, starts_at__gt=timezone.now()
    )
