"""The board in a real browser: what axe and the policy find, open and shut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.booking.factories import at
from tests.browser import faults
from tests.conftest import browser_for
from tests.treatment.factories import mid_afternoon, ready_appointment

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from booking.models import Appointment
    from clinic.models import Client, Location, ServiceOption, Therapist, User

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

BOARD = "/desk/"


@pytest.fixture
def visit(
    diary: list[Therapist], client_record: Client, relaxing: ServiceOption, location: Location
) -> Appointment:
    """Today at four; it is three when the page is opened."""
    start = at(location, "16:00", timezone.localdate(timezone=location.zone))
    return ready_appointment(client_record, starts_at=start, therapist=diary[0], option=relaxing)


def tile(visit: Appointment) -> str:
    return f"#tile-{visit.pk}"


def test_the_board_and_an_open_visit_have_no_faults(
    open_page: Callable[..., Page], desk_user: User, client_record: Client, visit: Appointment
) -> None:
    with mid_afternoon():
        page = open_page(BOARD, as_=browser_for(desk_user))
        assert faults(page) == []
        page.locator(tile(visit)).click()
        expect(page.locator("#panel a[href^='tel:']")).to_be_visible()
        assert faults(page) == []


def test_two_windows_show_one_day(
    open_page: Callable[..., Page], desk_user: User, client_record: Client, visit: Appointment
) -> None:
    """What one window does is on the other within seconds, and what is open there stays."""
    with mid_afternoon():
        one = open_page(BOARD, as_=browser_for(desk_user))
        two = open_page(BOARD, as_=browser_for(desk_user))
        two.locator(tile(visit)).click()
        note = two.locator("#add-note")
        note.fill("Half typed")
        one.get_by_role("button", name="Check in").click()
        expect(one.locator(tile(visit))).to_contain_text("Arrived")
        expect(two.locator(tile(visit))).to_contain_text("Arrived", timeout=15_000)
        expect(two.locator(tile(visit))).to_have_attribute("aria-current", "true")
        expect(note).to_have_value("Half typed")
        expect(note).to_be_focused()
        assert two.locator(".legend .is-arrived").count() == 1
        two.locator(tile(visit)).hover()  # what dragging and empty times listen to is still there
        two.locator(".lane").nth(1).click(position={"x": 40, "y": 200})
        two.wait_for_url("**/desk/book/?*")
