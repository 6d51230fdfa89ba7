"""Two clients who are called: one call is overdue, one is due today."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from booking.models import Appointment, AppointmentStatus
from booking.visits import notices
from clinic.models import Client
from demo.life import next_working_day
from demo.moments import at

if TYPE_CHECKING:
    from demo.life import Life


def call_some(life: Life, caller: Client) -> None:
    """Walter has no e-mail address; the other asks to be called."""
    walter = Client.objects.create(
        first_name="Walter", last_name="Quinn", phone="+18455550190", phone_extension="4"
    )
    # Booked days ago, as `book` does: nobody has called yet.
    life.book(walter, life.clinic.options["therapeutic", 30], next_working_day(life.clinic))
    caller.contact_by = Client.ContactBy.CALL
    caller.save(update_fields=["contact_by", "updated_at"])
    ahead = Appointment.objects.filter(
        client=caller,
        status=AppointmentStatus.BOOKED,
        starts_at__gt=life.now + timedelta(hours=6),
    )
    if visit := ahead.order_by("starts_at").first():
        visit.client = caller
        with at(life.now - timedelta(hours=20)):
            notices.reminder(visit)
