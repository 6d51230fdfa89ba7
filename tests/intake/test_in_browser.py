"""The intake in a real browser: by keyboard, saved as one goes, nothing for axe to find."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from intake import services
from intake.models import QuestionnaireResponse
from tests.browser import COMPUTER, PHONE, faults, resize
from tests.intake.factories import answered_intake, completed_intake, loaded_questionnaire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client as Session
    from playwright.sync_api import Browser, Page
    from pytest_django.live_server_helper import LiveServer

    from booking.models import Appointment
    from clinic.models import Client, Location

    OpenPage = Callable[[str, Session], Page]

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def open_as(chromium: Browser, live_server: LiveServer) -> Iterator[OpenPage]:
    contexts = []

    def opened(path: str, session: Session) -> Page:
        context = chromium.new_context(
            viewport={"width": PHONE, "height": 800}, reduced_motion="reduce"
        )
        contexts.append(context)
        for name, cookie in session.cookies.items():
            context.add_cookies([{"name": name, "value": cookie.value, "url": live_server.url}])
        page = context.new_page()
        page.goto(live_server.url + path, wait_until="load")
        return page

    yield opened
    for context in contexts:
        context.close()


def section(client: Client, name: str) -> str:
    loaded_questionnaire()
    response = services.start(actor=client.user, client=client)
    return reverse("intake:section", args=[response.pk, name])


def test_the_body_map_works_by_keyboard_and_saves_itself(
    open_as: OpenPage, as_client: Session, client_record: Client, location: Location
) -> None:
    page = open_as(section(client_record, "body"), as_client)
    page.locator('[data-place="front-head-middle"]').focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    neck = page.locator('[data-place="front-neck-middle"]')
    expect(neck).to_be_focused()
    expect(neck).to_have_attribute("aria-checked", "true")
    page.get_by_label("Strength, 0 to 10 (Front of the neck)").select_option("8")
    expect(page.get_by_text("Saved")).to_be_visible()
    page.get_by_role("button", name="Next").click()

    (mark,) = QuestionnaireResponse.objects.get().marks
    assert (mark["place"], mark["intensity"]) == ("front-neck-middle", 8)


def test_the_list_and_the_drawing_are_one(
    open_as: OpenPage, as_client: Session, client_record: Client, location: Location
) -> None:
    page = open_as(section(client_record, "body"), as_client)
    page.get_by_role("button", name="Show all areas as a list").click()
    page.locator("#places").get_by_label("Left knee", exact=True).check()
    drawn = page.locator('[data-place="front-knee-left"]')
    expect(drawn).to_have_attribute("aria-checked", "true")
    drawn.click()
    expect(page.locator("#places").get_by_label("Left knee", exact=True)).not_to_be_checked()


def test_an_emergency_answer_shows_911_without_pressing_next(
    open_as: OpenPage, as_client: Session, client_record: Client, location: Location
) -> None:
    page = open_as(section(client_record, "today"), as_client)
    page.get_by_label("Chest pain or pressure").check()
    expect(page.get_by_role("heading", name="Please call 911 now")).to_be_visible()


def test_follow_ups_appear_when_they_apply_and_none_stands_alone(
    open_as: OpenPage, as_client: Session, client_record: Client, location: Location
) -> None:
    page = open_as(section(client_record, "health"), as_client)
    where = page.get_by_label("Where on your body?")
    expect(where).to_be_hidden()
    page.get_by_label("A rash").check()
    expect(where).to_be_visible()
    skin = page.get_by_role("group", name="Do you have any of these on your skin?")
    skin.get_by_label("None of these").check()
    expect(page.get_by_label("A rash")).not_to_be_checked()
    expect(where).to_be_hidden()


def test_the_clients_pages_are_accessible(
    open_as: OpenPage,
    as_client: Session,
    client_record: Client,
    location: Location,
    live_server: LiveServer,
) -> None:
    response = answered_intake(client_record, surgery="unsure")
    names = ["today", "goals", "body", "health", "injuries", "messages"]
    paths = [reverse("intake:section", args=[response.pk, name]) for name in names]
    paths += [reverse("intake:start"), reverse("intake:review", args=[response.pk])]
    page = open_as(paths[0], as_client)
    for number, path in enumerate(paths):
        # Each page at one of the two: its parts are the same, and each of them comes at both.
        page.goto(f"{live_server.url}{path}")
        resize(page, width=COMPUTER if number % 2 else PHONE, dark=bool(number % 2))
        assert faults(page) == [], path
    page.get_by_role("button", name="Sign").click()
    assert faults(page) == [], "with errors"


def test_the_stop_and_the_signed_pages_are_accessible(
    open_as: OpenPage, as_client: Session, client_record: Client, location: Location
) -> None:
    signed = completed_intake(client_record, today=["fever"])
    page = open_as(reverse("intake:signed", args=[signed.pk]), as_client)
    assert faults(page) == []
    stopped = answered_intake(client_record, emergency_signs=["chest_pain"])
    page = open_as(reverse("intake:emergency", args=[stopped.pk]), as_client)
    assert faults(page) == []


def test_the_desks_pages_are_accessible(
    open_as: OpenPage,
    as_therapist: Session,
    in_care: Appointment,
    client_record: Client,
    location: Location,
) -> None:
    response = completed_intake(client_record, blood_clot="unsure", allergies="unsure")
    paths = [
        reverse("intake:desk"),
        reverse("intake:desk-response", args=[response.pk]),
        reverse("intake:client-panel", args=[client_record.pk]),
    ]
    for path in paths:
        page = open_as(path, as_therapist)
        assert faults(page) == [], path
        resize(page, width=COMPUTER, dark=True)
        assert faults(page) == [], path
