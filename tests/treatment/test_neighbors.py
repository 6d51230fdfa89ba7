"""Who is beside a session: in the room, or with the same therapist."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.booking.factories import booked_appointment
from tests.factories import make_rooms, make_therapist
from tests.treatment.factories import earlier_today, mid_afternoon
from treatment import neighbors
from treatment.models import Visit
from treatment.plausibility import Times

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from booking.models import Appointment
    from clinic.models import Client, Location, ServiceOption, User

    Options = dict[tuple[str, int], ServiceOption]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _afternoon() -> Iterator[None]:
    with mid_afternoon():
        yield


def recorded(appointment: Appointment, start: datetime) -> Visit:
    return Visit.objects.create(
        appointment=appointment,
        therapist=appointment.therapist,
        status=Visit.Status.FINISHED,
        arrived_at=start,
        started_at=start,
        stopped_at=start + timedelta(minutes=55),
    )


@pytest.mark.parametrize("together", [True, False])
def test_a_couple_shares_its_room_and_is_not_in_each_others_way(
    location: Location,
    client_record: Client,
    other_client: Client,
    desk_user: User,
    options: Options,
    together: bool,
) -> None:
    """Others who were recorded in that room then are, though they were booked for later."""
    start = earlier_today(4)
    place: dict[str, Any] = {"room": make_rooms(location)[-1], "option": options["therapeutic", 60]}
    ours = uuid4()
    mine = booked_appointment(
        client_record,
        starts_at=start,
        therapist=make_therapist("Dana Ruiz"),
        party=ours,
        seat=0,
        **place,
    )
    theirs = booked_appointment(
        other_client,
        starts_at=start if together else start + timedelta(hours=2),
        therapist=make_therapist("Theo Park"),
        party=ours if together else uuid4(),
        seat=1,
        **place,
    )
    recorded(theirs, start)
    times = Times(start, start, start + timedelta(minutes=55))
    [found] = neighbors.of(recorded(mine, start), mine.therapist, times, reader=desk_user)
    assert (found.same_room, found.same_therapist) == (not together, False)
    assert found.client == other_client.name
