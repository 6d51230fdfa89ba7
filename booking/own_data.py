"""What the diary stores about a client, for their export, and whose records are old enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Prefetch, Q

from booking.models import Appointment, WaitlistOffer
from clinic.models import Client
from clinic.privacy.export import Part, facts, who
from clinic.privacy.retention import PERIODS, born_before

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

KEPT = (
    *("starts_at", "ends_at", "status", "source", "price_cents", "booked_at", "cancelled_at"),
    *("cancel_cause", "cancel_reason", "override_reason", "cancel_cutoff", "late_cancel_percent"),
    *("no_show_percent", "fee_cents", "fee_paid_at", "fee_waived_at", "fee_waived_reason"),
)


def appointments(client: Client) -> Part:
    """Without the person who came along: that is someone else's visit."""
    found = client.appointments.agreed().with_names().select_related("booked_by")
    return Part([_appointment(one, client) for one in found.order_by("starts_at")])


def _appointment(one: Appointment, client: Client) -> dict[str, Any]:
    return facts(one, *KEPT) | {
        "service": one.option.service.name,
        "minutes": one.option.minutes,
        "therapist": one.therapist.title,
        "room": one.room.name,
        "location": one.location.name,
        "booked_by": who(one.booked_by, client),
    }


def waitlist(client: Client) -> Part:
    offers = Prefetch("offers", WaitlistOffer.objects.select_related("therapist"))
    found = client.waitlist.select_related("option__service", "therapist", "added_by")
    return Part(
        [
            facts(one, "created_at", "first_day", "last_day", "part_of_day", "status")
            | {
                "service": one.option.service.name,
                "minutes": one.option.minutes,
                "therapist": one.therapist.title if one.therapist else None,
                "added_by": who(one.added_by, client),
                "offers": [facts(row, "starts_at", "status", "reason") for row in one.offers.all()],
            }
            for one in found.prefetch_related(offers)
        ]
    )


def calendars(client: Client) -> Part:
    """Calendar links to the visits; we store only the hash of a link."""
    found = client.feeds.order_by("created_at")
    return Part([facts(one, "created_at", "read_at", "revoked_at") for one in found])


def long_gone(now: datetime) -> QuerySet[Client]:
    """Clients whose clinical records have been kept long enough; a person decides."""
    since = PERIODS["clinical"].before(now)
    lately = Appointment.objects.filter(client=OuterRef("pk"), starts_at__gte=since)
    # A client whose date of birth we never learned counts as born on the day they were added.
    of_age = Q(birth_date__lt=born_before(now)) | Q(
        birth_date=None, created_at__date__lt=born_before(now)
    )
    return Client.objects.filter(of_age, ~Exists(lately), created_at__lt=since).order_by(
        "created_at"
    )
