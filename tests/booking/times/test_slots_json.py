from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.utils import timezone

from tests.booking.factories import booked_appointment
from tests.factories import make_location, make_therapist

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client, Location, ServiceOption, Therapist

pytestmark = pytest.mark.django_db

URL = "/book/slots.json"


def ask(browser: Browser, **query: str) -> Any:
    return browser.get(URL, {name.rstrip("_"): value for name, value in query.items()})


def test_free_times_of_a_day_with_their_offset_and_therapists(
    anonymous: Browser,
    diary: list[Therapist],
    option60: ServiceOption,
    day: date,
    ten: datetime,
    client_record: Client,
) -> None:
    booked_appointment(client_record, starts_at=ten, therapist=diary[0])
    answer = ask(anonymous, option=str(option60.pk), from_=str(day), to=str(day))
    assert answer.status_code == 200
    body = answer.json()
    assert body["timezone"] == "America/New_York"
    slots = {slot["start"]: slot["therapists"] for slot in body["slots"]}
    assert len(slots) == 33  # 9:00 to 17:00
    starts = [datetime.fromisoformat(text) for text in slots]
    assert starts == sorted(starts)
    assert starts[0].utcoffset() in {timedelta(hours=-5), timedelta(hours=-4)}
    local_ten = ten.astimezone(starts[0].tzinfo).isoformat()
    assert str(diary[0].pk) not in slots[local_ten]
    assert str(diary[1].pk) in slots[local_ten]


def test_one_therapist_alone(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption, day: date
) -> None:
    answer = ask(
        anonymous,
        option=str(option60.pk),
        from_=str(day),
        to=str(day),
        therapist=str(diary[2].pk),
    )
    assert {tuple(slot["therapists"]) for slot in answer.json()["slots"]} == {(str(diary[2].pk),)}


def test_another_location_has_its_own_hours(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption, day: date
) -> None:
    other = make_location(name="North", position=1)
    answer = ask(
        anonymous, option=str(option60.pk), from_=str(day), to=str(day), location=str(other.pk)
    )
    assert answer.json()["slots"] == []


TODAY = timezone.now().date()
LATER = str(TODAY + timedelta(days=3))


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"option": "00000000-0000-0000-0000-000000000001"}, "option"),
        ({"option": "sixty"}, "option"),
        ({"option": ""}, "option"),
        ({"from": "2026-02-30"}, "from"),
        ({"from": "11/24/2026"}, "from"),
        ({"to": ""}, "to"),
        ({"to": str(TODAY + timedelta(days=2))}, "to"),
        ({"to": str(TODAY + timedelta(days=3 + 62))}, "to"),
        ({"from": "2020-01-01", "to": "2020-01-02"}, "to"),
        ({"therapist": "Dana"}, "therapist"),
        ({"therapist": "00000000-0000-0000-0000-000000000001"}, "therapist"),
        ({"location": "00000000-0000-0000-0000-000000000001"}, "location"),
    ],
)
def test_a_mistake_is_a_problem_that_names_the_parameter(
    anonymous: Browser, option60: ServiceOption, query: dict[str, str], parameter: str
) -> None:
    asked = {"option": str(option60.pk), "from": LATER, "to": LATER, **query}
    answer = anonymous.get(URL, asked)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == 400
    assert parameter in {error["parameter"] for error in body["errors"]}
    assert body["detail"]


def test_sixty_two_days_are_allowed(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption
) -> None:
    last = str(TODAY + timedelta(days=3 + 61))
    assert ask(anonymous, option=str(option60.pk), from_=LATER, to=last).status_code == 200


def test_a_therapist_who_takes_no_bookings_is_unknown(
    anonymous: Browser, location: Location, option60: ServiceOption
) -> None:
    gone = make_therapist("Gone", is_active=False)
    answer = ask(anonymous, option=str(option60.pk), from_=LATER, to=LATER, therapist=str(gone.pk))
    assert answer.status_code == 400


def test_only_reading_is_possible(anonymous: Browser, location: Location) -> None:
    assert anonymous.post(URL).status_code == 405


def test_yesterday_is_past_by_the_clock_of_the_place_that_is_asked_for(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption, location: Location
) -> None:
    west = make_location(name="West", timezone="Pacific/Honolulu", position=9)
    with time_machine.travel("2026-12-02 07:00Z", tick=False):  # the 2nd in New York, the 1st there
        for place, day, status in (
            (location, "2026-12-01", 400),
            (location, "2026-12-02", 200),
            (west, "2026-12-01", 200),
            (west, "2026-11-30", 400),
        ):
            query = {"option": str(option60.pk), "from_": day, "to": day}
            assert ask(anonymous, **query, location=str(place.pk)).status_code == status
        answer = ask(anonymous, option=str(option60.pk), from_="2026-11-29", to="2026-12-01")
    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"parameter": "to", "detail": "That is in the past."}]
