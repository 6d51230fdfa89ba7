"""People in line for the tests of the waitlist, and the laws that hold whatever happens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from booking.models import Appointment, WaitlistEntry, WaitlistOffer
from clinic.models import Location

if TYPE_CHECKING:
    from datetime import date

    from clinic.models import Client, ServiceOption


def in_line(
    client: Client, option: ServiceOption, day: date, *, days: int = 0, **fields: Any
) -> WaitlistEntry:
    """Waits for one date, or for some more days after it; written straight into the table."""
    values = {
        "location": Location.objects.get(),
        "first_day": day,
        "last_day": day + timedelta(days=days),
        **fields,
    }
    return WaitlistEntry.objects.create(client=client, option=option, **values)


def the_offer(**fields: Any) -> WaitlistOffer:
    """The one open offer."""
    return WaitlistOffer.objects.select_related("entry__client", "appointment").get(
        status="open", **fields
    )


def ghosts() -> list[str]:
    """What must not be there: an offer without its hold, a hold without its offer, and the like."""
    found = []
    offers = WaitlistOffer.objects.all()
    if offers.filter(status="open").exclude(appointment__status="held").exists():
        found.append("an open offer without a hold")
    ended = offers.exclude(status__in=["open", "taken"])
    if ended.filter(appointment__isnull=False).exists():
        found.append("an ended offer that keeps a time")
    if offers.filter(status="taken").exclude(~Q(appointment__status="held")).exists():
        found.append("a taken offer that is still a hold")
    if offers.filter(status="open").exclude(entry__status="waiting").exists():
        found.append("an offer to somebody who is off the list")
    holds = Appointment.objects.filter(status="held")
    if holds.exclude(offer__status="open").exists():
        found.append("a hold without an offer")
    return found
