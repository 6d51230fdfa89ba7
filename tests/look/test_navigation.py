"""Nobody is shown a door that is locked for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Location

NAV = re.compile(r'<nav class="nav-wide.*?</nav>', re.DOTALL)


def links(browser: Browser, path: str) -> list[str]:
    found = NAV.search(browser.get(path).content.decode())
    assert found
    return re.findall(r'href="(/[^"]*)"', found[0])


@pytest.mark.parametrize("role", ["desk", "therapist", "biller", "manager"])
def test_each_member_of_staff_can_open_every_link_of_the_bar(
    request: pytest.FixtureRequest, location: Location, role: str
) -> None:
    browser: Browser = request.getfixturevalue(f"as_{role}")
    offered = links(browser, "/desk/clients/")
    assert len(offered) >= 2
    assert {path: browser.get(path).status_code for path in offered} == dict.fromkeys(offered, 200)


def test_a_client_can_open_every_link_of_the_portal(as_client: Browser, location: Location) -> None:
    offered = links(as_client, "/portal/")
    assert {path: as_client.get(path).status_code for path in offered} == dict.fromkeys(
        offered, 200
    )


def test_the_bar_marks_the_page_that_is_open(as_desk: Browser, location: Location) -> None:
    page = as_desk.get("/desk/clients/").content.decode()
    assert re.search(r'href="/desk/clients/"\s+aria-current="page"', page)


@pytest.mark.parametrize("page", ["billing:coupons", "prescriptions:code-releases", "diary:rooms"])
def test_all_that_is_set_up_is_below_one_link(
    as_manager: Browser, location: Location, page: str
) -> None:
    nav = NAV.search(as_manager.get(reverse(page)).text)
    assert nav
    assert re.findall(r'href="([^"]+)"\s+aria-current="page"', nav[0]) == ["/desk/diary/"]
