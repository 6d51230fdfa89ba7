"""Guessing is slowed down and locks nobody out; what is asked tells nothing about who is known."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clinic.models import Location, Message
from clinic.web.context import RequestContext
from tests.factories import PASSWORD

if TYPE_CHECKING:
    from clinic.models import User

pytestmark = pytest.mark.django_db(transaction=True)
LOGIN, CODE, RESET = "/accounts/login/", "/accounts/login/code/", "/accounts/password/reset/"
HERE, THERE = "203.0.113.7", "198.51.100.9"


def try_(email: str, password: str, ip: str = HERE) -> bool:
    browser = Browser(REMOTE_ADDR=ip)
    browser.post(LOGIN, {"login": email, "password": password})
    return "_auth_user_id" in browser.session


def test_twenty_tries_in_a_second_find_a_throttle_that_the_right_password_passes_later(
    client_user: User, location: Location
) -> None:
    start = timezone.now()
    for number in range(20):
        with time_machine.travel(start + timedelta(seconds=number / 20), tick=False):
            assert not try_(client_user.email, f"guess {number}")
    with time_machine.travel(start + timedelta(seconds=2), tick=False):
        assert not try_(client_user.email, PASSWORD)
    with time_machine.travel(start + timedelta(minutes=14, seconds=50), tick=False):
        assert not try_(client_user.email, PASSWORD)
    with time_machine.travel(start + timedelta(minutes=15, seconds=2), tick=False):
        assert try_(client_user.email, PASSWORD)


def test_five_wrong_ones_are_forgiven_and_the_sixth_waits(
    client_user: User, location: Location
) -> None:
    for _ in range(4):
        try_(client_user.email, "not it")
    assert try_(client_user.email, PASSWORD)
    try_(client_user.email, "not it")
    assert not try_(client_user.email, PASSWORD)


def test_nobody_locks_another_out_however_long_they_try(
    client_user: User, location: Location
) -> None:
    for _ in range(40):
        try_(client_user.email, "not it", THERE)
    assert not try_(client_user.email, PASSWORD, THERE)
    assert try_(client_user.email, PASSWORD, HERE)


def test_one_address_does_not_go_through_all_accounts(
    client_user: User, location: Location
) -> None:
    start = timezone.now()
    for number in range(60):
        with time_machine.travel(start + timedelta(seconds=4 * number), tick=False):
            try_(f"somebody{number}@example.test", "password1234", THERE)
    with time_machine.travel(start + timedelta(minutes=5), tick=False):
        assert not try_(client_user.email, PASSWORD, THERE)
        assert try_(client_user.email, PASSWORD, HERE)


def test_an_account_is_not_flooded_with_codes(client_user: User, location: Location) -> None:
    for _ in range(8):
        Browser().post(CODE, {"email": client_user.email})
    assert len(mail.outbox) == 5


@pytest.mark.parametrize("path", [CODE, RESET])
def test_nobody_uses_up_the_mails_that_let_another_in(
    client_user: User, location: Location, path: str
) -> None:
    for _ in range(8):
        refused = Browser(REMOTE_ADDR=THERE).post(path, {"email": client_user.email})
    assert "We just sent several e-mails" in refused.text
    assert len(mail.outbox) == 5
    assert Browser(REMOTE_ADDR=HERE).post(path, {"email": client_user.email}).status_code == 302
    assert len(mail.outbox) == 6


def test_a_mailbox_is_not_flooded_from_many_addresses(
    client_user: User, location: Location
) -> None:
    for number in range(60):
        browser = Browser(REMOTE_ADDR=f"203.0.113.{number}")
        browser.post(CODE, {"email": client_user.email})
    assert len(mail.outbox) == 50


def test_a_household_with_many_addresses_is_one(client_user: User, location: Location) -> None:
    for number in range(8):
        assert not try_(client_user.email, "not it", f"2001:db8:1:2::{number}")
    assert not try_(client_user.email, PASSWORD, "2001:db8:1:2:ffff::1")
    assert try_(client_user.email, PASSWORD, "2001:db8:1:3::1")


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::1", "::"),
        (None, None),
    ],
)
def test_tries_are_counted_by_network(ip: str | None, network: str | None) -> None:
    assert RequestContext(ip=ip).network == network


def test_a_reset_link_leads_to_us_whatever_port_the_request_names(
    client_user: User, location: Location
) -> None:
    Browser(headers={"Host": "localhost:6666"}).post(RESET, {"email": client_user.email})
    body = str(mail.outbox[-1].body)
    assert f"{settings.PUBLIC_URL}/accounts/password/reset/key/" in body
    assert "6666" not in body


def work(path: str, data: dict[str, str]) -> tuple[list[str], int, str, str]:
    """What one request does: its statements, its answer and how long the page is."""
    with CaptureQueriesContext(connection) as found:
        answer = Browser().post(path, data)
    statements = [query["sql"].split(" ", 1)[0] for query in found.captured_queries]
    return statements, answer.status_code, answer.headers.get("Location", ""), str(len(answer.text))


@pytest.mark.parametrize(
    ("path", "field", "more"),
    [
        (LOGIN, "login", {"password": "not it at all"}),
        (CODE, "email", {}),
        (RESET, "email", {}),
    ],
)
def test_the_work_and_the_answer_are_the_same_whether_an_address_is_known(
    client_user: User, location: Location, path: str, field: str, more: dict[str, str]
) -> None:
    unknown = "bob@example.test"
    assert len(unknown) == len(client_user.email)  # it stands on the page
    work(path, {field: unknown, **more})  # the first one warms what is kept
    known = work(path, {field: client_user.email, **more})
    stranger = work(path, {field: unknown, **more})
    assert known == stranger
    assert Message.objects.filter(recipient=client_user.email).count() == (path != LOGIN)
