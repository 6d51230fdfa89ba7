"""The diary shaped for the day board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from booking import board, daysheet, readiness, selectors
from booking.models import Appointment

if TYPE_CHECKING:
    from datetime import date

    from clinic.models import Location


def day_board(location: Location, day: date) -> dict[str, Any]:
    """The board of a day and its counts, in a constant number of queries."""
    now = timezone.now()
    on_board = Appointment.objects.filter(location=location).on(day, location.zone)
    on_board = on_board.taking_time(now).with_names().select_related("offer__entry__client")
    found = list(on_board.order_by("starts_at"))
    agreed = [appointment for appointment in found if appointment.status != "held"]
    built = board.build(
        day=day,
        zone=location.zone,
        therapists=list(selectors.therapists()),
        sheet=daysheet.read(location, day),
        appointments=found,
        ready=readiness.of_all(agreed),
        now=now,
    )
    return {
        "board": built,
        "visits": len(agreed),
        "waiting": sum(appointment.status == "arrived" for appointment in agreed),
    }
