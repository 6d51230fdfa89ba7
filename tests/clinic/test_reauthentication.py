"""Who changes how they sign in says once more who they are."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.utils import timezone

from tests.clinic.second_step import with_app
from tests.factories import PASSWORD

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client, Location, User

pytestmark = pytest.mark.django_db
AGAIN, SET = "/accounts/reauthenticate/", "/accounts/password/set/"
APP, PASSKEY = "/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/"
STRONG = "otter lantern gravel violin"


@pytest.fixture
def by_code(client_user: User) -> User:
    """Somebody who signs in with codes by e-mail and has no password."""
    client_user.set_unusable_password()
    client_user.save()
    return client_user


def later(minutes: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=False)


@pytest.mark.parametrize("path", [APP, PASSKEY])
def test_a_second_step_is_added_only_within_five_minutes_of_the_password(
    as_client: Browser, client_record: Client, location: Location, path: str
) -> None:
    assert as_client.get(path).headers["Location"].startswith(AGAIN)
    assert as_client.post(path, {"code": "1"}).headers["Location"].startswith(AGAIN)
    assert "incorrect" in as_client.post(AGAIN, {"password": "not it"}).text.lower()
    assert as_client.get(path).status_code == 302
    as_client.post(AGAIN, {"password": PASSWORD})
    assert as_client.get(path).status_code == 200
    with later(5.1):
        assert as_client.get(path).headers["Location"].startswith(AGAIN)


@pytest.mark.parametrize("path", [APP, PASSKEY, SET])
def test_who_has_no_password_signs_in_once_more(
    by_code: User, client_record: Client, location: Location, as_client: Browser, path: str
) -> None:
    as_client.force_login(by_code)
    assert as_client.get(path).status_code == 200
    with later(5.1):
        answer = as_client.get(path)
        assert answer.headers["Location"] == f"/accounts/login/?next={path}"
        assert "sign in once more" in as_client.get(answer.headers["Location"]).text
    assert "_auth_user_id" not in as_client.session


def test_a_password_is_set_right_after_signing_in(
    by_code: User, client_record: Client, location: Location, as_client: Browser
) -> None:
    as_client.force_login(by_code)
    as_client.post(SET, {"password1": STRONG, "password2": STRONG})
    by_code.refresh_from_db()
    assert by_code.check_password(STRONG)


def test_other_ways_to_confirm_are_offered(
    as_client: Browser, client_record: Client, client_user: User, location: Location
) -> None:
    with_app(client_user)
    assert "a code from your app" in as_client.get(AGAIN).text
    assert "Use your password" in as_client.get("/accounts/2fa/reauthenticate/").text


def test_nobody_else_gets_near(anonymous: Browser, location: Location) -> None:
    for path in (APP, PASSKEY, SET, "/accounts/2fa/", "/accounts/sessions/"):
        assert anonymous.get(path).headers["Location"].startswith("/accounts/login/")
