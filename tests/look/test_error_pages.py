"""Error pages stand when all else has fallen: these tests may not touch a database at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils.functional import SimpleLazyObject

from clinic import error_views, middleware

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

PAGES: dict[int, Callable[[HttpRequest], HttpResponse]] = {
    400: error_views.bad_request,
    403: error_views.permission_denied,
    404: error_views.page_not_found,
    429: error_views.too_many_requests,
    500: error_views.server_error,
    503: middleware.unavailable,
}


def database_is_away() -> NoReturn:
    raise OperationalError


@pytest.fixture
def signed_in_request() -> HttpRequest:
    """Of somebody whose session and account lie in the database that does not answer."""
    request = RequestFactory().get("/somewhere/")
    request.session = SessionStore("0" * 32)
    request.user = SimpleLazyObject(database_is_away)  # type: ignore[assignment]
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    return request


@pytest.mark.parametrize("status", PAGES)
def test_each_error_page_has_its_status_and_needs_no_database(
    signed_in_request: HttpRequest, status: int
) -> None:
    answer = PAGES[status](signed_in_request)
    text = answer.content.decode()
    assert answer.status_code == status
    assert f"Error {status}" in text
    assert text.count("<h1") == 1
    assert 'href="/"' in text


def test_an_old_form_token_is_explained(signed_in_request: HttpRequest) -> None:
    answer = error_views.csrf_failure(signed_in_request, "token missing")
    assert answer.status_code == 403
    assert "open too long" in answer.content.decode()


@pytest.mark.parametrize("status", PAGES)
def test_each_error_page_renders_even_without_a_request(status: int) -> None:
    assert "<h1" in render_to_string(f"{status}.html")


def test_a_page_that_is_away_says_when_to_come_back(signed_in_request: HttpRequest) -> None:
    assert middleware.unavailable(signed_in_request)["Retry-After"] == "30"
