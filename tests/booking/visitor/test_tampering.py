"""A request is not a page: whatever it says, only what is offered at the price shown is booked."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.utils import timezone

from booking.models import Appointment, BookingPolicy, TimeOff
from clinic.models import Client, ServiceOption, Therapist, Training
from tests.booking.factories import booked_appointment
from tests.booking.visitor.test_visitor_flow import ANA, press

if TYPE_CHECKING:
    from datetime import datetime

    from django.test import Client as Browser

    from clinic.models import Location, Service

pytestmark = pytest.mark.django_db

DETAILS = "/book/details/"


def shown(page: str) -> dict[str, str]:
    """The hidden fields with which the page of details says what it shows."""
    found = {}
    for name in ("start", "option", "price", "self_price"):
        value = re.search(rf'name="{name}"\s+value="([^"]+)"', page)
        assert value is not None, name
        found[name] = value[1]
    return found


def nothing_booked() -> bool:
    return not Appointment.objects.exclude(status="held").exists()


@pytest.fixture
def chosen(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> dict[str, str]:
    press(anonymous, option60, ten)
    return {**ANA, **shown(anonymous.get(DETAILS).text)}


def test_what_the_page_shows_is_booked(anonymous: Browser, chosen: dict[str, str]) -> None:
    assert anonymous.post(DETAILS, chosen).status_code == 302


def test_a_price_of_ones_own_is_refused(anonymous: Browser, chosen: dict[str, str]) -> None:
    for price in ("1", "", "10000.0", "-10000", "x"):
        answer = anonymous.post(DETAILS, {**chosen, "price": price})
        assert answer.status_code == 422
        assert "price of this session has changed" in answer.text
    assert nothing_booked()


def test_a_price_that_changed_meanwhile_is_shown_before_it_is_agreed_to(
    anonymous: Browser, chosen: dict[str, str], option60: ServiceOption
) -> None:
    ServiceOption.objects.filter(pk=option60.pk).update(price_cents=12_000)
    answer = anonymous.post(DETAILS, chosen)
    assert answer.status_code == 422
    assert "$120.00" in answer.text
    assert 'value="Lima"' in answer.text
    assert nothing_booked()
    assert anonymous.post(DETAILS, {**ANA, **shown(answer.text)}).status_code == 302
    assert Appointment.objects.get(status="booked").price_cents == 12_000


def test_the_price_without_a_prescription_is_the_one_shown(
    anonymous: Browser,
    chosen: dict[str, str],
    options: dict[tuple[str, int], ServiceOption],
) -> None:
    without = options["therapeutic", 60]
    ServiceOption.objects.filter(pk=without.pk).update(price_cents=14_000)
    answer = anonymous.post(DETAILS, {**chosen, "pay": "self"})
    assert answer.status_code == 422
    assert "self-pay, $140.00" in answer.text
    again = {**ANA, **shown(answer.text), "pay": "self"}
    assert anonymous.post(DETAILS, again).status_code == 302
    made = Appointment.objects.get()
    assert (made.option, made.price_cents) == (without, 14_000)


def test_another_length_than_the_one_chosen_is_refused(
    anonymous: Browser, chosen: dict[str, str], options: dict[tuple[str, int], ServiceOption]
) -> None:
    longer = {**chosen, "option": str(options["medical", 90].pk), "minutes": "90"}
    answer = anonymous.post(DETAILS, longer)
    assert answer.status_code == 422
    assert "another time or session" in answer.text
    assert nothing_booked()


def test_minutes_in_the_request_change_nothing(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    press(anonymous, option60, ten, minutes="240", price="1", room=str(uuid4()))
    held = Appointment.objects.get()
    assert held.ends_at - held.starts_at == timedelta(minutes=60)
    assert held.price_cents == option60.price_cents


def test_a_therapist_who_does_not_exist_or_takes_no_bookings_is_refused(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    Therapist.objects.filter(pk=diary[1].pk).update(is_active=False)
    for who in (str(uuid4()), str(diary[1].pk), "x"):
        answer = press(anonymous, option60, ten, therapist=who)
        assert answer.status_code == 422
        assert "not taking bookings" in answer.text
    assert not Appointment.objects.exists()


def test_a_therapist_without_the_training_is_refused(
    anonymous: Browser,
    diary: list[Therapist],
    option60: ServiceOption,
    services: dict[str, Service],
    ten: datetime,
) -> None:
    needed = Training.objects.create(name="Lymphatic drainage")
    services["medical"].training = needed
    services["medical"].save()
    diary[0].trainings.add(needed)
    assert press(anonymous, option60, ten, therapist=str(diary[1].pk)).status_code == 422
    assert not Appointment.objects.exists()
    assert press(anonymous, option60, ten, therapist=str(diary[0].pk)).status_code == 302


def test_a_start_inside_the_turnover_of_another_visit_is_refused(
    anonymous: Browser,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    other_client: Client,
) -> None:
    booked_appointment(other_client, starts_at=ten, therapist=diary[0])
    who = str(diary[0].pk)
    at_its_end = ten + timedelta(minutes=60)
    answer = press(anonymous, option60, at_its_end, therapist=who)
    assert answer.status_code == 422
    assert "no longer free" in answer.text
    assert press(anonymous, option60, ten + timedelta(minutes=75), therapist=who).status_code == 302


@pytest.mark.parametrize("away", ["yesterday", "soon", "horizon", "night", "grid", "second"])
def test_a_start_that_is_not_offered_is_refused(
    anonymous: Browser,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    policy: BookingPolicy,
    away: str,
) -> None:
    starts = {
        "yesterday": ten - timedelta(days=28),
        "soon": timezone.now().replace(second=0, microsecond=0) + timedelta(minutes=15),
        "horizon": ten + timedelta(days=7 * (policy.horizon_days // 7 + 1)),
        "night": ten - timedelta(hours=9),
        "grid": ten + timedelta(minutes=7),
        "second": ten + timedelta(seconds=1),
    }
    answer = press(anonymous, option60, starts[away])
    assert answer.status_code == 422
    assert "data-error-summary" in answer.text
    assert not Appointment.objects.exists()


def test_a_hold_that_lapsed_before_somebody_went_on_leave_is_not_booked(
    anonymous: Browser,
    chosen: dict[str, str],
    diary: list[Therapist],
    location: Location,
    ten: datetime,
) -> None:
    Appointment.objects.all().delete()
    TimeOff.objects.create(
        location=location, starts_at=ten - timedelta(hours=1), ends_at=ten + timedelta(hours=2)
    )
    answer = anonymous.post(DETAILS, chosen)
    assert answer.status_code == 422
    assert "no longer free" in answer.text
    assert nothing_booked()


def test_an_option_that_is_not_sold_any_more_is_refused_with_all_that_was_typed(
    anonymous: Browser, chosen: dict[str, str], option60: ServiceOption
) -> None:
    ServiceOption.objects.filter(pk=option60.pk).update(is_active=False)
    answer = anonymous.post(DETAILS, chosen)
    assert answer.status_code == 422
    assert "cannot be booked" in answer.text
    assert 'value="Lima"' in answer.text
    assert nothing_booked()


@pytest.mark.parametrize("field", ["first_name", "birth_date", "phone", "email"])
def test_a_missing_or_repeated_field_is_no_accident(
    anonymous: Browser, chosen: dict[str, str], field: str
) -> None:
    without = {name: text for name, text in chosen.items() if name != field}
    assert anonymous.post(DETAILS, without).status_code == 422
    assert nothing_booked()
    twice = {**without, field: ["", chosen[field]]}
    assert anonymous.post(DETAILS, twice).status_code == 302


@pytest.mark.parametrize(
    ("born", "words"),
    [
        ("13/45/1981", "such as 04/12/1981"),
        ("April 12", "month/day/year"),
        ("01/01/2999", "in the future"),
        ("01/01/0081", "years ago"),
        ("01/01/1850", "years ago"),
        ("\x00", "month/day/year"),
    ],
)
def test_a_date_of_birth_that_makes_no_sense_gets_a_clear_word(
    anonymous: Browser, chosen: dict[str, str], born: str, words: str
) -> None:
    answer = anonymous.post(DETAILS, {**chosen, "birth_date": born})
    assert answer.status_code == 422
    assert words in answer.text
    assert nothing_booked()
