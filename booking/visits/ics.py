"""Calendar entries (RFC 5545). Neutral on purpose: calendars are often shared."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event, vCalAddress, vDuration, vText

from booking.models import FREE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from booking.models import Appointment, TimeOff
    from clinic.models import Client, Location

PUBLISH, REQUEST, CANCEL = "PUBLISH", "REQUEST", "CANCEL"  # RFC 5546 §1.4
REFRESH = timedelta(hours=1)  # how often a subscriber should look again
AWAY = "away-"  # before the id of time off, so that we know our own entries when they come back


def entry(appointment: Appointment, *, method: str, url: str, attendee: str = "") -> str:
    """One appointment as an iCalendar object. UID stays for life, SEQUENCE rises with changes."""
    location = appointment.location
    event = visit(appointment, url=url)
    event["status"] = vText("CANCELLED" if method == CANCEL else "CONFIRMED")
    if method != PUBLISH:
        event["organizer"] = _address(location.email, location.name)
        event["organizer"].params["ROLE"] = vText("CHAIR")
        event["attendee"] = _address(attendee, "")
    if method != CANCEL:
        event.add_component(_alarm(location))
    return bytes(_calendar(method, [event]).to_ical()).decode()


def entries(linked: Iterable[tuple[Appointment, str]]) -> str:
    """Several appointments, each with its link, in one object.

    Published, not requested: only a PUBLISH may hold events of more than one UID (RFC 5546 §3.2).
    """
    events = []
    for appointment, url in linked:
        event = visit(appointment, url=url)
        event["organizer"] = _address(appointment.location.email, appointment.location.name)
        if appointment.status in FREE:
            event["status"] = vText("CANCELLED")
        else:
            event.add_component(_alarm(appointment.location))
        events.append(event)
    return bytes(_calendar(PUBLISH, events).to_ical()).decode()


def calendar_file(entry: str) -> HttpResponse:
    """An iCalendar object as a download."""
    response = HttpResponse(entry, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    response["Cache-Control"] = "no-store"
    return response


def feed(events: Iterable[Event], *, name: str) -> bytes:
    """A whole calendar to subscribe to. If nothing changed, it is byte-identical."""
    calendar = _calendar(PUBLISH, events)
    calendar.add("x-wr-calname", name)
    # RFC 7986 §5.7, and its predecessor that Outlook reads.
    calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    calendar["x-published-ttl"] = vDuration(REFRESH)
    return bytes(calendar.to_ical())


def visit(appointment: Appointment, *, url: str) -> Event:
    """An appointment as its client sees it."""
    location = appointment.location
    event = _times(appointment, url)
    event.add("summary", _title(location))
    event.add("location", location.address)
    event.add(
        "description",
        _("Questions or changes: %(phone)s or %(url)s")
        % {"phone": location.phone.as_national, "url": url},
    )
    return event


def session(appointment: Appointment, *, url: str) -> Event:
    """An appointment as its therapist sees it: the client's initials, how long, where."""
    event = _times(appointment, url)
    minutes = int((appointment.ends_at - appointment.starts_at).total_seconds() // 60)
    event.add(
        "summary",
        _("%(initials)s, %(minutes)s min")
        % {"initials": initials(appointment.client), "minutes": minutes},
    )
    event.add("location", appointment.room.name)
    return event


def away(time_off: TimeOff) -> Event:
    """Time off, without the reason."""
    event = Event()
    event.add("uid", f"{AWAY}{time_off.pk}@{_host(time_off.location)}")
    event.add("dtstamp", time_off.updated_at)
    event.add("dtstart", time_off.starts_at)
    event.add("dtend", time_off.ends_at)
    event.add("summary", _("Away"))
    event.add("transp", "OPAQUE")
    event.add("class", "PRIVATE")
    return event


def initials(client: Client | None) -> str:
    """ "A. L." """
    if client is None:
        return ""
    names = (client.first_name.strip(), client.last_name.strip())
    return " ".join(f"{name[0].upper()}." for name in names if name)


def _times(appointment: Appointment, url: str) -> Event:
    """What every kind of entry for one appointment shares."""
    event = Event()
    event.add("uid", f"{appointment.ical_uid}@{_host(appointment.location)}")
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", appointment.updated_at)
    event.add("dtstart", appointment.starts_at)
    event.add("dtend", appointment.ends_at)
    event.add("url", url)
    event.add("status", "CONFIRMED")
    event.add("class", "PRIVATE")
    return event


def _alarm(location: Location) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", timedelta(hours=-2))
    alarm.add("description", _title(location))
    return alarm


def _calendar(method: str, events: Iterable[Event]) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Clinic//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    for event in events:
        calendar.add_component(event)
    return calendar


def _title(location: Location) -> str:
    return _("Appointment at %(clinic)s") % {"clinic": location.name}


def _host(location: Location) -> str:
    return location.email.rpartition("@")[2]


def _address(email: str, name: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    if name:
        address.params["CN"] = vText(name)
    return address
