"""Planning a series in a real browser: with and without scripts, by keyboard, fit for axe."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from booking.models import Appointment
from tests.booking.visitor.test_booking_in_browser import tab_to
from tests.browser import COMPUTER, faults, resize
from tests.prescriptions.factories import approved_prescription

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Session
    from playwright.sync_api import Page

    from clinic.models import Client, ServiceOption, Therapist

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

PHONE = 390
PLAN = "/portal/visits/series/"


def test_a_plan_is_changed_and_booked_by_keyboard_on_a_phone(
    open_page: Callable[..., Page],
    as_client: Session,
    client_record: Client,
    diary: list[Therapist],
    option60: ServiceOption,
) -> None:
    approved_prescription(client_record, visits=4)
    page = open_page(PLAN, width=PHONE, as_=as_client)
    title = page.locator("#plan-title")
    expect(title).to_have_text(re.compile("4 visits"))
    assert faults(page) == []
    tab_to(page, "#change-2")
    page.keyboard.press("Enter")
    expect(page.locator(".plan-change h3")).to_be_focused()
    assert faults(page) == []
    tab_to(page, ".plan-change .time:not([aria-current])")
    chosen = page.evaluate("() => document.activeElement.firstChild.textContent.trim()")
    page.keyboard.press("Enter")
    expect(page.locator(".plan-change")).to_have_count(0)
    expect(page.locator("#visit-2")).to_contain_text(chosen)
    expect(page.locator("#change-2")).to_be_focused()
    tab_to(page, "#drop-4")
    page.keyboard.press("Enter")
    expect(title).to_have_text(re.compile("3 visits"))
    expect(page.locator("#change-3")).to_be_focused()
    tab_to(page, "#book-plan")
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("3 visits booked together")
    assert faults(page) == []
    assert Appointment.objects.filter(client=client_record, status="booked").count() == 3
    page.goto(page.url + "cancel/")
    for width in (PHONE, COMPUTER):
        resize(page, width=width, dark=width == PHONE)
        assert faults(page) == []


def test_a_new_wish_gives_a_new_plan_and_stays_in_the_address(
    open_page: Callable[..., Page],
    as_client: Session,
    client_record: Client,
    diary: list[Therapist],
    option60: ServiceOption,
) -> None:
    page = open_page(PLAN, as_=as_client)
    expect(page.locator("#plan-title")).to_have_text(re.compile("6 visits"))
    page.locator("#id_count").fill("3")
    page.locator("#id_count").press("Tab")
    expect(page.locator("#plan-title")).to_have_text(re.compile("3 visits"))
    page.locator("label.pick", has_text="Fri").click()
    expect(page.locator("#visit-1")).to_contain_text("Fri")
    assert "count=3" in page.url
    assert "days=4" in page.url
    assert faults(page) == []
    page.reload()
    expect(page.locator("#plan-title")).to_have_text(re.compile("3 visits"))


def test_a_plan_is_changed_and_booked_without_scripts(
    open_page: Callable[..., Page],
    as_client: Session,
    client_record: Client,
    diary: list[Therapist],
    option60: ServiceOption,
) -> None:
    page = open_page(PLAN, as_=as_client, javascript=False)
    page.locator("#id_count").fill("2")
    page.get_by_role("button", name="Suggest times").click()
    page.locator("#change-1").click()
    page.locator(".plan-change .day:not([aria-current]):not([aria-disabled])").first.click()
    page.locator(".plan-change .time").first.click()
    page.locator("#drop-1").click()
    page.locator("#add-visit").click()
    page.locator("#book-plan").click()
    expect(page.locator("h1")).to_contain_text("2 visits booked together")
    assert Appointment.objects.filter(client=client_record, status="booked").count() == 2
