"""The managers' pages in a real browser: small and large, light and dark, nothing wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from booking.models import TimeOff, WorkingHours
from clinic.models import Training
from tests.booking.factories import booked_appointment
from tests.browser import COMPUTER, PHONE, faults, resize

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from django.test import Client as Session
    from playwright.sync_api import Page

    from clinic.models import Client, Room, ServiceOption, Therapist

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def looks(page: Page) -> list[str]:
    """What is wrong at any of the sizes and themes."""
    found = []
    for width, dark in ((PHONE, True), (COMPUTER, False)):
        resize(page, width=width, dark=dark)
        found += [f"{width} {'dark' if dark else 'light'}: {fault}" for fault in faults(page)]
    return found


def preview(page: Page) -> None:
    with page.expect_navigation(wait_until="load"):
        page.locator("button.btn[value=preview]").click()


def test_nothing_is_wrong_with_the_lists_and_forms(
    open_page: Callable[..., Page],
    as_manager: Session,
    diary: list[Therapist],
    rooms: list[Room],
    option60: ServiceOption,
) -> None:
    Training.objects.create(name="Oncology massage")
    person = diary[0].pk
    wrong = {}
    page = open_page(reverse("diary:overview"), as_=as_manager)
    for path in (
        reverse("diary:overview"),
        reverse("diary:hours-list"),
        reverse("diary:hours", args=[person]),
        reverse("diary:date", args=[person]),
        reverse("diary:time-off"),
        reverse("diary:closed"),
        reverse("diary:holidays"),
        reverse("diary:rooms"),
        reverse("diary:therapists"),
        reverse("diary:therapist", args=[person]),
        reverse("diary:services"),
        reverse("diary:option", args=[option60.pk]),
        reverse("diary:rules"),
    ):
        page.goto(page.url.split("/desk/")[0] + path)
        if found := looks(page):
            wrong[path] = found
    assert wrong == {}


def test_the_week_is_changed_with_its_strandings_on_a_phone(
    open_page: Callable[..., Page],
    as_manager: Session,
    diary: list[Therapist],
    client_record: Client,
    option60: ServiceOption,
    ten: datetime,
    day: date,
) -> None:
    booked_appointment(client_record, therapist=diary[0], starts_at=ten, option=option60)
    page = open_page(reverse("diary:week", args=[diary[0].pk]), as_=as_manager, width=PHONE)
    assert looks(page) == []
    page.locator("#id_since").fill(day.isoformat())
    number = day.weekday()
    page.locator(f"#id_line-{number}-starts").fill("12:00")
    # Enter previews; it does not press the first button that happens to be there.
    with page.expect_navigation(wait_until="load"):
        page.locator(f"#id_line-{number}-ends").press("Enter")
    expect(page.get_by_text("1 booked visit would no longer fit")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "effect"
    assert looks(page) == []
    with page.expect_navigation(wait_until="load"):
        page.get_by_role("button", name="Save, and move this one later").click()
    assert WorkingHours.objects.filter(therapist=diary[0], starts="12:00").exists()
    page.goto(page.url.split("/desk/")[0] + reverse("diary:overview"))
    expect(page.get_by_text("outside the hours")).to_be_visible()
    assert looks(page) == []


def test_it_all_works_without_javascript(
    open_page: Callable[..., Page], as_desk: Session, diary: list[Therapist], day: date
) -> None:
    page = open_page(reverse("diary:time-off-new"), as_=as_desk, javascript=False)
    page.get_by_label("Who is off?").select_option(str(diary[0].pk))
    page.get_by_label("First day").fill(day.isoformat())
    preview(page)
    expect(page.get_by_text("Every booked visit still fits.")).to_be_visible()
    with page.expect_navigation(wait_until="load"):
        page.get_by_role("button", name="Save", exact=True).click()
    assert TimeOff.objects.get().therapist == diary[0]
