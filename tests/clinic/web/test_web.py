from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.db import OperationalError

from clinic import tasks
from clinic.celery import app
from clinic.middleware import client_ip
from clinic.models import User
from clinic.settings import env
from clinic.views import greeting

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from django.test import Client as Browser
    from django.test import RequestFactory
    from pytest_django.fixtures import Settings

    from clinic.models import Client, Location, Service

PUBLIC = ["/", "/prices/", "/medical-massage/", "/insurance/"]


@pytest.mark.parametrize("path", PUBLIC)
def test_public_pages_open_for_everybody(
    anonymous: Browser, location: Location, services: dict[str, Service], path: str
) -> None:
    answer = anonymous.get(path)
    assert answer.status_code == 200
    assert location.name in answer.content.decode()


def test_prices_are_the_ones_in_the_database(
    anonymous: Browser, location: Location, services: dict[str, Service]
) -> None:
    page = anonymous.get("/prices/").content.decode()
    assert "$100.00" in page or "$100" in page
    services["medical"].options.filter(minutes=60).update(price_cents=10425)
    assert "$104.25" in anonymous.get("/prices/").content.decode()


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/portal/", "/nowhere/"])
def test_security_headers_are_on_every_answer(
    as_client: Browser, location: Location, path: str
) -> None:
    answer = as_client.get(path)
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Request-ID"]


def test_trace_and_other_odd_methods_are_refused(anonymous: Browser) -> None:
    assert anonymous.generic("TRACE", "/").status_code == 405
    assert anonymous.put("/").status_code == 405


def test_private_pages_are_never_stored(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    assert as_client.get("/portal/")["Cache-Control"] == "no-store"


def test_health_is_live_and_says_what_is_down(anonymous: Browser) -> None:
    assert anonymous.get("/healthz/live").json() == {"status": "ok"}
    answer = anonymous.get("/healthz/ready")
    assert answer.status_code == 503
    assert answer.json() == {"status": "down", "database": "ok", "redis": "ok", "worker": "down"}
    tasks.heartbeat()
    assert anonymous.get("/healthz/ready").status_code == 200


def test_the_heartbeat_does_not_wait_behind_other_work() -> None:
    assert app.amqp.router.route({}, "clinic.heartbeat")["queue"].name == "heartbeat"
    assert app.amqp.router.route({}, "billing.render_document")["queue"].name == "celery"
    assert set(app.amqp.queues.consume_from) == {"celery", "heartbeat"}


def test_the_portal_takes_a_constant_number_of_queries(
    as_client: Browser,
    client_record: Client,
    location: Location,
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    with django_assert_max_num_queries(8):
        as_client.get("/portal/")


def test_staff_without_a_client_of_their_own_land_at_the_desk(
    as_desk: Browser, location: Location
) -> None:
    assert as_desk.get("/portal/").status_code == 302


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ana", True),
        ("Lima ana", True),
        ("04/12/1981", True),
        ("5550142", True),
        ("(212) 555-0142", True),
        ("+1 212 555 0142", True),
        ("zz", False),
    ],
)
def test_the_desk_finds_a_client(
    as_desk: Browser, client_record: Client, location: Location, query: str, found: bool
) -> None:
    page = as_desk.post("/desk/clients/", {"q": query}).content.decode()
    assert (f"/desk/clients/{client_record.pk}/" in page) is found


def test_no_search_for_a_client_stands_in_an_address(
    as_desk: Browser, client_record: Client, location: Location
) -> None:
    for page in ("/desk/clients/", "/desk/messages/"):
        form = re.search(r'<form[^>]*role="search".*?</form>', as_desk.get(page).text, re.DOTALL)
        assert form
        assert 'method="post"' in form[0]
        assert "csrfmiddlewaretoken" in form[0]
    assert "No one found" in as_desk.post("/desk/clients/", {"q": "zz"}).text
    assert "No one found" not in as_desk.get("/desk/clients/", {"q": "zz"}).text


def test_the_client_search_takes_a_constant_number_of_queries(
    as_desk: Browser,
    client_record: Client,
    other_client: Client,
    location: Location,
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    with django_assert_max_num_queries(8):
        as_desk.post("/desk/clients/", {"q": "a"})


def test_the_message_list_opens_for_the_desk_only(
    as_desk: Browser, as_therapist: Browser, location: Location
) -> None:
    assert as_desk.get("/desk/messages/").status_code == 200
    assert as_therapist.get("/desk/messages/").status_code == 403


def test_losing_the_cache_does_not_stop_a_page(
    anonymous: Browser, location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    from redis.exceptions import ConnectionError as RedisDown

    def down(*_: object, **__: object) -> None:
        raise RedisDown

    with monkeypatch.context() as broken:
        broken.setattr("django.core.cache.backends.redis.RedisCache.get", down)
        broken.setattr("django.core.cache.backends.redis.RedisCache.set", down)
        assert cache.get("anything", "default") == "default"
        assert anonymous.get("/accounts/login/").status_code == 200
        assert anonymous.get("/healthz/ready").json()["redis"] == "down"


@pytest.mark.parametrize(
    ("hour", "words"), [(0, "Good morning"), (12, "Good afternoon"), (17, "Good evening")]
)
def test_the_greeting_fits_the_hour(hour: int, words: str) -> None:
    assert greeting(hour) == words


def test_health_answers_a_browser_with_a_session_when_the_database_is_away(
    as_client: Browser, location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", away)
    monkeypatch.setattr("clinic.health._database", lambda: False)
    assert as_client.get("/healthz/live").status_code == 200
    assert as_client.get("/healthz/ready").status_code == 503
    as_client.raise_request_exception = False
    assert as_client.get("/portal/").status_code == 503


def test_a_manager_configures_places_and_prices_but_no_sign_in_addresses(
    as_manager: Browser, manager_user: User, location: Location
) -> None:
    User.objects.filter(pk=manager_user.pk).update(is_superuser=True)
    page = as_manager.get("/admin/").content.decode()
    assert "Clinic settings" in page
    assert "Payers" in page
    # What has a page of its own is changed there: its rules are not in the way round it.
    for shown in ("Booking policies", "Working hours", "Rooms", "Services", "Therapists"):
        assert shown not in page
    assert "Email addresses" not in page
    assert "Groups" not in page


def test_programs_that_ask_for_favicon_ico_get_the_icon(anonymous: Browser) -> None:
    assert anonymous.get("/favicon.ico")["Location"].endswith(".svg")


def test_a_secret_from_a_file_comes_without_the_line_break_at_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("k:abc=\n")
    monkeypatch.setenv("SOME_SECRET_FILE", str(tmp_path / "secret"))
    assert env.str("SOME_SECRET") == "k:abc="


@pytest.mark.parametrize(
    ("https", "forwarded", "expected"),
    [
        (True, "203.0.113.9, 198.51.100.7", "198.51.100.7"),  # the last is what our proxy saw
        (True, "::ffff:198.51.100.7", "198.51.100.7"),
        (True, "nonsense", None),
        (True, "", "127.0.0.1"),
        (False, "203.0.113.9", "127.0.0.1"),  # no proxy: anyone can send the header
    ],
)
def test_the_callers_address_is_what_our_own_proxy_says_and_nobody_else(
    rf: RequestFactory, settings: Settings, https: bool, forwarded: str, expected: str | None
) -> None:
    settings.HTTPS = https
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert client_ip(rf.get("/", headers=headers)) == expected
