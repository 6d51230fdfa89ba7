"""The board in a real browser: what axe and the policy find, open and shut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.booking.factories import at, booked_appointment
from tests.browser import faults
from tests.conftest import browser_for
from tests.treatment.factories import mid_afternoon

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
    return booked_appointment(client_record, starts_at=start, therapist=diary[0], option=relaxing)


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
