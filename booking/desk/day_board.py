"""The diary, shaped for the day board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils import timezone

from booking import selectors
from booking.desk import board
from booking.desk.board import State
from booking.models import Appointment, AppointmentStatus
from booking.models.appointment import busy
from booking.times import daysheet
from booking.visits import readiness
from clinic import access
from clinic.models import Location
from clinic.people import owed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from django.http import HttpRequest

    from clinic.models import User


def places() -> list[Location]:
    return list(Location.objects.order_by("position", "name"))


def elsewhere(
    asked: Mapping[str, str], opened: Appointment | None, known: Sequence[Location], here: Location
) -> Location | None:
    """The other location that the URL names, or where the opened visit is; None: this one."""
    named = str(opened.location_id) if opened else asked.get("location", "")
    found = next((one for one in known if str(one.pk) == named), None)
    return None if found == here else found


def without_location(request: HttpRequest) -> str:
    rest = request.GET.copy()
    rest.pop("location", None)
    return f"{request.path}?{rest.urlencode()}" if rest else request.path


def day_board(location: Location, day: date, user: User, only: str = "") -> dict[str, Any]:
    """The board of a day and its counts, in a constant number of queries.

    A therapist sees that coworkers are busy, but not with whom. What clients owe is read for those
    who take payments. `only`: the state that is looked for.
    """
    now = timezone.now()
    on_board = Appointment.objects.filter(location=location).on(day, location.zone)
    on_board = on_board.filter(busy(now) | Q(status=AppointmentStatus.NO_SHOW))
    on_board = on_board.with_names().select_related("offer__entry__client")
    found = list(on_board.order_by("starts_at"))
    clients = {one.client_id for one in found if one.client_id is not None}
    agreed = [appointment for appointment in found if appointment.status != AppointmentStatus.HELD]
    built = board.build(
        day=day,
        zone=location.zone,
        therapists=list(selectors.therapists()),
        sheet=daysheet.read(location, day),
        appointments=found,
        ready=readiness.of_all(agreed),
        now=now,
        owed=owed.owed_by(clients) if access.handles_money(user) else {},
    )
    built.only = next((state for state in State if state == only), None)
    if not access.sees_all_clients(user):
        theirs = access.clients_seen_by(user).filter(pk__in=[one.client_id for one in agreed])
        known = set(theirs.values_list("pk", flat=True))
        for lane in built.lanes:
            for tile in lane.tiles:
                tile.is_private = tile.appointment.client_id not in known
    return {
        "board": built,
        "visits": sum(one.status != AppointmentStatus.NO_SHOW for one in agreed),
        "waiting": sum(appointment.status == AppointmentStatus.ARRIVED for appointment in agreed),
    }
