"""The pages in a real browser: nothing for axe to find, nothing wider than a phone."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from tests.browser import COMPUTER, PHONE, ZOOMED, faults, resize

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as DjangoClient
    from playwright.sync_api import Page
    from pytest_django.live_server_helper import LiveServer

    from clinic.models import Client, Location, Service

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.look.urls"),
]

PUBLIC = ["/", "/prices/", "/medical-massage/", "/insurance/"]
SIGN_IN = ["/accounts/login/", "/accounts/login/code/", "/accounts/password/reset/"]
ERROR = ["/no-such-page/"]


def test_open_pages_are_accessible_on_a_phone_by_day_and_a_computer_by_night(
    open_page: Callable[..., Page],
    location: Location,
    services: dict[str, Service],
    live_server: LiveServer,
) -> None:
    page = open_page(PUBLIC[0])
    for path in (*PUBLIC, *SIGN_IN, *ERROR):
        page.goto(f"{live_server.url}{path}")
        for width, dark in ((PHONE, False), (COMPUTER, True)):
            resize(page, width=width, dark=dark)
            assert faults(page) == [], path


@pytest.mark.parametrize("layout", ["public", "desk"])
def test_every_component_is_accessible_at_every_size_in_both_themes(
    open_page: Callable[..., Page], location: Location, layout: str
) -> None:
    page = open_page(f"/gallery/{layout}/")
    for width, dark in product((PHONE, ZOOMED, COMPUTER), (False, True)):
        resize(page, width=width, dark=dark)
        assert faults(page) == [], (width, dark)


def test_the_portal_is_accessible(
    open_page: Callable[..., Page], as_client: DjangoClient, location: Location
) -> None:
    for path in ("/portal/", "/accounts/password/change/", "/accounts/logout/"):
        page = open_page(path, width=PHONE, as_=as_client)
        assert faults(page) == [], path
        resize(page, width=COMPUTER, dark=True)
        assert faults(page) == [], path


def test_the_desk_pages_of_clinic_are_accessible(
    open_page: Callable[..., Page],
    as_desk: DjangoClient,
    client_record: Client,
    location: Location,
) -> None:
    for path in ("/desk/clients/", f"/desk/clients/{client_record.pk}/", "/desk/messages/"):
        page = open_page(path, width=PHONE, as_=as_desk)
        assert faults(page) == [], path
        resize(page, width=COMPUTER, dark=True)
        assert faults(page) == [], path


def test_the_policy_blocks_nothing_of_ours(
    open_page: Callable[..., Page], location: Location, services: dict[str, Service]
) -> None:
    page = open_page("/gallery/desk/")
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.reload(wait_until="load")
    assert complaints == []


def test_the_phone_menu_opens_without_javascript(
    open_page: Callable[..., Page], location: Location
) -> None:
    page = open_page("/", width=PHONE, javascript=False)
    link = page.locator(".nav-phone a", has_text="prices")
    assert not link.is_visible()
    page.locator(".nav-phone summary").click()
    assert link.is_visible()


def test_escape_closes_a_menu_and_gives_the_focus_back(
    open_page: Callable[..., Page], as_client: DjangoClient, location: Location
) -> None:
    page = open_page("/portal/", as_=as_client)
    summary = page.locator("nav .menu summary")
    summary.click()
    page.keyboard.press("Escape")
    assert page.locator(".menu[open]").count() == 0
    assert summary.evaluate("summary => summary === document.activeElement")


def test_errors_take_the_focus_and_lead_to_the_field(
    open_page: Callable[..., Page], location: Location
) -> None:
    page = open_page("/gallery/public/")
    assert page.evaluate("() => document.activeElement.matches('[data-error-summary]')")
    page.locator(".error-summary a", has_text="Name").click()
    assert page.evaluate("() => document.activeElement.id") == "id_name"
    page.locator(".error-summary a", has_text="Side").click()
    assert page.evaluate("() => document.activeElement.name") == "side"


def test_a_second_click_sends_nothing(open_page: Callable[..., Page], location: Location) -> None:
    page = open_page("/accounts/login/code/")
    sent: list[str] = []
    page.on(
        "request", lambda request: sent.append(request.url) if request.method == "POST" else None
    )
    page.fill("input[name=email]", "nobody@example.test")
    with page.expect_navigation(wait_until="load"):
        page.locator("main [type=submit]").evaluate("button => { button.click(); button.click(); }")
    assert len(sent) == 1


def test_slash_goes_to_the_search(
    open_page: Callable[..., Page], as_desk: DjangoClient, location: Location
) -> None:
    page = open_page("/desk/messages/", as_=as_desk)
    page.keyboard.press("/")
    assert page.evaluate("() => document.activeElement.name") == "q"


def test_clients_are_found_while_typing(
    open_page: Callable[..., Page],
    as_desk: DjangoClient,
    client_record: Client,
    location: Location,
) -> None:
    page = open_page("/desk/clients/", as_=as_desk)
    page.locator("#client-q").press_sequentially("zzz")
    page.locator("#found", has_text="No one found").wait_for()
    assert page.evaluate("() => document.activeElement.id") == "client-q"


def test_a_part_of_a_page_never_becomes_the_sign_in_page(
    open_page: Callable[..., Page], as_desk: DjangoClient, location: Location
) -> None:
    page = open_page("/desk/clients/", as_=as_desk)
    page.context.clear_cookies()
    page.locator("#client-q").press_sequentially("ana")
    page.locator("#trouble", has_text="no longer signed in").wait_for()
    assert page.locator("main").count() == 1
    assert page.locator("#client-q").input_value() == "ana"
