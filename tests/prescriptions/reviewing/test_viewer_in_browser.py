"""The document beside the form: its words light up, and it turns, zooms and pages by keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from prescriptions.uploading import receiving
from tests.browser import faults, resize
from tests.prescriptions import paper
from tests.prescriptions.factories import make_codes, submitted_prescription

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Session
    from playwright.sync_api import ConsoleMessage, Locator, Page

    from clinic.models import Client
    from prescriptions.models import Prescription

    OpenPage = Callable[..., Page]

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("location"),
]


def review(prescription: Prescription) -> str:
    return reverse("prescriptions:review", args=[prescription.pk])


def loaded(page: Page, number: int) -> Locator:
    picture = page.locator(f'[data-page="{number}"] img')
    page.wait_for_function(
        "image => image.complete && image.naturalWidth > 0", arg=picture.element_handle()
    )
    return picture


def box(of: Locator) -> dict[str, float]:
    found: dict[str, Any] | None = of.bounding_box()  # type: ignore[assignment]
    assert found is not None
    return found


def test_a_field_that_gets_the_focus_lights_up_its_words(
    open_page: OpenPage, as_desk: Session, client_record: Client
) -> None:
    make_codes()
    page = open_page(review(submitted_prescription(client_record)), as_=as_desk)
    loaded(page, 1)
    marks = page.locator("[data-marks] rect")
    expect(marks).to_have_count(0)
    page.locator("#id_order_text").focus()
    expect(marks).to_have_count(1)
    # "2 sessions per week for 6 weeks." stands on the fifth line of the paper.
    paper_box, mark = box(page.locator('[data-page="1"] [data-face]')), box(marks)
    assert (mark["y"] - paper_box["y"]) / paper_box["height"] == pytest.approx(0.24, abs=0.02)
    assert (mark["x"] - paper_box["x"]) / paper_box["width"] == pytest.approx(0.115, abs=0.02)
    page.locator("#id_visits").focus()  # worked out from the same words
    expect(marks).to_have_count(1)
    page.locator("#id_prescriber_phone").focus()  # nothing was read for it
    expect(marks).to_have_count(0)
    describes = page.locator("#id_order_text").get_attribute("aria-describedby")
    assert describes is not None
    expect(page.locator(f"#{describes.split()[-1]}")).to_contain_text(
        "read on page 1: “2 sessions per week for 6 weeks”"
    )


def test_show_scrolls_the_viewer_to_the_page_and_marks_it(
    open_page: OpenPage, as_desk: Session, client_record: Client
) -> None:
    sheets = [paper.pdf(["Cover sheet"]), paper.pdf(["Cover sheet two"]), paper.pdf()]
    sent = receiving.submit(actor=None, client=client_record, uploads=sheets)
    page = open_page(review(sent), as_=as_desk)
    page.get_by_role("link", name="Show on page 3: Reason").click()
    expect(page.get_by_text("page 3 of 3")).to_be_visible()
    expect(page.locator('[data-page="3"] [data-marks] rect')).to_be_in_viewport()
    assert page.url.endswith(review(sent))


def test_zoom_turn_and_pages_by_keyboard(
    open_page: OpenPage, as_desk: Session, client_record: Client
) -> None:
    said: list[str] = []
    two = receiving.submit(actor=None, client=client_record, uploads=[paper.pdf(pages=2)])
    page = open_page(review(two), as_=as_desk)

    def listen(message: ConsoleMessage) -> None:
        said.append(message.text)

    page.on("console", listen)
    first = loaded(page, 1)
    page.locator("#id_order_text").focus()
    mark = page.locator("[data-marks] rect")
    upright, wide = box(first), box(mark)
    assert upright["height"] > upright["width"]
    assert wide["width"] > wide["height"]

    page.locator("[data-pages]").focus()
    page.keyboard.press("r")
    turned, tall = box(first), box(mark)
    assert turned["width"] > turned["height"]
    assert tall["height"] > tall["width"]  # the mark turns with its page
    assert turned["width"] == pytest.approx(upright["width"], abs=3)

    page.keyboard.press("n")
    expect(page.get_by_text("page 2 of 2")).to_be_visible()
    second = box(loaded(page, 2))
    assert second["height"] > second["width"]  # one page was turned, not both
    page.keyboard.press("p")
    expect(page.get_by_text("page 1 of 2")).to_be_visible()
    assert box(first)["width"] > box(first)["height"]  # and stays turned

    page.keyboard.press("+")
    page.keyboard.press("+")
    assert box(first)["width"] == pytest.approx(turned["width"] * 1.5, rel=0.02)
    page.keyboard.press("-")
    page.keyboard.press("0")
    assert box(first)["width"] == pytest.approx(turned["width"], rel=0.02)
    for _ in range(3):
        page.keyboard.press("r")
    assert box(first)["height"] == pytest.approx(upright["height"], abs=3)
    # The keys belong to the document: in a field they are text.
    page.locator("#id_reason").fill("")
    page.locator("#id_reason").press_sequentially("rn+p")
    expect(page.locator("#id_reason")).to_have_value("rn+p")
    assert said == []  # nothing was blocked by the policy


def test_zooming_keeps_what_is_in_the_middle(
    open_page: OpenPage, as_desk: Session, client_record: Client
) -> None:
    many = receiving.submit(actor=None, client=client_record, uploads=[paper.pdf(pages=4)])
    page = open_page(review(many), as_=as_desk)
    loaded(page, 1)
    for _ in range(2):
        page.get_by_role("button", name="Next page").click()
    loaded(page, 3)
    expect(page.get_by_text("page 3 of 4")).to_be_visible()
    for name in ("Larger", "Larger", "Smaller", "Fit the width"):
        page.get_by_role("button", name=name).click()
        expect(page.get_by_text("page 3 of 4")).to_be_visible()


def test_ten_pages_are_not_fetched_at_once(
    open_page: OpenPage, as_desk: Session, client_record: Client
) -> None:
    ten = receiving.submit(actor=None, client=client_record, uploads=[paper.pdf(pages=10)])
    page = open_page(review(ten), as_=as_desk)
    loaded(page, 1)
    waiting = "images => images.filter(image => !image.currentSrc || !image.complete).length"
    assert page.locator("[data-page] img").evaluate_all(waiting) >= 4
    for _ in range(9):
        page.get_by_role("button", name="Next page").click()
    expect(page.get_by_text("page 10 of 10")).to_be_visible()
    loaded(page, 10)


def test_without_javascript_the_pages_scroll_and_the_words_are_quoted(
    open_page: OpenPage, as_desk: Session, client_record: Client
) -> None:
    two = receiving.submit(actor=None, client=client_record, uploads=[paper.pdf(pages=2)])
    page = open_page(review(two), as_=as_desk, javascript=False)
    expect(page.get_by_role("button", name="Rotate")).to_be_hidden()
    expect(page.get_by_text("read on page 1: “2 sessions per week for 6 weeks”")).to_be_visible()
    page.get_by_role("link", name="Show on page 1: Reason").click()
    assert page.url.endswith("#page-1")


def test_nothing_for_axe_with_the_words_lit_up(
    open_page: OpenPage, as_desk: Session, client_record: Client
) -> None:
    doubtful = [*paper.ORDER, "Date: 11/19/2026"]
    sent = receiving.submit(actor=None, client=client_record, uploads=[paper.pdf(doubtful)])
    page = open_page(review(sent), as_=as_desk)
    loaded(page, 1)
    expect(page.get_by_text("Check this:")).to_be_visible()
    page.locator("#id_issued_on").focus()
    for width, dark in ((1280, False), (360, True)):
        resize(page, width=width, dark=dark)
        assert faults(page) == []
