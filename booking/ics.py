"""Calendar entries (RFC 5545). Neutral on purpose: a calendar is often shared."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event, vCalAddress, vText

if TYPE_CHECKING:
    from booking.models import Appointment

PUBLISH, REQUEST, CANCEL = "PUBLISH", "REQUEST", "CANCEL"  # RFC 5546 §1.4


def entry(appointment: Appointment, *, method: str, url: str, attendee: str = "") -> str:
    """One appointment as an iCalendar object. UID stays for life, SEQUENCE rises with changes."""
    location = appointment.location
    event = Event()
    event.add("uid", f"{appointment.ical_uid}@{location.email.rpartition('@')[2]}")
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", appointment.updated_at)
    event.add("dtstart", appointment.starts_at)
    event.add("dtend", appointment.ends_at)
    event.add("summary", _("Appointment at %(clinic)s") % {"clinic": location.name})
    event.add("location", location.address)
    event.add("url", url)
    event.add(
        "description",
        _("Questions or changes: %(phone)s or %(url)s")
        % {"phone": location.phone.as_national, "url": url},
    )
    event.add("status", "CANCELLED" if method == CANCEL else "CONFIRMED")
    event.add("class", "PRIVATE")
    if method != PUBLISH:
        event["organizer"] = _address(location.email, location.name)
        event["organizer"].params["ROLE"] = vText("CHAIR")
        event["attendee"] = _address(attendee, "")
    if method != CANCEL:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("trigger", timedelta(hours=-2))
        alarm.add("description", _("Appointment at %(clinic)s") % {"clinic": location.name})
        event.add_component(alarm)
    calendar = Calendar()
    calendar.add("prodid", "-//Clinic//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    return bytes(calendar.to_ical()).decode()


def _address(email: str, name: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    if name:
        address.params["CN"] = vText(name)
    return address
