"""What the diary tells clients. First name, clinic, date and time, phone, link; nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from booking import ics
from clinic import messages, people
from clinic.links import absolute
from clinic.templatetags.clinic_format import when

if TYPE_CHECKING:
    from booking.models import Appointment
    from clinic.models import Message

CONFIRMED, MOVED = "booking.confirmed", "booking.moved"
CANCELLED, REMINDER = "booking.cancelled", "booking.reminder"
TEMPLATES = {
    CONFIRMED: "messages/booking_confirmed.txt",
    MOVED: "messages/booking_moved.txt",
    CANCELLED: "messages/booking_cancelled.txt",
    REMINDER: "messages/booking_reminder.txt",
}


def confirmed(appointment: Appointment) -> Message | None:
    return _queue(CONFIRMED, appointment, _("Your appointment: %(when)s"), ics.REQUEST)


def moved(appointment: Appointment) -> Message | None:
    return _queue(MOVED, appointment, _("Your appointment has moved: %(when)s"), ics.REQUEST)


def cancelled(appointment: Appointment) -> Message | None:
    return _queue(CANCELLED, appointment, _("Your appointment is cancelled: %(when)s"), ics.CANCEL)


def reminder(appointment: Appointment) -> Message | None:
    """Once for each time the appointment has had; useless once the visit has begun."""
    return _queue(REMINDER, appointment, _("Reminder: your appointment is %(when)s"), "")


def withdraw(appointment: Appointment) -> None:
    """Take back what has not gone out yet: nothing is sent about a time that is no more."""
    messages.withdraw(about=appointment.pk)


def visit_path(appointment: Appointment) -> str:
    return reverse("booking:visit-detail", args=[appointment.pk])


def _queue(kind: str, appointment: Appointment, subject: str, method: str) -> Message | None:
    client = appointment.client
    if client is None:  # a hold: nobody to write to
        return None
    recipient = people.notify_address(client)
    url = absolute(visit_path(appointment))
    with timezone.override(appointment.location.zone):
        return messages.queue(
            kind=kind,
            key=f"{kind}:{appointment.pk}:{appointment.sequence}",
            recipient=recipient,
            subject=subject % {"when": when(appointment.starts_at)},
            template=TEMPLATES[kind],
            context={
                "first_name": client.first_name,
                "starts_at": appointment.starts_at,
                "location": appointment.location,
                "url": url,
                "has_paperwork": appointment.option.service.needs_intake,
                "sign_in_url": absolute(reverse("account_request_login_code")),
                "book_url": absolute(reverse("booking:start")),
            },
            client=client,
            about=appointment.pk,
            calendar=ics.entry(appointment, method=method, url=url, attendee=recipient)
            if method and recipient
            else "",
            expires_at=appointment.starts_at if kind == REMINDER else None,
        )
