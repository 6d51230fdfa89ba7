from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.utils import timezone

from clinic.models import Message
from tests.factories import PASSWORD

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client, Location, User

pytestmark = pytest.mark.django_db(transaction=True)
LOGIN, REQUEST_CODE = "/accounts/login/", "/accounts/login/code/"


def test_a_client_signs_in_with_the_code_from_the_email(
    anonymous: Browser, client_record: Client, client_user: User, location: Location
) -> None:
    answer = anonymous.post(REQUEST_CODE, {"email": client_user.email}, follow=True)
    code = re.search(
        r"^\s*([A-Z0-9]{3,}-?[A-Z0-9]{3,})\s*$", str(mail.outbox[0].body), re.MULTILINE
    )
    assert code is not None, mail.outbox[0].body
    where = answer.redirect_chain[-1][0]
    answer = anonymous.post(where, {"code": code[1]}, follow=True)
    assert answer.redirect_chain[-1][0] == "/portal/"
    assert answer.context["user"] == client_user
    assert code[1] not in Message.objects.get().body


def test_the_answer_is_the_same_whether_an_address_is_known_or_not(
    anonymous: Browser, client_user: User, location: Location
) -> None:
    known = anonymous.post(REQUEST_CODE, {"email": client_user.email})
    unknown = anonymous.post(REQUEST_CODE, {"email": "nobody@example.test"})
    assert (known.status_code, known.headers["Location"]) == (
        unknown.status_code,
        unknown.headers["Location"],
    )


def test_a_password_signs_in_and_a_wrong_one_says_so_without_saying_which(
    anonymous: Browser, client_record: Client, client_user: User, location: Location
) -> None:
    wrong = anonymous.post(LOGIN, {"login": client_user.email, "password": "not it"})
    nobody = anonymous.post(LOGIN, {"login": "nobody@example.test", "password": "not it"})
    assert wrong.context["form"].non_field_errors() == nobody.context["form"].non_field_errors()
    right = anonymous.post(LOGIN, {"login": client_user.email, "password": PASSWORD}, follow=True)
    assert right.redirect_chain[-1][0] == "/portal/"


@pytest.mark.parametrize(("minutes", "opens"), [(58, True), (62, False)])
def test_a_link_to_choose_a_password_is_good_for_an_hour_as_the_mail_says(
    anonymous: Browser, client_user: User, location: Location, minutes: int, opens: bool
) -> None:
    anonymous.post("/accounts/password/reset/", {"email": client_user.email})
    text = str(mail.outbox[0].body)
    link = re.search(r"/accounts/password/reset/key/\S+", text)
    assert link
    assert "within an hour" in text
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        answer = anonymous.get(link[0], follow=True)
    assert ("password1" in answer.text) == opens
    assert ("This link no longer works" in answer.text) != opens


def test_too_many_wrong_passwords_are_slowed_down(
    anonymous: Browser, client_user: User, location: Location
) -> None:
    for _ in range(12):
        answer = anonymous.post(LOGIN, {"login": client_user.email, "password": "not it"})
    throttled = answer.status_code == 429 or "Too many" in answer.content.decode()
    assert throttled


@pytest.mark.parametrize("path", [LOGIN, REQUEST_CODE, "/accounts/signup/"])
def test_sign_in_pages_open_and_are_not_cached(
    anonymous: Browser, location: Location, path: str
) -> None:
    answer = anonymous.get(path)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"


def test_nobody_can_sign_up_by_hand(anonymous: Browser, location: Location) -> None:
    answer = anonymous.post(
        "/accounts/signup/",
        {"email": "new@example.test", "password1": PASSWORD, "password2": PASSWORD},
    )
    assert "_auth_user_id" not in anonymous.session
    assert b"signup_closed" in answer.content or answer.status_code == 200


@pytest.mark.parametrize("path", ["/accounts/email/", "/accounts/confirm-email/x/"])
@pytest.mark.parametrize("action", ["action_add", "action_primary", "action_send"])
def test_nobody_takes_an_address_without_proof(
    as_client: Browser,
    client_record: Client,
    client_user: User,
    location: Location,
    path: str,
    action: str,
) -> None:
    """What allauth's own pages would do is done by none of ours (see test_addresses.py)."""
    as_client.post(path, {action: "", "email": "victim@example.test"})
    client_user.refresh_from_db()
    assert client_user.email == "ana@example.test"
    assert not EmailAddress.objects.exists()
    assert as_client.get("/accounts/confirm-email/x/").status_code == 404


@pytest.mark.parametrize(
    ("page", "back"),
    [
        ("http://testserver/portal/visits/?from=1", "/portal/visits/%3Ffrom%3D1"),
        ("http://evil.example/portal/", "/accounts/done/"),
        ("", "/accounts/done/"),
    ],
)
def test_a_button_pressed_after_the_session_ended_leads_back_to_its_page(
    anonymous: Browser, location: Location, page: str, back: str
) -> None:
    answer = anonymous.post("/portal/for/", {}, headers={"Referer": page})
    assert answer.headers["Location"] == f"/accounts/login/?next={back}"
