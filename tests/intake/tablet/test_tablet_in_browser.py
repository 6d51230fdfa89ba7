"""The tablet in a real browser: nothing but the form, whatever is typed, and back with a word."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from intake.models import Handover, QuestionnaireResponse
from intake.tablet import services
from tests.browser import COMPUTER, faults, resize
from tests.factories import PASSWORD
from tests.intake.factories import answered_intake, loaded_questionnaire

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Session
    from playwright.sync_api import Page
    from pytest_django.live_server_helper import LiveServer

    from booking.models import Appointment
    from clinic.models import Client, User

    OpenPage = Callable[..., Page]

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

TABLET = 820
HAND_BACK = "lease hand the tablet back"


@pytest.fixture
def handed_over(
    open_page: OpenPage, as_desk: Session, in_care: Appointment, client_record: Client
) -> Page:
    """Pressed on the board's panel: the browser is the client's from here on."""
    loaded_questionnaire()
    url = f"/desk/?day={in_care.local_date}&open={in_care.pk}"
    page = open_page(url, width=TABLET, as_=as_desk)
    page.get_by_role("button", name="Hand over the tablet").click()
    page.wait_for_url("**/tablet/")
    return page


def test_it_is_handed_over_filled_in_and_unlocked(
    handed_over: Page, live_server: LiveServer, in_care: Appointment, desk_user: User
) -> None:
    page = handed_over
    expect(page.get_by_role("heading", name="Hello Ana")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("link", name="Begin").click()
    expect(page.get_by_role("heading", name="How you are today")).to_be_visible()

    # Typed addresses, Back, a second tab: the locked screen.
    for path in ("/desk/", "/portal/", "/admin/", "/accounts/login/", "/", "/desk/clients/"):
        page.goto(live_server.url + path)
        assert page.url.endswith("/tablet/"), path
        assert desk_user.display_name not in page.content()
    page.go_back()
    page.go_back()
    assert "/tablet/" in page.url
    second = page.context.new_page()
    second.goto(f"{live_server.url}/desk/?day={in_care.local_date}")
    assert second.url.endswith("/tablet/")
    second.close()

    # A reload keeps what was saved.
    page.goto(f"{live_server.url}/tablet/")
    response = QuestionnaireResponse.objects.get()
    there = reverse("intake:tablet-section", args=[response.pk, "contact"])
    page.goto(live_server.url + there)
    page.get_by_label("Emergency contact: name").fill("Rui Lima")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_label("Emergency contact: name")).to_have_value("Rui Lima")
    assert faults(page) == []

    # Without a connection nothing typed is lost, not even by pressing Next.
    page.context.set_offline(True)
    page.get_by_label("Your work, or how you spend most days").fill("A baker")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("No connection: what you typed is kept.")).to_be_visible()
    expect(page.get_by_label("Your work, or how you spend most days")).to_have_value("A baker")
    page.context.set_offline(False)
    expect(page.get_by_text("No connection: what you typed is kept.")).to_be_hidden()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    response.refresh_from_db()
    assert response.answers["occupation"] == "A baker"

    # The staff's word leads back to the visit.
    page.get_by_role("link", name="For staff: unlock").click()
    page.get_by_label("Your password, or a code of your app").fill(PASSWORD)
    page.get_by_role("button", name="Unlock").click()
    page.wait_for_url(f"**/desk/?day={in_care.local_date}&open={in_care.pk}")
    expect(page.get_by_role("heading", name="Ana Lima").first).to_be_visible()


def test_signed_it_says_thank_you_and_shows_nothing_more(
    open_page: OpenPage,
    as_desk: Session,
    in_care: Appointment,
    client_record: Client,
    live_server: LiveServer,
) -> None:
    response = answered_intake(client_record, allergies="yes", allergies_what="walnut oil")
    page = open_page(
        reverse("intake:client-panel", args=[client_record.pk]), width=COMPUTER, as_=as_desk
    )
    page.get_by_role("button", name="Hand over the tablet").click()
    page.wait_for_url("**/tablet/")
    page.goto(live_server.url + reverse("intake:tablet-review", args=[response.pk]))
    assert "walnut oil" not in page.content()
    assert faults(page) == []
    for box in page.get_by_label("I have read this and agree").all():
        box.check()
    page.get_by_label("Your full name").fill("Ana Lima")
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(
        page.get_by_role("heading", name="Thank you. Please hand the tablet back.")
    ).to_be_visible()
    resize(page, width=TABLET, dark=True)
    assert faults(page) == []
    page.go_back()
    expect(page.get_by_role("heading", name=HAND_BACK)).to_be_visible()
    assert Handover.objects.get().how == "finished"


def test_left_alone_the_answers_leave_the_screen(
    handed_over: Page, live_server: LiveServer
) -> None:
    page = handed_over
    response = QuestionnaireResponse.objects.get()
    page.clock.install()
    there = reverse("intake:tablet-section", args=[response.pk, "contact"])
    page.goto(live_server.url + there)
    page.get_by_label("Emergency contact: name").fill("Rui Lima")
    page.clock.run_for(3000)
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    page.clock.run_for(4 * 60 * 1000 + 5000)
    expect(page.get_by_text("Are you still there?")).to_be_visible()
    page.mouse.click(5, 300)  # a touch, and it goes on
    expect(page.get_by_text("Are you still there?")).to_be_hidden()
    Handover.objects.update(seen_at=timezone.now() - services.IDLE - timedelta(seconds=1))
    page.clock.run_for(5 * 60 * 1000 + 1000)
    expect(page.get_by_role("heading", name=HAND_BACK)).to_be_visible()
    assert "Rui Lima" not in page.content()
    assert Handover.objects.get().how == "idle"
    response.refresh_from_db()
    assert response.answers["emergency_name"] == "Rui Lima"


def test_a_page_of_the_staff_in_another_tab_does_not_stay_open(
    open_page: OpenPage,
    as_desk: Session,
    in_care: Appointment,
    client_record: Client,
    live_server: LiveServer,
) -> None:
    loaded_questionnaire()
    board = open_page(f"/desk/?day={in_care.local_date}", as_=as_desk)
    client_page = board.context.new_page()
    client_page.goto(live_server.url + reverse("intake:client-panel", args=[client_record.pk]))
    client_page.get_by_role("button", name="Hand over the tablet").click()
    client_page.wait_for_url("**/tablet/")
    board.wait_for_url("**/tablet/")
    assert "/desk/" not in board.content()
