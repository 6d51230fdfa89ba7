"""Weak and breached passwords are refused, with a word on what to do."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from clinic.accounts.passwords import JUDGED
from clinic.models import User
from tests.factories import PASSWORD

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client, Location

CHANGE = "/accounts/password/change/"
ANA = User(email="ana.lima@example.test", display_name="Ana Lima")


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "password1234",
        "qwertyuiop123",
        "111111111111",
        "abcdefghijkl",
        "ana.lima2026",
        "AnaLimaAnaLima",
        "stillwater2026",
        "summersummer2026",
    ],
)
def test_a_password_that_is_soon_guessed_is_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, ANA)


@pytest.mark.parametrize(
    "password", ["otter lantern gravel violin", "xK4#v9Qm2!sLw7", "l" * 3 + "öwenzahn regnet grün"]
)
def test_words_that_do_not_belong_together_are_fine(password: str) -> None:
    validate_password(password, ANA)


def test_a_very_long_password_is_judged_quickly() -> None:
    validate_password("otter lantern gravel violin", ANA)  # reads the word lists
    began = perf_counter()
    validate_password("otter lantern gravel violin " * 40, ANA)
    assert perf_counter() - began < 2
    assert JUDGED < 100


def test_the_real_hasher_is_argon2() -> None:
    from clinic import settings as real

    assert real.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")
    assert settings.AUTH_PASSWORD_VALIDATORS == real.AUTH_PASSWORD_VALIDATORS


@pytest.mark.django_db
def test_the_page_says_what_to_do_and_keeps_the_old_one(
    as_client: Browser, client_record: Client, client_user: User, location: Location
) -> None:
    weak = "stillwater2026"
    data = {"oldpassword": PASSWORD, "password1": weak, "password2": weak}
    page = as_client.post(CHANGE, data)
    assert "three or four words" in page.text
    client_user.refresh_from_db()
    assert client_user.check_password(PASSWORD)
    assert "onpaste" not in page.text
