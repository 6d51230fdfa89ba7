from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.booking.factories import at, make_hours, make_policy, weekday_ahead

if TYPE_CHECKING:
    from datetime import date, datetime

    from booking.models import BookingPolicy
    from clinic.models import Location, Room, ServiceOption, Therapist


@pytest.fixture
def policy(location: Location) -> BookingPolicy:
    return make_policy(location)


@pytest.fixture
def diary(
    therapists: list[Therapist], rooms: list[Room], location: Location, policy: BookingPolicy
) -> list[Therapist]:
    """Four therapists, three rooms, Monday to Friday nine to six."""
    make_hours(therapists, location)
    return therapists


@pytest.fixture
def day() -> date:
    return weekday_ahead()


@pytest.fixture
def ten(location: Location, day: date) -> datetime:
    """Ten in the morning of a weekday ahead."""
    return at(location, "10:00", day)


@pytest.fixture
def relaxing(options: dict[tuple[str, int], ServiceOption]) -> ServiceOption:
    """An hour that needs no prescription."""
    return options["therapeutic", 60]


@pytest.fixture
def slot(
    therapist: Therapist, rooms: list[Room], location: Location, policy: BookingPolicy
) -> Therapist:
    """One therapist who has room for exactly one hour each weekday, at ten."""
    make_hours([therapist], location, "10:00", "11:00")
    return therapist
