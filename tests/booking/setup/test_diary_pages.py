"""Every page of the diary's rules opens, for those who may open it."""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from booking.models import ClosedDate, DateHours, TimeOff, WorkingHours
from clinic.models import Room, Service, ServiceOption, Training
from tests import factories
from tests.booking.factories import at, booked_appointment

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from django.test import Client as Browser

    from clinic.models import Location, Therapist

pytestmark = pytest.mark.django_db

READ = ["overview", "hours-list", "hours", "time-off", "closed"]
DESK = [*READ, "time-off-new", "time-off-change", "time-off-remove"]
MANAGER = [
    *("week", "date", "closed-new", "holidays", "closed-open", "rooms", "room-new", "room"),
    *("therapists", "therapist-new", "therapist", "training-new", "training"),
    *("services", "service-new", "service", "option-new", "option", "rules"),
]


@pytest.fixture
def ids(
    diary: list[Therapist],
    rooms: list[Room],
    location: Location,
    services: dict[str, Service],
    option60: ServiceOption,
    day: date,
) -> dict[str, UUID]:
    off = TimeOff.objects.create(
        therapist=diary[1],
        location=location,
        starts_at=timezone.now() + timedelta(days=2),
        ends_at=timezone.now() + timedelta(days=3),
    )
    closed = ClosedDate.objects.create(location=location, day=day, name="Stocktaking")
    training = Training.objects.create(name="Oncology massage")
    return {
        "therapist_id": diary[0].pk,
        "time_off_id": off.pk,
        "closed_id": closed.pk,
        "room_id": rooms[0].pk,
        "training_id": training.pk,
        "service_id": option60.service_id,
        "option_id": option60.pk,
    }


NEEDS = {
    **dict.fromkeys(("hours", "week", "date", "therapist"), "therapist_id"),
    **dict.fromkeys(("time-off-change", "time-off-remove"), "time_off_id"),
    "closed-open": "closed_id",
    "room": "room_id",
    "training": "training_id",
    "service": "service_id",
    "option-new": "service_id",
    "option": "option_id",
}


def url(name: str, ids: dict[str, UUID]) -> str:
    return reverse(f"diary:{name}", args=[ids[NEEDS[name]]] if name in NEEDS else [])


@pytest.mark.parametrize("name", [*DESK, *MANAGER])
def test_a_manager_opens_every_page(as_manager: Browser, ids: dict[str, UUID], name: str) -> None:
    answer = as_manager.get(url(name, ids))
    assert answer.status_code == 200
    assert answer.content.count(b"<h1") == 1


@pytest.mark.parametrize("name", DESK)
def test_the_desk_reads_the_hours_and_enters_time_off(
    as_desk: Browser, ids: dict[str, UUID], name: str
) -> None:
    assert as_desk.get(url(name, ids)).status_code == 200


@pytest.mark.parametrize("name", MANAGER)
def test_the_desk_sets_nothing_else(as_desk: Browser, ids: dict[str, UUID], name: str) -> None:
    assert as_desk.get(url(name, ids)).status_code == 403
    assert as_desk.post(url(name, ids)).status_code == 403


@pytest.mark.parametrize("name", READ)
def test_what_the_desk_may_only_read_offers_it_no_way_to_change(
    as_desk: Browser, ids: dict[str, UUID], name: str
) -> None:
    text = as_desk.get(url(name, ids)).content.decode()
    for closed in ("week", "date", "closed-new", "holidays", "closed-open", "rooms", "rules"):
        assert url(closed, ids) not in text


@pytest.mark.parametrize(
    "name",
    ["overview", "hours-list", "hours", "time-off", "closed", "rooms", "therapists", "services"],
)
def test_a_list_takes_as_many_queries_for_many_rows_as_for_few(
    as_manager: Browser, ids: dict[str, UUID], location: Location, day: date, name: str
) -> None:
    """Hours with breaks, time off, closed dates, rooms, people and prices: more of each."""

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert as_manager.get(url(name, ids)).status_code == 200
        return len(captured)

    stock(location, day, 1)
    few = queries()
    for number in range(2, 6):
        stock(location, day, number)
    assert queries() == few


def stock(location: Location, day: date, number: int) -> None:
    """One more of everything that the lists show."""
    training = Training.objects.create(name=f"Training {number}")
    service = Service.objects.create(
        name=f"Service {number}", kind="therapeutic", training=training
    )
    option = ServiceOption.objects.create(service=service, minutes=60, price_cents=100)
    room = Room.objects.create(location=location, name=f"Room {number + 9}")
    room.services.add(service)
    person = factories.make_therapist(f"Person {number}", position=number + 9)
    person.trainings.add(training)
    hours = WorkingHours.objects.create(
        therapist=person, location=location, weekday=0, starts=time(9), ends=time(12)
    )
    hours.breaks.create(starts=time(10), ends=time(11))
    ahead = day + timedelta(days=number)
    DateHours.objects.create(therapist=person, location=location, day=ahead)
    ClosedDate.objects.create(location=location, day=ahead)
    start = timezone.now() + timedelta(days=40 + number)
    TimeOff.objects.create(
        therapist=person, location=location, starts_at=start, ends_at=start + timedelta(hours=1)
    )
    # In a room out of use, so that the overview lists it.
    gone = Room.objects.create(location=location, name=f"Gone {number}", is_active=False)
    booked_appointment(
        factories.make_client("Client", f"Number {number}"),
        therapist=person,
        room=gone,
        option=option,
        starts_at=at(location, "10:00", day),
    )
