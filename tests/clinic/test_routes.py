"""Every route of ours is closed unless it is listed here as open."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests import pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client as Browser

    from clinic.models import Location

# Where somebody without a login may go. allauth guards its own pages under /accounts/.
OPEN = (
    "/book/",
    "/calendar/",
    "/healthz/",
    "/verify/",
    "/rx/",
    "/letter/",
    "/after/",
    "/accounts/",
)
OPEN_EXACTLY = {"/", "/prices/", "/medical-massage/", "/insurance/", "/favicon.ico"}
SAMPLES = {"uuid": str(UUID(int=1)), "int": "1", "str": "x", "slug": "x", "path": "x"}


def paths(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    """A concrete path for every route, with made-up arguments."""
    for entry in resolver.url_patterns:
        if getattr(entry, "app_name", "") == "admin":
            continue
        text = prefix + str(entry.pattern)
        for name, converter in entry.pattern.converters.items():
            kind = type(converter).__name__.removesuffix("Converter").lower()
            kind = {"string": "str"}.get(kind, kind)
            sample = SAMPLES.get(kind, "1")
            text = text.replace(f"<{kind}:{name}>", sample).replace(f"<{name}>", sample)
        if isinstance(entry, URLPattern):
            yield text
        else:
            yield from paths(entry, text)


ALL = sorted({path for path in paths(get_resolver()) if "(" not in path and "^" not in path})
CLOSED = [path for path in ALL if not path.startswith(OPEN) and path not in OPEN_EXACTLY]
STAFF = [path for path in CLOSED if path.startswith("/desk/")]


@pytest.mark.parametrize("path", CLOSED)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_closed_route_sends_a_stranger_to_sign_in(
    anonymous: Browser, path: str, method: str
) -> None:
    answer = getattr(anonymous, method)(path)
    assert answer.status_code == 302
    assert answer.url.startswith("/accounts/login/")


@pytest.mark.parametrize("path", STAFF)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_staff_route_does_not_exist_for_a_client(
    as_client: Browser, location: Location, path: str, method: str
) -> None:
    assert getattr(as_client, method)(path).status_code in {404, 405}


def test_the_walk_found_the_routes() -> None:
    assert {"/portal/", "/desk/clients/", "/"} <= set(ALL)
    assert len(STAFF) >= 3


def test_what_counts_as_a_page_to_open_has_a_name_and_closed_doors_do_not_count() -> None:
    counted = set(pages.names())
    assert "home" in counted
    assert "None" not in counted
