"""URLs of the diary that other pages link to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

if TYPE_CHECKING:
    from booking.models import Appointment


def on_board(appointment: Appointment) -> str:
    """The day board of its date, with the appointment open beside it."""
    on = appointment.local_date.isoformat()
    return f"{reverse('booking:day')}?day={on}&open={appointment.pk}"
