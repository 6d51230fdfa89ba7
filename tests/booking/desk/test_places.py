"""The desk works at one location at a time; none, and it is told to set the clinic up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from booking.models import Appointment
from clinic.models import Location
from tests.booking.factories import at, booked_appointment, make_hours, make_policy
from tests.factories import make_client, make_location, make_rooms

if TYPE_CHECKING:
    from datetime import date

    from django.test import Client as Browser

    from clinic.models import Client, ServiceOption, Therapist

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(location: Location, diary: list[Therapist]) -> Location:
    """Across the river: one therapist works there on weekdays, too early for the first."""
    there = make_location(name="Beacon East", position=9)
    make_rooms(there)
    make_policy(there)
    make_hours([diary[3]], there, "06:00", "08:30")
    return there


def test_the_board_shows_one_location_and_keeps_it(
    as_desk: Browser,
    second: Location,
    client_record: Client,
    day: date,
    diary: list[Therapist],
) -> None:
    booked_appointment(client_record, starts_at=at(second, "07:00", day), location=second)
    other = make_client("Bo", "Two")
    booked_appointment(other, starts_at=at(second, "10:00", day), therapist=diary[1])
    board = reverse("booking:day")
    here = as_desk.get(board, {"day": str(day)}).text
    assert "Bo Two" in here
    assert "Ana Lima" not in here
    there = as_desk.get(board, {"day": str(day), "location": str(second.pk)}, follow=True).text
    assert "Ana Lima" in there
    assert "Bo Two" not in there
    assert "Ana Lima" in as_desk.get(board, {"day": str(day)}).text
    assert as_desk.get(board, {"location": "x"}).status_code == 200


def test_a_board_that_asks_for_itself_stays_where_it_is(
    as_desk: Browser, second: Location, client_record: Client, day: date
) -> None:
    """Another tab may have chosen another location since; neither changes the other."""
    booked_appointment(client_record, starts_at=at(second, "07:00", day), location=second)
    board, live = reverse("booking:day"), {"HX-Request": "true", "HX-Target": "live"}
    first = Location.objects.exclude(pk=second.pk).get()
    assert f"location={first.pk}" in as_desk.get(board, {"day": str(day)}).text
    asked = as_desk.get(board, {"day": str(day), "location": str(second.pk)}, headers=live)
    assert "Ana Lima" in asked.text
    assert "location=" not in asked.text
    assert "Ana Lima" not in as_desk.get(board, {"day": str(day)}).text  # still at the first


def test_what_is_booked_there_is_there(
    as_desk: Browser,
    second: Location,
    client_record: Client,
    relaxing: ServiceOption,
    day: date,
) -> None:
    as_desk.get(reverse("booking:day"), {"location": str(second.pk)})
    url = reverse("booking:desk-what", args=[client_record.pk]) + f"?option={relaxing.pk}"
    seven = at(second, "07:00", day)
    assert "7:00 am" in as_desk.get(f"{url}&day={day}").text
    done = as_desk.post(url, {"start": seven.isoformat(), "therapist": ""})
    assert done.status_code == 302
    made = Appointment.objects.get()
    assert (made.location, made.room.location) == (second, second)


def test_a_visit_elsewhere_leads_to_the_board_of_its_location(
    as_desk: Browser, second: Location, client_record: Client, day: date
) -> None:
    visit = booked_appointment(client_record, starts_at=at(second, "07:00", day), location=second)
    query = {"day": str(day), "open": str(visit.pk)}
    page = as_desk.get(reverse("booking:day"), query, follow=True)
    assert page.context["here"] == second
    assert "panel-title" in page.text


@pytest.mark.parametrize("name", ["booking:day", "diary:overview"])
def test_without_a_location_each_page_says_to_set_the_clinic_up(
    as_manager: Browser, name: str
) -> None:
    assert not Location.objects.exists()
    page = as_manager.get(reverse(name))
    assert "Set up the clinic first" in page.text
    assert reverse("admin:clinic_location_add") in page.text
