"""Each errand of the desk, from the board, in no more presses than promised.

Counted as a person would: each press of the mouse, also the one that puts the cursor into a
field, and each press of Enter. Typing, the letters that are keys of the board among it, is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import time_machine
from playwright.sync_api import expect

from billing.issuing import services as issuing
from billing.models import BillingDocument, Payment
from booking.models import Appointment
from clinic.models import Client
from tests.billing.factories import paid, plain_visit
from tests.booking.factories import at, booked_appointment
from tests.browser import faults
from tests.conftest import browser_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from playwright.sync_api import Locator, Page

    from clinic.models import Location, ServiceOption, Therapist, User

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

BOARD = "/desk/"
FOUND_LIVE = "#bar-found"


class Hand:
    """One hand on the mouse, one on the keyboard, and what they cost."""

    def __init__(self, page: Page) -> None:
        self.page, self.presses, self.fields = page, 0, 0

    def press(self, target: Locator) -> None:
        self.presses += 1
        target.click()

    def enter(self) -> None:
        self.presses += 1
        self.page.keyboard.press("Enter")

    def type(self, words: str, into: Locator) -> None:
        """A field that is not ready to be typed in has to be pressed first."""
        self.fields += 1
        if not into.evaluate("field => field === document.activeElement"):
            self.press(into)
        self.page.keyboard.type(words)


@pytest.fixture
def afternoon(location: Location, day: date) -> Iterator[date]:
    """A weekday at one."""
    with time_machine.travel(at(location, "13:00", day), tick=True):
        yield day


@pytest.fixture
def hand(
    open_page: Callable[..., Page], afternoon: date, desk_user: User, diary: list[Therapist]
) -> Callable[[], Hand]:
    """At the board, as it is when it is called."""

    def at_board() -> Hand:
        page = open_page(BOARD, as_=browser_for(desk_user))
        return Hand(page)

    return at_board


@pytest.fixture
def visit(
    client_record: Client,
    relaxing: ServiceOption,
    location: Location,
    afternoon: date,
    diary: list[Therapist],
) -> Appointment:
    """Today at four."""
    start = at(location, "16:00", afternoon)
    return booked_appointment(client_record, starts_at=start, therapist=diary[0], option=relaxing)


def tile(page: Page, appointment: Appointment) -> Locator:
    return page.locator(f"#tile-{appointment.pk}")


def test_somebody_new_telephones(hand: Callable[[], Hand], visit: Appointment) -> None:
    """At most four presses and two fields: the name, and a telephone or a date of birth."""
    one = hand()
    page = one.page
    one.press(page.get_by_role("link", name="Book", exact=True))
    one.type("Walter Boyd", page.locator("#find"))
    expect(page.locator("#id_name")).to_have_value("Walter Boyd")
    one.type("212 555 0147", page.locator("#id_phone"))
    one.enter()
    expect(page.get_by_role("heading", name="Book for Walter Boyd")).to_be_visible()
    assert faults(page) == []
    one.press(page.locator("button.time").filter(has_text="3:30 pm"))
    page.wait_for_url("**/desk/?day=*")
    made = Appointment.objects.exclude(pk=visit.pk).get()
    assert made.client is not None
    assert (made.client.name, made.client.phone) == ("Walter Boyd", "+12125550147")
    assert one.presses <= 4
    assert one.fields == 2


def test_a_time_on_the_board_is_kept_for_somebody_new(
    hand: Callable[[], Hand], visit: Appointment, afternoon: date, location: Location
) -> None:
    one = hand()
    page = one.page
    lane = page.locator(".lane").nth(1)
    # Beside the visit at four, in another therapist's lane.
    beside, top = tile(page, visit).bounding_box(), lane.bounding_box()
    assert beside is not None
    assert top is not None
    one.presses += 1
    lane.click(position={"x": top["width"] / 2, "y": beside["y"] - top["y"] + 4})
    one.type("Walter Boyd", page.locator("#find"))
    expect(page.locator("#id_name")).to_have_value("Walter Boyd")
    one.type("212 555 0147", page.locator("#id_phone"))
    one.enter()
    one.press(page.locator("#other-time").get_by_role("button", name="Book it"))
    page.wait_for_url("**/desk/?day=*")
    made = Appointment.objects.exclude(pk=visit.pk).get()
    assert made.local_date == afternoon
    assert one.presses <= 4


def test_check_in(hand: Callable[[], Hand], visit: Appointment) -> None:
    one = hand()
    one.press(one.page.locator(f"#tile-{visit.pk} + .card-act button"))
    one.page.wait_for_url("**open=*")
    assert one.presses == 1


def test_check_out_with_payment_and_receipt(
    hand: Callable[[], Hand], afternoon: date, client_record: Client
) -> None:
    visit = plain_visit(client_record)
    one = hand()
    page = one.page
    one.press(tile(page, visit.appointment))
    cash = page.locator("#panel .method").filter(has_text="Cash")
    one.press(cash)
    assert faults(page) == []
    box = cash.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 44  # a finger; the panel has its looks on the board
    one.press(page.get_by_role("button", name="Take payment and issue receipt"))
    page.wait_for_url("**open=*")
    assert Payment.objects.get().amount_cents == 10000
    assert BillingDocument.objects.get().visit == visit
    assert one.presses <= 4


def test_cancel(hand: Callable[[], Hand], visit: Appointment) -> None:
    one = hand()
    one.press(tile(one.page, visit))
    one.press(one.page.locator("#panel .btn-stop"))
    one.press(one.page.locator("form .btn-stop"))
    one.page.wait_for_url("**/desk/?day=*")
    assert Appointment.objects.get(pk=visit.pk).status == Appointment.Status.CANCELLED
    assert one.presses <= 3


def test_a_known_client_walks_in(
    hand: Callable[[], Hand], relaxing: ServiceOption, client_record: Client
) -> None:
    one = hand()
    page = one.page
    one.press(page.get_by_role("link", name="Walk-in"))
    one.type("lima", page.locator("#find"))
    one.press(page.locator("#found .choice").first)
    one.press(page.locator("button.time").first)
    page.wait_for_url("**/desk/?day=*")
    assert Appointment.objects.get().client == client_record
    assert one.presses <= 3


def test_somebody_new_walks_in(hand: Callable[[], Hand], relaxing: ServiceOption) -> None:
    one = hand()
    page = one.page
    one.press(page.get_by_role("link", name="Walk-in"))
    one.type("Walter Boyd", page.locator("#find"))
    expect(page.locator("#id_last_name")).to_have_value("Boyd")
    assert faults(page) == []
    one.type("212 555 0147", page.locator("#id_phone"))
    one.press(page.locator("button.time").first)
    page.wait_for_url("**/desk/?day=*")
    made = Appointment.objects.get()
    assert made.client is not None
    assert made.client.name == "Walter Boyd"
    assert made.source == Appointment.Source.WALK_IN
    assert one.presses <= 3


def test_who_is_known_is_not_made_somebody_new(
    hand: Callable[[], Hand], relaxing: ServiceOption, client_record: Client
) -> None:
    """A slip finds nobody, mended it finds her: what the page chose by itself, it takes back."""
    one = hand()
    page = one.page
    one.press(page.get_by_role("link", name="Walk-in"))
    one.type("limax", page.locator("#find"))
    expect(page.locator(".pick-new")).to_be_checked()
    page.keyboard.press("Backspace")
    expect(page.locator("#found .choice")).to_have_count(1)
    expect(page.locator(".pick-new")).not_to_be_checked()


def test_what_was_typed_for_somebody_new_stays(
    hand: Callable[[], Hand], relaxing: ServiceOption
) -> None:
    one = hand()
    page = one.page
    one.press(page.get_by_role("link", name="Book", exact=True))
    one.type("Walter B", page.locator("#find"))
    expect(page.locator("#id_name")).to_have_value("Walter B")
    page.locator("#id_name").fill("Walter Boyd")
    page.locator("#find").fill("Walter Box")
    expect(page.locator("#found")).to_contain_text("No one found")
    expect(page.locator("#id_name")).to_have_value("Walter Boyd")


def test_a_telephone_number_is_one_word_away(
    hand: Callable[[], Hand], client_record: Client
) -> None:
    Client.objects.filter(pk=client_record.pk).update(phone="+12125550142")
    one = hand()
    one.page.keyboard.press("/")
    one.type("lima", one.page.locator("[data-search]"))
    number = one.page.locator(f"{FOUND_LIVE} a[href^='tel:']")
    expect(number).to_have_text("(212) 555-0142")
    assert faults(one.page) == []
    assert one.presses == 0
    one.page.keyboard.press("Escape")
    expect(number).to_have_count(0)


def test_a_note_on_the_board(hand: Callable[[], Hand], visit: Appointment) -> None:
    one = hand()
    page = one.page
    one.press(tile(page, visit))
    expect(page.locator("#add-note")).to_be_visible()
    page.keyboard.press("o")
    one.type("Parks behind the house", page.locator("#add-note"))
    one.enter()
    page.wait_for_url("**/desk/?day=*")
    expect(page.locator(".panel-note")).to_contain_text("Parks behind the house")
    assert one.presses <= 2


def test_who_types_at_once_keeps_the_field(
    open_page: Callable[..., Page], afternoon: date, desk_user: User, visit: Appointment
) -> None:
    """A panel's heading takes the focus as it settles, except from somebody already in a field."""
    page = open_page(BOARD, as_=browser_for(desk_user))
    page.evaluate("""() => {
        const inPanel = (work) => (event) => event.target.id === "panel" && work();
        const quick = () => setTimeout(() => document.getElementById("add-note").focus(), 0);
        document.addEventListener("htmx:afterSwap", inPanel(quick));
        const settled = () => (document.body.id = "settled");
        document.addEventListener("htmx:afterSettle", inPanel(settled));
    }""")
    tile(page, visit).click()
    page.wait_for_selector("#settled")
    expect(page.locator("#add-note")).to_be_focused()


