"""Keys that open a page without signing in stay out of the logs."""

from __future__ import annotations

import io
import logging
import re
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver
from gunicorn.config import Config

from clinic.runtime.web import WebLog, web_server
from clinic.web.logs import HIDDEN, HideKeys, hide_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clinic.models import Location

KEY = "0f8c2d9e4b7a4f0c8d1e2f3a4b5c6d7e-3.Zx9_qW-er7TyUiOp"
UUID = "0f8c2d9e-4b7a-4f0c-8d1e-2f3a4b5c6d7e"
ADDRESSES = [
    f"/book/visit/{KEY}/",
    f"/book/visit/{KEY}",
    f"/book/visit/{KEY}/move/",
    f"/book/visit/{KEY}/cancel/",
    f"/book//visit/{KEY}/",
    f"/book/offer/{UUID}/",
    f"/book/offer/{UUID}",
    f"/after/{KEY}/",
    f"/rx/{KEY}/",
    f"/rx/{KEY}/hints/",
    f"/rx/{KEY}/decline/",
    f"/letter/{KEY}/",
    f"/letter/{KEY}/letter.pdf",
    f"/calendar/{KEY}.ics",
    f"/calendar/{KEY}",
    f"/calendar/{KEY}.ics/",
    f"/accounts/password/reset/key/1-{KEY}/",
]


def secret_of(address: str) -> str:
    return UUID if UUID in address else KEY


def access_line(address: str) -> str:
    """The line that gunicorn writes with the options the product is started with."""
    config = Config()
    words = web_server("127.0.0.1:1", 1)
    config.set("access_log_format", words[words.index("--access-logformat") + 1])
    config.set("logger_class", words[words.index("--logger-class") + 1])
    config.set("accesslog", "-")
    log = config.logger_class(config)
    assert isinstance(log, WebLog)
    written = io.StringIO()
    for handler in log.access_log.handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(written)
    environ = {
        "REQUEST_METHOD": "GET",
        "RAW_URI": address,
        "PATH_INFO": address,
        "QUERY_STRING": "",
        "SERVER_PROTOCOL": "HTTP/1.1",
    }
    answer = SimpleNamespace(status="200 OK", sent=12, headers=[])
    log.access(answer, SimpleNamespace(headers=[]), environ, timedelta(milliseconds=7))
    return written.getvalue()


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_access_line_holds_no_key(address: str) -> None:
    line = access_line(address)
    assert secret_of(address) not in line
    assert HIDDEN in line
    assert '"GET /' in line
    assert " 200 12 7ms" in line


def test_gunicorns_own_errors_hold_no_key(capsys: pytest.CaptureFixture[str]) -> None:
    log = WebLog(Config())
    log.error("Error handling request %s", f"/book/visit/{KEY}/?x=1")
    assert f"/book/visit/{HIDDEN}/?x=1" in capsys.readouterr().err


@pytest.mark.parametrize(
    "address",
    [
        "/book/visit/done/",
        "/rx/done/",
        "/letter/done/",
        f"/desk/prescriptions/{UUID}/letter/",
        "/portal/visits/calendar/link/",
        "/desk/calendar/other/again/",
        f"/desk/appointments/{UUID}/",
        f"/portal/receipts/{UUID}/",
        "/book/for-two/details/",
    ],
)
def test_other_addresses_are_written_as_they_are(address: str) -> None:
    assert f'"GET {address}" 200' in access_line(address)


def test_every_route_that_takes_a_key_is_known() -> None:
    """A new kind of link is to be added to clinic.logs."""

    def patterns(resolver: URLResolver, prefix: str = "/") -> Iterator[tuple[str, set[str]]]:
        for entry in resolver.url_patterns:
            path = prefix + str(entry.pattern).removeprefix("^")
            names = set(entry.pattern.regex.groupindex)
            if isinstance(entry, URLPattern):
                yield path, names
            else:
                yield from patterns(entry, path)

    found = [
        path
        for path, names in patterns(get_resolver())
        if names & {"token", "key"} and "confirm-email" not in path  # closed: clinic.urls
    ]
    assert len(found) >= 6
    assert [path for path in found if HIDDEN not in hide_keys(re.sub(r"<[^>]*>", KEY, path))] == []


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_is_refused_is_logged_without_the_key(
    anonymous: Browser, location: Location, console: io.StringIO, address: str
) -> None:
    anonymous.get(address)
    anonymous.post(address, {})
    assert secret_of(address) not in console.getvalue()


@pytest.mark.parametrize("name", ["move/", ""])
def test_a_missing_page_is_logged_with_its_kind(
    anonymous: Browser, location: Location, console: io.StringIO, name: str
) -> None:
    anonymous.get(f"/book/visit/{KEY}/{name}")
    assert f"Not Found: /book/visit/{HIDDEN}/{name}" in console.getvalue()


def test_a_forged_form_is_logged_without_the_key(location: Location, console: io.StringIO) -> None:
    browser = Browser(enforce_csrf_checks=True)
    assert browser.post(f"/book/visit/{KEY}/cancel/", {}).status_code == 403
    line = console.getvalue()
    assert f"/book/visit/{HIDDEN}/cancel/" in line
    assert KEY not in line


def test_a_traceback_holds_no_key(console: io.StringIO) -> None:
    broken: dict[str, str] = {}
    try:
        broken[f"/book/offer/{UUID}/"]
    except KeyError:
        logging.getLogger("clinic.test").exception("Internal Server Error: %s", KEY[:3])
    assert f"KeyError: '/book/offer/{HIDDEN}/'" in console.getvalue()
    assert UUID not in console.getvalue()


def test_a_wrong_call_is_left_to_the_handler() -> None:
    record = logging.LogRecord("x", logging.INFO, "x", 1, "%d", ("not a number",), None)
    assert HideKeys().filter(record)


def test_every_handler_hides_them() -> None:
    handlers: Any = settings.LOGGING["handlers"]
    assert all("hide_keys" in one["filters"] for one in handlers.values())
    others = [
        name
        for name in logging.root.manager.loggerDict
        if name.startswith("django") and logging.getLogger(name).handlers
    ]
    assert others == []
