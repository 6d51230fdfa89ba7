"""How much one person may hold at once, and book online within a day, whatever they try."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from booking import throttle
from booking.models import Appointment
from booking.visits import caps
from tests.booking.racing import all_at_once
from tests.booking.visitor.test_for_two import TWO
from tests.booking.visitor.test_visitor_flow import ANA, press
from tests.conftest import browser_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from clinic.models import Client, ServiceOption, Therapist, User

DETAILS = "/book/details/"


@pytest.fixture(autouse=True)
def _nothing_else_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "HOLDS", 1000)
    monkeypatch.setattr(throttle, "BOOKINGS", 1000)


def times(ten: datetime) -> Iterator[datetime]:
    """One after the other, as far ahead as anyone needs, each on a weekday."""
    for days in range(40):
        day = ten + timedelta(days=days)
        if day.weekday() < 5:
            yield from (day + timedelta(hours=hours) for hours in (0, 2, 4))


def held() -> int:
    return Appointment.objects.filter(status="held").count()


def booked() -> int:
    return Appointment.objects.filter(status="booked").count()


@pytest.mark.django_db
def test_twenty_browsers_of_one_address_do_not_empty_the_diary(
    diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    starts = times(ten)
    answers = [press(Browser(), option60, next(starts)) for _ in range(20)]
    assert [answer.status_code for answer in answers] == [302] * 10 + [422] * 10
    assert "held from your network at this moment" in answers[-1].text
    assert held() == 10
    elsewhere = press(Browser(REMOTE_ADDR="198.51.100.7"), option60, next(starts))
    assert elsewhere.status_code == 302
    Appointment.objects.update(held_until=timezone.now())
    assert press(Browser(), option60, next(starts)).status_code == 302


@pytest.mark.django_db
def test_an_ipv6_household_is_one_network(
    diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    starts = times(ten)
    for number in range(11):
        answer = press(Browser(REMOTE_ADDR=f"2001:db8:1:2::{number}"), option60, next(starts))
    assert answer.status_code == 422


@pytest.mark.django_db
def test_one_browser_holds_one_time(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    anonymous.get(reverse("booking:time", args=[option60.pk]))
    for start in [ten, ten + timedelta(hours=2), ten + timedelta(hours=4)]:
        assert press(anonymous, option60, start).status_code == 302
        session: Any = anonymous.session
        session["booking"] = {}  # as if two clicks had known nothing of each other
        session.save()
    assert held() == 1
    assert Appointment.objects.get().starts_at == ten + timedelta(hours=4)


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
@pytest.mark.parametrize("signed_in", [True, False])
def test_posts_at_the_same_moment_leave_one_time_held(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    client_user: User,
    signed_in: bool,
) -> None:
    first = browser_for(client_user) if signed_in else Browser()
    starts = list(times(ten))[:7]
    first.get(reverse("booking:time", args=[option60.pk]))

    def click(number: int) -> str:
        browser = Browser()
        browser.cookies.update(first.cookies)
        return str(press(browser, option60, starts[number]).status_code)

    assert "302" in all_at_once(6, click)
    assert held() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_browsers_that_forget_their_cookies_are_counted_one_after_the_other(
    diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    starts = list(times(ten))
    done = all_at_once(
        14, lambda number: str(press(Browser(), option60, starts[number]).status_code)
    )
    assert sorted(done) == ["302"] * 10 + ["422"] * 4
    assert held() == 10


@pytest.mark.django_db
def test_one_login_holds_three_times_on_as_many_devices(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    client_user: User,
) -> None:
    starts = times(ten)
    devices = [browser_for(client_user) for _ in range(4)]
    answers = [press(device, option60, next(starts)) for device in devices]
    assert [answer.status_code for answer in answers] == [302, 302, 302, 422]
    assert "holding three other times" in answers[-1].text
    # A device that holds already may choose another time.
    assert press(devices[0], option60, next(starts)).status_code == 302
    assert held() == 3


@pytest.mark.django_db
def test_a_couple_counts_once(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    client_user: User,
) -> None:
    starts = times(ten)
    url = reverse("booking:two-time", args=[option60.pk])
    for _ in range(3):
        device = browser_for(client_user)
        assert device.post(url, {"start": next(starts).isoformat()}).status_code == 302
    assert held() == 6


@pytest.mark.django_db
def test_what_was_typed_is_kept_when_no_more_can_be_held(
    diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    mine, starts = Browser(), times(ten)
    press(mine, option60, next(starts))
    Appointment.objects.all().delete()
    for _ in range(10):
        press(Browser(), option60, next(starts))
    refused = mine.post(DETAILS, ANA)
    assert refused.status_code == 422
    assert "held from your network" in refused.text
    assert 'value="Lima"' in refused.text
    kept = mine.post(DETAILS, {**ANA, "go": "keep"}, follow=True)
    assert "held from your network" in kept.text
    assert 'value="Lima"' in kept.text


def book_one(browser: Browser, option: ServiceOption, start: datetime, **data: str) -> Any:
    assert press(browser, option, start).status_code == 302
    return browser.post(DETAILS, data)


@pytest.mark.django_db
def test_one_login_books_twelve_a_day_and_the_next_by_telephone(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    client_user: User,
) -> None:
    mine, starts = browser_for(client_user), times(ten)
    for number in range(12):
        somebody = {**ANA, "first_name": f"Ana {number}", "client": "new", "relationship": "parent"}
        answer = book_one(mine, option60, next(starts), **somebody)
        assert answer.status_code == 302, answer.text
    refused = book_one(mine, option60, next(starts), **somebody)
    assert refused.status_code == 422
    assert "Please call us for the next one" in refused.text
    assert 'value="Ana 11"' in refused.text
    assert booked() == 12
    Appointment.objects.filter(status="booked").update(
        booked_at=timezone.now() - timedelta(hours=25)
    )
    assert mine.post(DETAILS, somebody).status_code == 302


@pytest.mark.django_db
def test_one_unproven_address_books_six(
    diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    starts = times(ten)
    for number in range(7):
        visitor = {**ANA, "first_name": f"Ana {number}", "email": "Ana@Example.test "}
        browser = Browser(REMOTE_ADDR=f"198.51.100.{number}")
        answer = book_one(browser, option60, next(starts), **visitor)
    assert answer.status_code == 422
    assert booked() == 6
    other = Browser(REMOTE_ADDR="198.51.100.1")
    assert book_one(other, option60, next(starts), **ANA | {"email": "b@example.test"})
    assert booked() == 7


@pytest.mark.django_db
def test_one_network_books_twenty_under_whatever_addresses(
    diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    starts = times(ten)
    for number in range(23):
        visitor = {**ANA, "first_name": f"A{number}", "email": f"a{number}@example.test"}
        answer = book_one(Browser(), option60, next(starts), **visitor)
    assert answer.status_code == 422
    assert booked() == 20


@pytest.mark.django_db
def test_the_last_button_pressed_twice_on_the_last_one_allowed_is_no_refusal(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caps, "AHEAD", {"login": 1, "address": 1, "network": 1})
    mine = Browser()
    press(mine, option60, ten)
    before = dict(mine.session["booking"])
    assert mine.post(DETAILS, ANA).status_code == 302
    session: Any = mine.session
    session["booking"] = before
    session.save()
    assert mine.post(DETAILS, ANA).headers["Location"] == "/book/done/"
    assert booked() == 1


@pytest.mark.django_db
def test_two_are_booked_as_one(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caps, "AHEAD", {"login": 1, "address": 2, "network": 9})
    starts, url = times(ten), reverse("booking:two-time", args=[option60.pk])
    for _ in range(2):
        browser = Browser()
        browser.post(url, {"start": next(starts).isoformat()})
        assert browser.post("/book/for-two/details/", TWO).status_code == 302
    assert booked() == 4


@pytest.mark.django_db
def test_staff_take_as_many_as_callers_need(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, desk_user: User
) -> None:
    starts = times(ten)
    for _ in range(12):
        assert press(browser_for(desk_user), option60, next(starts)).status_code == 302
    assert held() == 12
    assert set(Appointment.objects.values_list("held_by", flat=True).distinct()[0]) == set()


@pytest.mark.django_db
def test_who_booked_is_forgotten_after_two_days(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    book_one(anonymous, option60, ten, **ANA)
    visit = Appointment.objects.get()
    assert len(visit.held_by) == 3
    assert caps.forget() == 0
    Appointment.objects.update(booked_at=timezone.now() - timedelta(days=2, minutes=1))
    assert caps.forget() == 1
    visit.refresh_from_db()
    assert visit.held_by == []
