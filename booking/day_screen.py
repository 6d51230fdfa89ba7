"""The diary shaped for the day board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from booking import board, daysheet, readiness, selectors
from booking.models import Appointment
from clinic import access

if TYPE_CHECKING:
    from datetime import date

    from clinic.models import Location, User


def day_board(location: Location, day: date, user: User) -> dict[str, Any]:
    """The board of a day and its counts, in a constant number of queries.

    A therapist sees that colleagues are busy, and not with whom.
    """
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
    if not access.sees_all_clients(user):
        theirs = access.clients_seen_by(user).filter(pk__in=[one.client_id for one in agreed])
        known = set(theirs.values_list("pk", flat=True))
        for lane in built.lanes:
            for tile in lane.tiles:
                tile.is_private = tile.appointment.client_id not in known
    return {
        "board": built,
        "visits": len(agreed),
        "waiting": sum(appointment.status == "arrived" for appointment in agreed),
    }
