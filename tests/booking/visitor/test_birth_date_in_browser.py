"""A date of birth typed with what a phone's numeric keypad has, key by key (B1)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from clinic.models import Client
from tests.browser import faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client as Session
    from playwright.sync_api import Browser, Locator, Page
    from pytest_django.live_server_helper import LiveServer

    from clinic.models import ServiceOption, Therapist, User

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
    "device_scale_factor": 3,
    "reduced_motion": "reduce",
    "user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
}
KEYPAD = set("0123456789")  # inputmode=numeric on an iPhone has nothing else
BORN = date(1981, 4, 12)


@pytest.fixture
def details(
    chromium: Browser,
    live_server: LiveServer,
    diary: list[Therapist],
    option60: ServiceOption,
) -> Iterator[Page]:
    """Who is coming: the page of a booking, on a phone."""
    context = chromium.new_context(**PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(live_server.url + reverse("booking:time", args=[option60.pk]), wait_until="load")
    page.locator("form[aria-live] button.time").first.tap()
    page.wait_for_url("**/book/details/")
    yield page
    context.close()


def born(page: Page) -> Locator:
    field = page.locator("[name=birth_date]")
    field.tap()
    return field


def caret(field: Locator) -> int:
    place: int = field.evaluate("field => field.selectionStart")
    return place


def test_a_visit_is_booked_with_the_digits_of_the_keypad(details: Page) -> None:
    field = born(details)
    assert field.get_attribute("inputmode") == "numeric"
    seen = []
    for key in "04121981":
        assert key in KEYPAD
        details.keyboard.press(key)
        seen.append(field.input_value())
        assert caret(field) == len(seen[-1])
    expected = ["0", "04", "04/1", "04/12", "04/12/1", "04/12/19", "04/12/198", "04/12/1981"]
    assert seen == expected
    details.fill("[name=first_name]", "Ana")
    details.fill("[name=last_name]", "Lima")
    details.fill("[name=phone]", "2125550142")
    details.fill("[name=email]", "ana@example.test")
    details.locator("[name=pay]").first.check()
    assert faults(details) == []
    details.locator(".book-sum button").tap()
    details.wait_for_url("**/book/done/")
    assert Client.objects.get().birth_date == BORN


def test_separators_that_are_typed_stay_as_they_are(details: Page) -> None:
    field = born(details)
    for keys, shown in {
        "04.12.1981": "04.12.1981",
        "04 12 1981": "04 12 1981",
        "4/12/1981": "4/12/1981",
        "4-12-1981": "4-12-1981",
        "04/12/1981": "04/12/1981",
        "4/121981": "4/12/1981",
        "04.121981": "04.12.1981",
        "1981-04-12": "1981-04-12",
        "19810412": "19810412",
    }.items():
        field.fill("")
        for key in keys:
            details.keyboard.press("Space" if key == " " else key)
        assert field.input_value() == shown


def test_a_backspace_takes_back_one_sign_at_a_time(details: Page) -> None:
    field = born(details)
    details.keyboard.type("04121")
    seen = []
    for _ in range(6):
        details.keyboard.press("Backspace")
        seen.append(field.input_value())
    assert seen == ["04/12/", "04/12", "04/1", "04/", "04", "0"]
    details.keyboard.type("4121981")
    assert field.input_value() == "04/12/1981"


def test_a_digit_mended_in_the_middle_leaves_the_caret_there(details: Page) -> None:
    field = born(details)
    details.keyboard.type("05121981")
    for _ in range(8):
        details.keyboard.press("ArrowLeft")
    details.keyboard.press("Backspace")
    details.keyboard.press("4")
    assert (field.input_value(), caret(field)) == ("04/12/1981", 2)


def test_what_is_pasted_stays_until_the_field_is_left(details: Page) -> None:
    field, next_one = born(details), details.locator("[name=first_name]")
    for pasted, left in {
        "1981-04-12": "1981-04-12",
        "04121981": "04/12/1981",
        "4.12.1981": "4.12.1981",
        "19810412": "19810412",
    }.items():
        field.fill("")
        field.focus()
        details.keyboard.insert_text(pasted)  # as a paste or an autofill: all at once
        assert field.input_value() == pasted
        next_one.focus()
        assert field.input_value() == left


def test_the_desk_types_it_in_the_same_way(
    open_page: Callable[..., Page],
    desk_user: User,
    client: Session,
    diary: list[Therapist],
) -> None:
    client.force_login(desk_user)
    page = open_page(reverse("booking:desk-who"), as_=client)
    field = page.locator("[name=birth_date]")
    field.focus()
    page.keyboard.type("04121981")
    assert field.input_value() == "04/12/1981"
