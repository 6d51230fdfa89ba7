"""What the diary tells clients. First name, clinic, date and time, phone, link; nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from booking import ics, visit_link
from booking.series import selectors as series_reads
from clinic import messages, people
from clinic.links import absolute
from clinic.templatetags.clinic_format import when

if TYPE_CHECKING:
    from collections.abc import Sequence

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
SERIES, SERIES_CANCELLED = "booking.series", "booking.series_cancelled"


def confirmed(appointment: Appointment) -> Message | None:
    return _queue(CONFIRMED, appointment, _("Your appointment: %(when)s"), ics.REQUEST)


def moved(appointment: Appointment) -> Message | None:
    return _queue(MOVED, appointment, _("Your appointment has moved: %(when)s"), ics.REQUEST)


def cancelled(appointment: Appointment) -> Message | None:
    return _queue(CANCELLED, appointment, _("Your appointment is cancelled: %(when)s"), ics.CANCEL)


def reminder(appointment: Appointment) -> Message | None:
    """Once for each time the appointment has had; useless once the visit has begun.

    One that was taken back (the visit was given up, and then not) goes out after all.
    """
    return _queue(REMINDER, appointment, _("Reminder: your appointment is %(when)s"), "")


def series_booked(visits: Sequence[Appointment]) -> Message | None:
    """One message for a whole series, with one calendar file."""
    subject = _("Your appointments: %(count)s, from %(when)s")
    return _queue_series(SERIES, visits, subject, "messages/booking_series.txt")


def series_cancelled(visits: Sequence[Appointment]) -> Message | None:
    """One message for visits that were cancelled together, in place of one for each."""
    for appointment in visits:
        messages.withdraw(about=appointment.pk, kinds=[CANCELLED])
    subject = _("Your appointments are cancelled: %(count)s, from %(when)s")
    return _queue_series(SERIES_CANCELLED, visits, subject, "messages/booking_series_cancelled.txt")


def withdraw(appointment: Appointment) -> None:
    """Take back what has not gone out yet: nothing is sent about a time that is no more."""
    messages.withdraw(about=appointment.pk)
    if appointment.series and messages.withdraw(about=appointment.series, kinds=[SERIES]):
        # The message about the whole series still waited: it is written anew, as things stand.
        others = series_reads.standing(appointment).exclude(pk=appointment.pk)
        series_booked(list(others))


def visit_path(appointment: Appointment) -> str:
    return reverse("booking:visit-detail", args=[appointment.pk])


def _queue_series(
    kind: str, visits: Sequence[Appointment], subject: str, template: str
) -> Message | None:
    if not visits or visits[0].client is None:
        return None
    first, client = visits[0], visits[0].client
    location = first.location
    linked = [(visit, absolute(visit_path(visit))) for visit in visits]
    with timezone.override(location.zone):
        return messages.queue(
            kind=kind,
            key=f"{kind}:{uuid4()}",
            recipient=people.notify_address(client),
            subject=subject % {"count": len(visits), "when": when(first.starts_at)},
            template=template,
            context={
                "first_name": client.first_name,
                "visits": visits,
                "location": location,
                "url": absolute(reverse("booking:series-detail", args=[first.series])),
                "sign_in_url": absolute(reverse("account_request_login_code")),
                "book_url": absolute(reverse("booking:start")),
            },
            client=client,
            about=first.series,
            calendar=ics.entries(linked),
        )


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
                "change_url": absolute(visit_link.path(appointment)),
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
            again=kind == REMINDER,
        )
