"""A note by touch and by keyboard, in two windows, and through a lost connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser import faults
from tests.conftest import browser_for
from tests.treatment.factories import earlier_today, finished_visit
from tests.treatment.notes.test_content import whole
from tests.treatment.notes.test_services import signed
from treatment.models import TreatmentNote
from treatment.notes import phrases

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from clinic.models import Client, Therapist, User
    from treatment.models import Visit

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SIZES = [(390, 844), (820, 1180)]


@pytest.fixture
def author(therapist: Therapist) -> User:
    assert therapist.user is not None
    return therapist.user


@pytest.fixture
def visit(client_record: Client, author: User) -> Visit:
    """Today's, after one that has a signed note."""
    before = finished_visit(client_record, starts_at=earlier_today(5))
    signed(author, before)
    return finished_visit(client_record, ready=False)


@pytest.fixture
def open_note(
    open_page: Callable[..., Page], author: User, visit: Visit
) -> Callable[[tuple[int, int]], Page]:
    def opened(size: tuple[int, int] = SIZES[0]) -> Page:
        page = open_page(reverse("treatment:note", args=[visit.pk]), as_=browser_for(author))
        page.set_viewport_size({"width": size[0], "height": size[1]})
        return page

    return opened


def said(visit: Visit) -> dict[str, str]:
    found: dict[str, str] = TreatmentNote.objects.get(visit=visit).said
    return found


@pytest.mark.parametrize("size", SIZES)
def test_a_follow_up_takes_no_more_than_twelve_touches(
    open_note: Callable[..., Page], visit: Visit, size: tuple[int, int]
) -> None:
    page = open_note(size)
    assert faults(page) == []
    touches = 0

    def touch(name: str, value: str) -> None:
        nonlocal touches
        touches += 1
        page.locator(f"label:has(input[name={name}][value='{value}'])").click()

    touches += 1
    page.get_by_role("button", name="Copy what is empty").click()
    expect(page.locator("#id_findings")).to_have_value(whole()["findings"])
    touch("pain_now", "6")
    touches += 1
    page.locator("#id_response").click()
    page.keyboard.type("Softer, turns farther")
    touch("pain_after", "3")
    expect(page.locator("[data-note-state]")).to_contain_text("Kept at")
    touches += 1
    page.get_by_role("button", name="Sign the note").click()
    page.wait_for_url("**/desk/today/")
    note = TreatmentNote.objects.get(visit=visit)
    assert note.is_signed
    assert (note.said["pain_now"], note.said["pain_after"]) == ("6", "3")
    assert touches <= 12
    page.goto(page.url.replace("/desk/today/", reverse("treatment:note", args=[visit.pk])))
    assert faults(page) == []


def test_two_tabs_lose_nothing_and_the_second_is_told(
    open_note: Callable[..., Page], visit: Visit
) -> None:
    one, two = open_note(), open_note()
    one.locator("#id_plan").fill("From the tablet")
    expect(one.locator("[data-note-state]")).to_contain_text("Kept at")
    two.locator("#id_plan").fill("From the phone")
    told = two.locator("#div_id_plan [data-note-told]")
    expect(told).to_contain_text("From the tablet")
    expect(two.locator("#id_plan")).to_have_value("From the phone")
    two.locator("#id_advice").click()  # going on to the next field decides nothing
    two.wait_for_timeout(1200)
    assert said(visit)["plan"] == "From the tablet"
    two.locator("#id_plan").press_sequentially(", and the tablet")
    expect(told).to_be_hidden()
    assert "and the tablet" in said(visit)["plan"]


def test_what_is_typed_without_a_connection_is_kept_when_it_is_back(
    open_note: Callable[..., Page], visit: Visit
) -> None:
    page = open_note()
    page.context.set_offline(offline=True)
    page.locator("#id_findings").fill("Tight on both sides")
    expect(page.locator("[data-note-state]")).to_contain_text("No connection")
    page.context.set_offline(offline=False)
    expect(page.locator("[data-note-state]")).to_contain_text("Kept at", timeout=10_000)
    assert said(visit)["findings"] == "Tight on both sides"


