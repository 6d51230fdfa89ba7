"""Every page of the diary's rules opens, for those who may open it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone

from booking.models import ClosedDate, TimeOff
from clinic.models import Training

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from django.test import Client as Browser

    from clinic.models import Location, Room, Service, ServiceOption, Therapist

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
