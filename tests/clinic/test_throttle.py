"""Guessing is slowed down and locks nobody out; what is asked tells nothing about who is known."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clinic.models import Location, Message
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
