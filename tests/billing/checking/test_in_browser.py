"""What the QR code says, and what a file holds, stay in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from billing.issuing import pdf
from clinic.documents import store as documents
from tests.browser import faults

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Request
    from pytest_django.live_server_helper import LiveServer

    from billing.models import BillingDocument

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

NUMBER, CODE = "R-2026-00001", "K7QM-4TZD-ACDE"


def test_the_fields_are_filled_and_the_address_forgets(
    chromium: Browser, live_server: LiveServer
) -> None:
    said = pdf.check_url(NUMBER, CODE).partition("#")[2]
    context = chromium.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{live_server.url}{reverse('billing:verify')}#{said}", wait_until="load")
    assert page.locator("[name=number]").input_value() == NUMBER
    assert page.locator("[name=code]").input_value() == CODE
    assert page.url == live_server.url + reverse("billing:verify")
    page.get_by_role("button", name="Check").click()
    page.get_by_text("Not one of ours").wait_for()
    assert not [url for url in asked if CODE in url.partition("#")[0]]
    context.close()


@pytest.mark.parametrize("said", ["<b>/x", "a b/c", "A" * 30 + "/B", ""])
def test_anything_else_leaves_them_empty(
    said: str, chromium: Browser, live_server: LiveServer
) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{live_server.url}{reverse('billing:verify')}#{said}", wait_until="load")
    assert page.locator("[name=number]").input_value() == ""
    context.close()


SAME, OTHER = "This is the document as we issued it.", "This file differs from what we issued."
# What a page does when a file is dropped on it.
DROP = """(area, [name, bytes]) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], name, { type: "application/pdf" }));
    const how = { bubbles: true, cancelable: true, dataTransfer: data };
    area.dispatchEvent(new DragEvent("drop", how));
}"""


@pytest.fixture
def saved(receipt: BillingDocument, tmp_path: Path) -> Path:
    """The receipt as its client downloaded it."""
    assert receipt.file is not None
    path = tmp_path / "receipt.pdf"
    path.write_bytes(documents.read(receipt.file))
    return path


def fill(page: Page, receipt: BillingDocument) -> None:
    page.locator("[name=number]").fill(receipt.number)
    page.locator("[name=code]").fill(receipt.verify_code)


@pytest.mark.parametrize("width", [390, 1280])
def test_a_chosen_file_is_compared_and_never_leaves(
    open_page: Callable[..., Page], receipt: BillingDocument, saved: Path, width: int
) -> None:
    page = open_page(reverse("billing:verify"), width=width, dark=width == 390)
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    fill(page, receipt)
    page.locator("[name=file]").set_input_files(saved)
    assert faults(page) == []
    page.get_by_role("button", name="Check").click()
    page.get_by_text(SAME).wait_for()
    assert faults(page) == []
    (posted,) = [one for one in asked if one.method == "POST"]
    assert b"%PDF" not in (posted.post_data_buffer or b"")
    assert b"receipt.pdf" not in (posted.post_data_buffer or b"")
    assert page.locator("[name=number]").input_value() == receipt.number
    saved.write_bytes(saved.read_bytes() + b"\n")
    page.locator("[name=file]").set_input_files(saved)
    page.get_by_role("button", name="Check").click()
    page.get_by_text(OTHER).wait_for()
    assert faults(page) == []


def test_a_dropped_file_is_compared(
    open_page: Callable[..., Page], receipt: BillingDocument, saved: Path
) -> None:
    page = open_page(reverse("billing:verify"))
    fill(page, receipt)
    page.locator("[data-drop]").evaluate(DROP, ["receipt.pdf", list(saved.read_bytes())])
    page.get_by_role("button", name="Check").click()
    page.get_by_text(SAME).wait_for()
    # After Back the page can be used again.
    page.go_back()
    assert page.locator("[name=file]").is_enabled()


def test_without_scripts_the_file_is_sent_and_compared(
    open_page: Callable[..., Page], receipt: BillingDocument, saved: Path
) -> None:
    page = open_page(reverse("billing:verify"), javascript=False)
    fill(page, receipt)
    page.locator("[name=file]").set_input_files(saved)
    page.get_by_role("button", name="Check").click()
    page.get_by_text(SAME).wait_for()


def test_a_file_too_large_for_us_is_refused_without_reading_it(
    open_page: Callable[..., Page], receipt: BillingDocument, tmp_path: Path
) -> None:
    large = tmp_path / "film.pdf"
    with large.open("wb") as file:
        file.truncate(26 * 1024 * 1024)
    page = open_page(reverse("billing:verify"))
    fill(page, receipt)
    page.locator("[name=file]").set_input_files(large)
    page.get_by_role("button", name="Check").click()
    page.get_by_text("larger than 25 MB").first.wait_for()
    assert page.locator("[name=code]").input_value() == receipt.verify_code
