"""What the QR code says is filled in by the browser, and no server is told it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from billing.issuing import pdf

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from pytest_django.live_server_helper import LiveServer

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