def test_a_note_about_whoever_is_not_on_the_board(
    hand: Callable[[], Hand], client_record: Client
) -> None:
    one = hand()
    page = one.page
    page.keyboard.press("/")
    one.type("lima", page.locator("[data-search]"))
    one.press(page.locator(FOUND_LIVE).get_by_role("link", name="Note"))
    one.type("Parks behind the house", page.locator("#id_note"))
    one.press(page.get_by_role("button", name="Save"))
    expect(page.get_by_text("Parks behind the house")).to_be_visible()
    assert one.presses <= 2


def test_another_method_of_payment_and_the_receipt_again(
    hand: Callable[[], Hand], afternoon: date, client_record: Client, desk_user: User
) -> None:
    visit = plain_visit(client_record)
    paid(desk_user, visit, method="card")
    old = issuing.issue_receipt(actor=desk_user, visit=visit)
    one = hand()
    page = one.page
    one.press(tile(page, visit.appointment))
    one.press(page.locator("#panel details.correct > summary", has_text="Correct"))
    one.press(page.locator("#panel details.correct .method").filter(has_text="Cash"))
    assert faults(page) == []
    one.press(page.get_by_role("button", name="Change what it was paid with"))
    page.wait_for_url("**open=*")
    expect(page.get_by_text("replaces it")).to_be_visible()
    assert Payment.objects.get().method == "cash"
    new = BillingDocument.objects.get(status="issued")
    assert new.replaces == old
    assert one.presses <= 4
