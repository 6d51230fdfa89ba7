"""Who changes how they sign in, or takes a record away, says once more who they are."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.core import mail
from django.template.loader import render_to_string
from django.utils import timezone

from clinic.format import masked_email
from clinic.models import AuditEvent, Export, Message
from tests.browser import faults
from tests.clinic.second_step import with_app
from tests.conftest import browser_for
from tests.factories import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client as Browser
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer
    from playwright.sync_api import Page

    from clinic.models import Client, Location, User

pytestmark = pytest.mark.django_db(transaction=True)
AGAIN, SET = "/accounts/reauthenticate/", "/accounts/password/set/"
BY_CODE = f"{AGAIN}code/"
APP, PASSKEY = "/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/"
WAYS = "mfa/_alternatives.html"
ASK = "/portal/my-data/export/"
STRONG = "otter lantern gravel violin"
CODE = re.compile(r"^([A-Z]{4}-[A-Z]{4})$", re.MULTILINE)


@pytest.fixture
def by_code(client_user: User, client_record: Client, location: Location) -> Iterator[Browser]:
    """Somebody who signed in with a code by e-mail six minutes ago and has no password."""
    client_user.set_unusable_password()
    client_user.save()
    browser = browser_for(client_user)
    with later(6):
        yield browser


def later(minutes: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=False)


def mailed() -> str:
    """The code of the newest mail."""
    found = CODE.search(str(mail.outbox[-1].body))
    assert found
    return found[1]


def typed(browser: Browser, code: str, path: str = "/portal/") -> Answer:
    return browser.post(BY_CODE, {"code": code, "next": path})


def recorded(action: str) -> int:
    return AuditEvent.objects.filter(action=action).count()


@pytest.mark.parametrize("path", [APP, PASSKEY])
def test_a_second_step_is_added_only_within_five_minutes_of_the_password(
    as_client: Browser, client_record: Client, location: Location, path: str
) -> None:
    assert as_client.get(path).status_code == 200
    with later(5.1):
        assert as_client.get(path).headers["Location"].startswith(AGAIN)
        assert as_client.post(path, {"code": "1"}).headers["Location"].startswith(AGAIN)
        assert "incorrect" in as_client.post(AGAIN, {"password": "not it"}).text.lower()
        assert as_client.get(path).status_code == 302
        as_client.post(AGAIN, {"password": PASSWORD})
        assert as_client.get(path).status_code == 200
        assert recorded("signin.confirmed") == 1
    with later(10.2):
        assert as_client.get(path).headers["Location"].startswith(AGAIN)


@pytest.mark.parametrize("path", [APP, PASSKEY, SET])
def test_who_has_no_password_types_a_code_from_a_mail_and_goes_on(
    by_code: Browser, path: str
) -> None:
    answer = by_code.get(path, follow=True)
    assert answer.redirect_chain == [(f"{BY_CODE}?next={path.replace('/', '%2F')}", 302)]
    assert "a…@example.test" in answer.text
    assert "ana@example.test" not in answer.text
    assert mail.outbox[-1].to == ["ana@example.test"]
    answer = typed(by_code, f" {mailed().lower().replace('-', ' ')} ", path)
    assert answer.headers["Location"] == path
    assert by_code.get(path).status_code == 200
    assert recorded("signin.confirmed") == 1


def test_what_was_to_be_sent_is_sent_after_the_code(by_code: Browser, client_user: User) -> None:
    answer = by_code.post(SET, {"password1": STRONG, "password2": STRONG})
    by_code.get(answer.headers["Location"])
    typed(by_code, mailed(), SET)
    client_user.refresh_from_db()
    assert client_user.check_password(STRONG)


def test_what_waits_to_be_sent_lies_sealed_in_the_session(by_code: Browser) -> None:
    by_code.post(SET, {"password1": STRONG, "password2": STRONG})
    assert "lantern" not in str(dict(by_code.session))


def test_what_was_stopped_is_not_sent_on_the_way_to_somewhere_else(
    by_code: Browser, client_user: User
) -> None:
    by_code.get(by_code.post(SET, {"password1": STRONG, "password2": STRONG}).headers["Location"])
    assert typed(by_code, mailed(), "/portal/").headers["Location"] == "/portal/"
    client_user.refresh_from_db()
    assert not client_user.has_usable_password()


def test_what_was_stopped_is_sent_after_a_password_too(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    with later(6):
        as_client.post(ASK)
        answer = as_client.post(AGAIN, {"password": PASSWORD, "next": ASK})
        assert answer.headers["Location"] == "/portal/my-data/"
    assert Export.objects.count() == 1


def test_an_export_is_asked_for_after_the_code(by_code: Browser) -> None:
    by_code.get(by_code.post(ASK).headers["Location"])
    assert not Export.objects.exists()
    assert typed(by_code, mailed(), ASK).headers["Location"] == "/portal/my-data/"
    assert Export.objects.count() == 1


def test_a_code_is_good_for_three_tries(by_code: Browser) -> None:
    by_code.get(BY_CODE)
    code = mailed()
    for words in ("check it again", "check it again", "send a new one"):
        answer = typed(by_code, "BBBB-BBBB")
        assert answer.status_code == 422
        assert words in answer.text
    assert typed(by_code, code).status_code == 422
    assert recorded("signin.confirm_failed") == 4
    assert by_code.get(SET).status_code == 302


def test_many_guesses_at_once_have_no_more_tries(by_code: Browser) -> None:
    """Each would find the session as it was before the others."""
    by_code.get(BY_CODE)
    code, before = mailed(), by_code.session["code:reauthenticate-by-code"]
    for _ in range(3):
        typed(by_code, "BBBB-BBBB")
        session = by_code.session
        session["code:reauthenticate-by-code"] = before
        session.save()
    assert typed(by_code, code).status_code == 422


def test_a_code_is_good_for_a_quarter_of_an_hour_and_once(by_code: Browser) -> None:
    by_code.get(BY_CODE)
    with later(15.1):
        assert typed(by_code, mailed()).status_code == 422
        by_code.get(BY_CODE)
        assert len(mail.outbox) == 2
        assert typed(by_code, mailed()).status_code == 302
        assert typed(by_code, mailed()).status_code == 422


def test_a_code_is_of_no_use_in_another_session(by_code: Browser, client_user: User) -> None:
    by_code.get(BY_CODE)
    with later(-6):
        other = browser_for(client_user)
    assert typed(other, mailed()).status_code == 422
    assert other.get(SET).status_code == 302


def test_a_new_code_puts_the_old_one_out_of_use(by_code: Browser) -> None:
    by_code.get(BY_CODE)
    old = mailed()
    answer = by_code.post(BY_CODE, {"action": "resend", "next": SET}, follow=True)
    assert answer.redirect_chain[0][0].endswith("code/?next=%2Faccounts%2Fpassword%2Fset%2F")
    assert "A new code is on its way" in answer.text
    assert typed(by_code, old).status_code == 422
    assert typed(by_code, mailed()).status_code == 302


def test_a_page_opened_again_sends_no_second_mail(by_code: Browser) -> None:
    for _ in range(3):
        assert by_code.get(BY_CODE).status_code == 200
    assert len(mail.outbox) == 1


def test_mails_are_few(by_code: Browser) -> None:
    statuses = [by_code.post(BY_CODE, {"action": "resend"}).status_code for _ in range(6)]
    assert statuses == [302] * 5 + [429]
    assert len(mail.outbox) == 5


def test_guesses_are_few(by_code: Browser) -> None:
    by_code.get(BY_CODE)
    statuses = {typed(by_code, "BBBB-BBBB").status_code for _ in range(11)}
    assert statuses == {422, 429}


def test_the_code_is_kept_nowhere(by_code: Browser) -> None:
    by_code.get(BY_CODE)
    code = mailed()
    assert code not in Message.objects.get().body
    assert code not in str(dict(by_code.session))
    assert code not in str(list(AuditEvent.objects.values()))


def test_who_has_a_password_is_asked_for_it(as_client: Browser, location: Location) -> None:
    answer = as_client.get(f"{BY_CODE}?next={SET}")
    assert answer.headers["Location"] == f"{AGAIN}?next=%2Faccounts%2Fpassword%2Fset%2F"
    assert not mail.outbox


def test_a_client_whose_only_other_way_is_a_lost_passkey_types_a_code(
    by_code: Browser, client_user: User
) -> None:
    Authenticator.objects.create(user=client_user, type=Authenticator.Type.WEBAUTHN, data={})
    asked = by_code.post(ASK).headers["Location"]
    assert asked.startswith("/accounts/2fa/webauthn/reauthenticate/")
    ways = get_adapter().get_reauthentication_methods(client_user)
    assert "Use a code by e-mail" in render_to_string(WAYS, {"reauthentication_alternatives": ways})
    assert "Use a passkey" in by_code.get(BY_CODE, {"next": ASK}).text
    typed(by_code, mailed(), ASK)
    assert Export.objects.count() == 1


def test_a_code_by_mail_stands_in_for_no_second_step(by_code: Browser, client_user: User) -> None:
    with_app(client_user)
    assert by_code.get(BY_CODE).headers["Location"] == "/accounts/2fa/reauthenticate/"
    assert not mail.outbox


def test_nobody_is_led_elsewhere(by_code: Browser) -> None:
    by_code.get(BY_CODE)
    answer = typed(by_code, mailed(), "https://evil.example/")
    assert answer.headers["Location"] == "/accounts/done/"


def test_other_ways_to_confirm_are_offered(
    as_client: Browser, client_record: Client, client_user: User, location: Location
) -> None:
    with_app(client_user)
    assert "a code from your app" in as_client.get(AGAIN).text
    assert "Use your password" in as_client.get("/accounts/2fa/reauthenticate/").text


def test_nobody_else_gets_near(anonymous: Browser, location: Location) -> None:
    for path in (APP, PASSKEY, SET, BY_CODE, "/accounts/2fa/", "/accounts/sessions/"):
        assert anonymous.get(path).headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("email", "shown"), [("ana@example.test", "a…@example.test"), ("b@x.test", "b…@x.test")]
)
def test_an_address_is_shown_so_that_only_its_owner_knows_it(email: str, shown: str) -> None:
    assert masked_email(email) == shown


def test_the_page_has_no_faults(
    open_page: Callable[..., Page], client_user: User, client_record: Client, location: Location
) -> None:
    client_user.set_unusable_password()
    client_user.save()
    page = open_page(BY_CODE, width=390, as_=browser_for(client_user))
    page.get_by_label("Code").fill("nonsense")
    page.get_by_role("button", name="Continue").click()
    assert page.get_by_text("Please check this").is_visible()
    assert faults(page) == []
