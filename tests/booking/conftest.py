from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.booking.factories import at, make_hours, make_policy, weekday_ahead

if TYPE_CHECKING:
    from datetime import date, datetime

    from booking.models import BookingPolicy
    from clinic.models import Location, Room, Therapist


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
