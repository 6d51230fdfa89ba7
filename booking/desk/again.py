"""The next visit like this one: the same client, session and therapist, as far on as is ordered."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from booking.times import search
from booking.times.availability import moment
from prescriptions.models import VisitReservation
from prescriptions.reach import WEEK

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from booking.models import Appointment

DAY = timedelta(days=1)
LOOK = 14  # days


def address(appointment: Appointment) -> str:
    """The times of the first day that has any, from the day when the next one is due."""
    day = due_on(
        appointment.local_date,
        timezone.localdate(timezone=appointment.location.zone),
        _per_week(appointment),
    )
    free = search.free_times(
        option=appointment.option,
        start=day,
        end=day + LOOK * DAY,
        therapist=appointment.therapist,
        location=appointment.location,
        by_desk=True,
    )
    if free.openings:
        day = moment(free.openings[0].start).astimezone(free.zone).date()
    what = reverse("booking:desk-what", args=[appointment.client_id])
    like = {"option": appointment.option_id, "therapist": appointment.therapist_id}
    return f"{what}?{urlencode(like | {'day': day.isoformat()})}"


def due_on(last: date, today: date, per_week: Decimal | None) -> date:
    """As many days on as the order's pace says, a week without one; never today or before."""
    days = ceil(WEEK.days / per_week) if per_week else WEEK.days
    return max(last + days * DAY, today + DAY)


def _per_week(appointment: Appointment) -> Decimal | None:
    if appointment.reservation_id is None:
        return None
    rates = VisitReservation.objects.filter(pk=appointment.reservation_id)
    return rates.values_list("prescription__visits_per_week", flat=True).first()
