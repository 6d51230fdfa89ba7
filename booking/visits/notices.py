"""What the diary tells clients. First name, clinic, date and time, phone, link; nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from booking import selectors
from booking.visits import ics, visit_link
from clinic import access
from clinic.format import when
from clinic.messaging import outbox
from clinic.messaging.links import absolute
from clinic.people import services as people

if TYPE_CHECKING:
    from collections.abc import Sequence

    from booking.models import Appointment
    from clinic.access import Actor
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


def confirmed(appointment: Appointment, *, by: Actor = None) -> Message | None:
    return _queue(CONFIRMED, by, appointment, _("Your appointment: %(when)s"), ics.REQUEST)


def moved(appointment: Appointment, *, by: Actor = None) -> Message | None:
    return _queue(MOVED, by, appointment, _("Your appointment has moved: %(when)s"), ics.REQUEST)


def cancelled(appointment: Appointment, *, by: Actor = None) -> Message | None:
    return _queue(
        CANCELLED, by, appointment, _("Your appointment is canceled: %(when)s"), ics.CANCEL
    )


def reminder(appointment: Appointment) -> Message | None:
    """Once for each time the appointment has had; no use once the visit has begun.

    One that was withdrawn (the visit was given up, then restored) goes out after all.
    """
    subject = _("Reminder: your appointment is %(when)s")
    return _queue(REMINDER, None, appointment, subject, "")


def series_booked(visits: Sequence[Appointment], *, by: Actor = None) -> Message | None:
    """One message for a whole series, with one calendar file."""
    subject = _("Your appointments: %(count)s, from %(when)s")
    return _queue_series(SERIES, by, visits, subject, "messages/booking_series.txt")


def series_cancelled(visits: Sequence[Appointment], *, by: Actor = None) -> Message | None:
    """One message for visits canceled together, instead of one each."""
    for appointment in visits:
        outbox.withdraw(about=appointment.pk, kinds=[CANCELLED])
    subject = _("Your appointments are canceled: %(count)s, from %(when)s")
    template = "messages/booking_series_cancelled.txt"
    return _queue_series(SERIES_CANCELLED, by, visits, subject, template)


def withdraw(appointment: Appointment, *, by: Actor = None) -> None:
    """Withdraw what has not gone out yet: nothing is sent about a time that no longer exists."""
    outbox.withdraw(about=appointment.pk)
    if appointment.series and outbox.withdraw(about=appointment.series, kinds=[SERIES]):
        # The message about the whole series has not gone out: rewrite it as things now are.
        others = selectors.left_of_series(appointment.client_id, appointment.series)
        series_booked(list(others.exclude(pk=appointment.pk)), by=by)


def knows_it(appointment: Appointment, by: Actor) -> bool:
    """Whether a client who is called need not be: they did it on a screen, or walked in."""
    client, walked_in = appointment.client, appointment.source == appointment.Source.WALK_IN
    told = walked_in or not access.works_here(by)
    return told and client is not None and client.is_called


def visit_path(appointment: Appointment) -> str:
    return reverse("booking:visit-detail", args=[appointment.pk])


def _queue_series(
    kind: str, by: Actor, visits: Sequence[Appointment], subject: str, template: str
) -> Message | None:
    if not visits or visits[0].client is None:
        return None
    first, client = visits[0], visits[0].client
    if knows_it(first, by):
        return None
    location = first.location
    linked = [(visit, absolute(visit_path(visit))) for visit in visits]
    with timezone.override(location.zone):
        return outbox.queue(
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
            visit_at=first.starts_at,
            calendar=ics.entries(linked),
        )


def _queue(
    kind: str, by: Actor, appointment: Appointment, subject: str, method: str
) -> Message | None:
    client = appointment.client
    if client is None:  # a hold: no one to write to
        return None
    if kind != REMINDER and knows_it(appointment, by):
        return None
    recipient = people.notify_address(client)
    url = absolute(visit_path(appointment))
    with timezone.override(appointment.location.zone):
        return outbox.queue(
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
            visit_at=appointment.starts_at,
            expires_at=appointment.starts_at if kind == REMINDER else None,
            again=kind == REMINDER,
        )
