"""Security headers on every kind of answer, limits of what is taken, titles that say nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.urls import reverse

from clinic.documents import store as documents
from clinic.models import Document
from tests.clinic import test_roles
from tests.clinic.roles import PAGES
from tests.clinic.test_roles import ALL, url_of
from tests.treatment.factories import mid_afternoon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client as Browser
    from pytest_django.fixtures import Settings

    from clinic.models import Client, Location

things = test_roles.things  # the fixture: one of everything
pytestmark = pytest.mark.django_db
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)


@pytest.fixture(autouse=True)
def _afternoon() -> Iterator[None]:
    with mid_afternoon():
        yield


def check(answer: Any) -> None:
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors" in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["X-Request-ID"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/", 200),
        ("get", "/favicon.ico", 301),
        ("get", "/healthz/live", 200),
        ("get", "/accounts/stay/", 200),
        ("get", "/accounts/login/", 200),
        ("get", "/portal/", 302),
        ("get", "/portal", 301),
        ("get", "/nowhere/", 404),
        ("get", "/book/slots.json", 400),
        ("post", "/healthz/live", 405),
        ("put", "/", 405),
        ("trace", "/", 405),
    ],
)
def test_an_answer_of_any_kind_bears_them(
    anonymous: Browser, location: Location, method: str, path: str, status: int
) -> None:
    answer = getattr(anonymous, method)(path)
    assert answer.status_code == status
    check(answer)


def test_a_forged_form_and_a_failure_bear_them(
    anonymous: Browser, location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    anonymous.handler.enforce_csrf_checks = True
    forged = anonymous.post("/accounts/login/", {})
    assert forged.status_code == 403
    check(forged)

    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("website.views.price_list", broken)
    anonymous.raise_request_exception = False
    failed = anonymous.get("/prices/")
    assert failed.status_code == 500
    check(failed)


def test_a_refused_page_and_a_download_bear_them(
    as_therapist: Browser, as_client: Browser, client_record: Client, location: Location
) -> None:
    refused = as_therapist.get("/desk/messages/")
    assert refused.status_code == 403
    check(refused)
    document = documents.store(
        actor=None,
        content=b"%PDF-",
        kind=Document.Kind.RECEIPT,
        name="receipt.pdf",
        content_type="application/pdf",
        client=client_record,
    )
    answer = documents.response(document)
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-store"


def test_static_files_and_the_way_to_https_bear_them(settings: Settings) -> None:
    from django.test import Client as Browser

    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    answer = Browser().get("/static/css/app.css")
    assert answer.status_code == 200
    check(answer)
    settings.SECURE_SSL_REDIRECT = True
    moved = Browser().get("/")
    assert moved.status_code == 301
    check(moved)


def test_a_host_that_is_not_ours_is_refused_with_them_on_the_way_to_https(
    settings: Settings,
) -> None:
    from django.test import Client as Browser

    settings.SECURE_SSL_REDIRECT = True
    refused = Browser().get("/", headers={"host": "elsewhere.example"})
    assert refused.status_code == 400
    check(refused)


def test_a_body_that_is_too_large_is_refused_before_it_is_read(
    anonymous: Browser, location: Location
) -> None:
    most = settings.REQUEST_MAX_SIZE
    answer = anonymous.post("/accounts/login/", {}, CONTENT_LENGTH=str(most + 1))
    assert answer.status_code == 413
    assert "too large to send" in answer.text
    check(answer)
    assert anonymous.post("/accounts/login/", {}, CONTENT_LENGTH="-1").status_code == 413


def test_a_long_form_without_files_is_refused(anonymous: Browser, location: Location) -> None:
    long = "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    assert anonymous.post("/accounts/login/", {"login": long}).status_code == 400


def test_no_title_says_whom_or_what_a_page_is_about(
    request: pytest.FixtureRequest, things: dict[str, Any], client_record: Client
) -> None:
    """Titles stay in the browser's history and stand in the list of windows."""
    told = {}
    seen = 0
    for who in ("as_manager", "as_therapist", "as_client"):
        browser: Browser = request.getfixturevalue(who)
        for path, name in ALL:
            if not path.startswith(("desk/", "portal/")):
                continue
            answer = browser.get(url_of(name, things))
            if answer.status_code != 200 or "html" not in answer["Content-Type"]:
                continue
            if not (title := TITLE.search(answer.text)):
                continue
            seen += 1
            for word in ("Ana", "Lima", "Leo", "ana@", "M54", "Neck", "Cervicalgia", "1981"):
                if re.search(rf"\b{word}", title[1]):
                    told[name] = title[1]
    assert told == {}
    assert seen > len(PAGES) // 3


def test_the_settings_of_a_real_clinic_pass_the_check(
    location: Location, settings: Settings
) -> None:
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert not any("unsafe" in str(value) for value in policy.values())
    assert policy["base-uri"] == policy["default-src"]
    assert reverse("portal") == "/portal/"
    call_command("check")
