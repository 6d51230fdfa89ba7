"""A session that nobody uses ends, a page warns before, and what was typed stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.test import Client as Browser
from django.utils import timezone

from clinic.accounts import idle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page
    from pytest_django import DjangoAssertNumQueries

    from clinic.models import Client, Location, User

pytestmark = pytest.mark.django_db
STAY = "/accounts/stay/"
DESK, PORTAL = "/desk/messages/", "/portal/"


def in_(minutes: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=False)


@pytest.mark.parametrize(("page", "minutes"), [(DESK, 15), (PORTAL, 20)])
def test_a_session_ends_when_nobody_did_anything_for_too_long(
    as_desk: Browser,
    as_client: Browser,
    client_record: Client,
    location: Location,
    page: str,
    minutes: int,
) -> None:
    browser = as_desk if page == DESK else as_client
    assert browser.get(page).status_code == 200
    with in_(minutes - 0.1):
        assert browser.get(page).status_code == 200  # and begins anew
    with in_(2 * minutes - 0.3):
        assert browser.get(page).status_code == 200
    with in_(3 * minutes):
        answer = browser.get(page)
    assert answer.headers["Location"] == f"/accounts/login/?next={page}"
    assert "_auth_user_id" not in browser.session


def test_what_a_page_asks_by_itself_is_no_sign_of_life(
    as_desk: Browser, location: Location
) -> None:
    as_desk.get(DESK)
    for minutes in (5, 10, 14):
        with in_(minutes):
            assert as_desk.get(DESK, headers={"X-Background": "1"}).status_code == 200
            assert as_desk.get(STAY, headers={"X-Background": "1"}).json()["seconds"] > 0
    with in_(15.1):
        assert as_desk.get(DESK, headers={"X-Background": "1"}).status_code == 302


def test_saying_that_one_is_there_keeps_the_session(as_desk: Browser, location: Location) -> None:
    as_desk.get(DESK)
    with in_(14):
        assert as_desk.get(STAY).json()["seconds"] <= 15 * 60
        told = as_desk.post(STAY, headers={"X-Background": "1"}).json()
    assert told["seconds"] == 15 * 60
    assert told["token"]
    with in_(28):
        assert as_desk.get(DESK).status_code == 200


def test_after_the_end_no_time_is_left_and_the_token_still_comes(
    as_desk: Browser, location: Location
) -> None:
    as_desk.get(DESK)
    with in_(16):
        told = as_desk.get(STAY, headers={"X-Background": "1"}).json()
    assert told["seconds"] == 0
    assert told["token"]


def test_staying_needs_the_token_like_every_change(desk_user: User, location: Location) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(desk_user)
    assert browser.post(STAY).status_code == 403


def test_twelve_hours_are_the_end_whatever_happens(as_desk: Browser, location: Location) -> None:
    start = datetime.now(tz=location.zone)
    as_desk.get(DESK)
    for minutes in range(10, 12 * 60, 10):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            assert as_desk.get(DESK).status_code == 200
    with time_machine.travel(start + timedelta(hours=12, minutes=1), tick=False):
        assert as_desk.get(DESK).status_code == 302


def test_a_quick_succession_of_pages_writes_the_session_once(
    as_desk: Browser, location: Location, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    as_desk.get(STAY)
    with django_assert_num_queries(3):  # session, user, clinic
        as_desk.get(STAY)


def test_visitors_are_asked_nothing(anonymous: Browser, location: Location) -> None:
    page = anonymous.get("/").text
    assert "session-end" not in page
    assert "session" not in anonymous.cookies


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_page_warns_extends_and_keeps_what_was_typed(
    open_page: Callable[..., Page],
    as_desk: Browser,
    client_record: Client,
    location: Location,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(idle, "STAFF", timedelta(seconds=6))
    monkeypatch.setattr(idle, "WARNING", timedelta(seconds=4))
    monkeypatch.setattr(idle, "STEP", 0)
    page = open_page(f"/desk/clients/{client_record.pk}/prescriptions/upload/", as_=as_desk)
    note = page.get_by_label("Anything we should know?")
    note.fill("Came by fax")
    page.get_by_text("Are you still there?").wait_for(timeout=15000)
    page.get_by_role("button", name="Stay signed in").click()
    page.get_by_text("Are you still there?").wait_for(state="hidden")
    page.get_by_text("You have been signed out.").wait_for(timeout=20000)
    assert note.input_value() == "Came by fax"
