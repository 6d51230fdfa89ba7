"""What was treated, held against what the order names. Pure, but for what is read of a visit.

A therapist treats what was ordered; what lies outside is done at the client's wish, is said, and is
a line of its own on the bill: "not prescribed". An order that names no place sets no limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from clinic import body
from prescriptions import areas
from treatment.errors import NoMinutesOutside, NoPlaceOutside, NothingTreated, TooManyOutside

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from booking.models import Appointment
    from treatment.models import Visit

T = TypeVar("T")


def ordered_of(appointment: Appointment) -> list[str]:
    """The places that a visit's order names; none: it has no order, or one without limit."""
    if appointment.reservation is None:
        return []
    return [one.place for one in appointment.reservation.prescription.regions.all()]


def untold(visit: Visit) -> list[body.Place]:
    """Treated places that the order does not name, if no minutes outside it are told.

    A session that was recorded before its order came in was never held against it.
    """
    if any(row.outside for row in visit.minutes.all()):
        return []
    return areas.known(areas.outside(ordered_of(visit.appointment), visit.regions))


def checked(
    ordered: Sequence[str],
    treated: Sequence[str] | None,
    minutes: Mapping[T, int],
    outside: Mapping[T, int],
) -> tuple[list[str], dict[T, int]]:
    """The treated places, head to foot, and the minutes outside the order, by technique.

    `treated`: None is what was ordered. Where there is no limit nothing is outside.

    Raises:
        NothingTreated: the order names places, and none is said to be treated.
        TooManyOutside: more minutes outside than there are of a technique.
        NoMinutesOutside: another place was treated, and no minutes of it are told.
        NoPlaceOutside: minutes outside, and no place.
    """
    known = body.places_by_key()
    places = [key for key in known if key in (ordered if treated is None else treated)]
    if not ordered:
        return places, {}
    if not places:
        raise NothingTreated
    counted = {technique: count for technique, count in outside.items() if count > 0}
    for technique, count in counted.items():
        if count > minutes.get(technique, 0):
            raise TooManyOutside(str(technique), minutes.get(technique, 0))
    beyond = areas.outside(ordered, places)
    if beyond and not counted:
        raise NoMinutesOutside([known[key].label for key in beyond])
    if counted and not beyond:
        raise NoPlaceOutside
    return places, counted
