"""The clocks of a session: a touch starts one and stops the other, and minutes come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser import faults
from tests.conftest import browser_for
from tests.treatment.factories import make_procedures, started_visit
from treatment.models import Visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from clinic.models import Client, Therapist

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def visit(client_record: Client, therapist: Therapist) -> Visit:
    make_procedures()
    return started_visit(client_record)


@pytest.fixture
def session(open_page: Callable[..., Page], therapist: Therapist, visit: Visit) -> Page:
    assert therapist.user is not None
    page = open_page(reverse("treatment:record", args=[visit.pk]), as_=browser_for(therapist.user))
    page.set_viewport_size({"width": 390, "height": 844})
    page.clock.install()
    page.reload()
    return page


def clock(page: Page, technique: str) -> Locator:
    return page.get_by_role("button", name=f"Clock for {technique}")


def minutes(page: Page, technique: str) -> Locator:
    return page.get_by_label(technique, exact=True)


def test_one_touch_starts_one_clock_and_stops_the_other(session: Page) -> None:
    assert faults(session) == []
    clock(session, "Neuromuscular").click()
    session.clock.fast_forward("12:40")
    expect(minutes(session, "Neuromuscular")).to_have_value("12")  # seconds are dropped
    clock(session, "Relaxation strokes").click()
    session.clock.fast_forward("05:30")
    expect(clock(session, "Neuromuscular")).to_have_attribute("aria-pressed", "false")
    expect(minutes(session, "Neuromuscular")).to_have_value("12")
    expect(minutes(session, "Relaxation strokes")).to_have_value("5")
    expect(session.locator("[data-minutes-total]")).to_have_text("17")


def test_a_pause_counts_for_nothing_and_a_reload_loses_nothing(session: Page) -> None:
    clock(session, "Neuromuscular").click()
    session.clock.fast_forward("10:00")
    clock(session, "Neuromuscular").click()  # a pause
    session.clock.fast_forward("07:00")
    clock(session, "Neuromuscular").click()
    session.clock.fast_forward("03:00")
    session.reload()
    session.clock.fast_forward("02:00")
    expect(minutes(session, "Neuromuscular")).to_have_value("15")


def test_a_start_that_was_undone_leaves_no_clock_running(session: Page) -> None:
    clock(session, "Neuromuscular").click()
    session.clock.fast_forward("05:00")
    session.get_by_role("button", name="undo the start").click()
    session.clock.fast_forward("45:00")
    session.get_by_role("button", name="Start the session").click()
    expect(clock(session, "Neuromuscular")).to_have_attribute("aria-pressed", "false")
    expect(minutes(session, "Neuromuscular")).to_have_value("")


def test_what_is_put_right_by_hand_stays_and_counts_on(session: Page) -> None:
    minutes(session, "Neuromuscular").fill("10")
    clock(session, "Neuromuscular").click()
    session.clock.fast_forward("05:00")
    expect(minutes(session, "Neuromuscular")).to_have_value("15")
    minutes(session, "Neuromuscular").fill("12")
    clock(session, "Relaxation strokes").click()
    session.clock.fast_forward("01:30")
    expect(minutes(session, "Neuromuscular")).to_have_value("12")
    clock(session, "Neuromuscular").click()
    session.clock.fast_forward("02:00")
    expect(minutes(session, "Neuromuscular")).to_have_value("14")


def test_the_minutes_of_the_clocks_are_recorded(session: Page, visit: Visit) -> None:
    clock(session, "Neuromuscular").click()
    session.clock.fast_forward("38:20")
    session.get_by_role("button", name="Now").click()
    session.get_by_label("Stopped").fill(
        f"{visit.appointment.ends_at.astimezone(visit.appointment.location.zone):%H:%M}"
    )
    session.get_by_role("button", name="Finish the session").click()
    expect(session.get_by_text("Finished", exact=True)).to_be_visible()
    [row] = Visit.objects.get(pk=visit.pk).minutes.all()
    assert row.minutes == 38