def test_the_keyboard_alone_is_enough(open_note: Callable[..., Page], visit: Visit) -> None:
    page = open_note(SIZES[1])
    page.locator("#id_reason").focus()
    page.keyboard.type("Stiff")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")  # past the phrases
    page.keyboard.press("Space")  # the first score
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(page.locator("[data-note-state]")).to_contain_text("Kept at")
    page.wait_for_timeout(300)
    assert said(visit)["pain_now"] == "4"
    assert said(visit)["reason"] == "Stiff"


def test_where_it_hurts_is_touched_on_the_body_and_kept(
    open_note: Callable[..., Page], visit: Visit
) -> None:
    page = open_note()
    page.locator("[data-place='back-neck-middle']").click()
    page.locator("[data-place='back-shoulder-left']").focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-note-state]")).to_contain_text("Kept at")
    page.reload()
    expect(page.locator("[data-place='back-neck-middle']")).to_have_attribute(
        "aria-checked", "true"
    )
    assert said(visit)["hurts"] == "back-neck-middle back-shoulder-left"
    page.locator("[data-place='back-neck-middle']").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert said(visit)["hurts"] == "back-shoulder-left"
    assert faults(page) == []


def test_a_phrase_goes_where_the_caret_is_and_is_kept(
    open_note: Callable[..., Page], author: User, visit: Visit
) -> None:
    phrases.keep(actor=author, field="findings", text="tender on both sides")
    page = open_note()
    field, box = page.locator("#id_findings"), page.locator("[data-phrases=findings]")
    with page.expect_response(lambda answer: "/note/keep/" in answer.url):
        field.fill("Neck tight.")
    for _key in range(len(" tight.")):
        field.press("ArrowLeft")
    page.locator("[data-phrases=findings] summary").press("Enter")
    with page.expect_response(lambda answer: "/note/keep/" in answer.url):
        box.get_by_role("button", name="tender on both sides").press("Enter")
    expect(field).to_have_value("Neck tender on both sides tight.")
    expect(field).to_be_focused()
    assert said(visit)["findings"] == "Neck tender on both sides tight."
    plan = page.locator("#id_plan")
    plan.fill("Same next week. And the hip.")
    plan.evaluate("field => field.setSelectionRange(0, 15)")
    box = page.locator("[data-phrases=plan]")
    box.locator("summary").click()
    box.get_by_role("button", name="Keep as a phrase").click()
    expect(box.get_by_role("button", name="Same next week.")).to_be_visible()
    assert [one.text for one in phrases.of(author)["plan"]] == ["Same next week."]
    assert faults(page) == []


def test_what_is_typed_while_the_session_ends_is_kept_after_signing_in(
    open_note: Callable[..., Page], author: User, visit: Visit
) -> None:
    page = open_note()
    page.clock.install()
    page.reload()
    Session.objects.all().delete()
    page.locator("#id_plan").fill("Begin at the right hip")
    page.clock.run_for(1000)
    expect(page.locator("[data-note-state]")).to_contain_text("No connection")
    page.clock.fast_forward("30:00")
    expect(page.get_by_text("You have been signed out.")).to_be_visible()
    assert "plan" not in said_or_nothing(visit)
    for name, cookie in browser_for(author).cookies.items():  # in another tab
        page.context.add_cookies(
            [{"name": name, "value": cookie.value, "url": page.url.partition("/desk/")[0]}]
        )
    page.get_by_role("button", name="I have signed in").click()
    expect(page.get_by_text("You have been signed out.")).to_be_hidden()
    page.clock.run_for(5000)
    expect(page.locator("[data-note-state]")).to_contain_text("Kept at")
    expect(page.locator("#id_plan")).to_have_value("Begin at the right hip")
    assert said(visit)["plan"] == "Begin at the right hip"


def said_or_nothing(visit: Visit) -> dict[str, str]:
    note = TreatmentNote.objects.filter(visit=visit).first()
    return note.said if note else {}
