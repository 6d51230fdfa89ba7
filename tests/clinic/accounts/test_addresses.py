"""The address that one signs in with is changed by who reads the mail of the new one."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.test import Client as Browser
from django.utils import timezone

from clinic.accounts.addresses import services as addresses
from clinic.messaging import outbox
from clinic.models import AuditEvent, Client, Guardian, Message, User
from clinic.people import services as people
from tests.browser import faults
from tests.clinic.second_step import with_app
from tests.factories import PASSWORD, make_user

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import StringIO

    from django.test.client import _MonkeyPatchedWSGIResponse as Answer
    from playwright.sync_api import Page

    from clinic.models import Location

pytestmark = pytest.mark.django_db(transaction=True)
PAGE, CODE_PAGE, CANCEL = "/accounts/email/", "/accounts/email/code/", "/accounts/email/cancel/"
LOGIN, BY_CODE, HOME = "/accounts/login/", "/accounts/login/code/", "/accounts/done/"
OLD, NEW = "ana@example.test", "ana.lima@new.example"
CODE = re.compile(r"^([A-Z]{4}-[A-Z]{4})$", re.MULTILINE)


def later(minutes: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=False)


def mails_to(email: str) -> list[str]:
    return [str(one.body) for one in mail.outbox if one.to == [email]]


def code_to(email: str) -> str:
    """The code of the newest mail to that address."""
    found = CODE.search(mails_to(email)[-1])
    assert found
    return found[1]


def asked(browser: Browser, email: str = NEW) -> Answer:
    return browser.post(PAGE, {"email": email})


def typed(browser: Browser, code: str) -> Answer:
    change = browser.session["code:address"]["id"]
    return browser.post(CODE_PAGE, {"code": code, "change": change})


def signed_in(email: str) -> Browser:
    """With the password, or not."""
    browser = Browser()
    browser.post(LOGIN, {"login": email, "password": PASSWORD})
    return browser


def signs_in(email: str) -> bool:
    return "_auth_user_id" in signed_in(email).session


def email_of(user: User) -> str:
    user.refresh_from_db()
    return user.email


def test_the_address_changes_with_the_code_that_went_to_the_new_one(
    as_client: Browser, client_user: User, client_record: Client, location: Location
) -> None:
    elsewhere = signed_in(OLD)
    mail.outbox.clear()
    assert OLD in as_client.get(PAGE).text
    assert asked(as_client, f"  {NEW.title()} ").headers["Location"] == CODE_PAGE
    assert "call us right away" in mails_to(OLD)[0]
    assert NEW not in mails_to(OLD)[0]
    assert email_of(client_user) == OLD
    assert NEW in as_client.get(CODE_PAGE).text

    answer = typed(as_client, code_to(NEW))
    assert answer.headers["Location"] == HOME
    assert f"sign in with {NEW}" in as_client.get("/portal/").text
    assert email_of(client_user) == NEW
    client_record.refresh_from_db()
    assert client_record.email == NEW
    row = EmailAddress.objects.get()
    assert (row.email, row.verified, row.primary) == (NEW, True, True)
    assert "_auth_user_id" not in elsewhere.session
    assert signs_in(NEW)
    assert not signs_in(OLD)
    assert as_client.get("/portal/").status_code == 200
    assert "From now on, you sign in at the clinic with a different address" in mails_to(OLD)[1]
    assert NEW not in mails_to(OLD)[1]
    event = AuditEvent.objects.get(action="signin.address_changed")
    assert event.detail["changes"]["email"] == {"before": OLD, "after": NEW}
    assert event.actor == client_user


def test_staff_change_theirs_too(as_desk: Browser, desk_user: User, location: Location) -> None:
    asked(as_desk)
    typed(as_desk, code_to(NEW))
    assert email_of(desk_user) == NEW


def test_whoever_signed_in_a_while_ago_says_first_who_they_are(
    as_client: Browser, client_user: User, location: Location
) -> None:
    with later(6):
        answer = asked(as_client)
        assert answer.headers["Location"].startswith("/accounts/reauthenticate/?next=")
        assert not mail.outbox
        confirm = {"password": PASSWORD, "next": PAGE}
        answer = as_client.post("/accounts/reauthenticate/", confirm)
        # What was typed is not typed again.
        assert answer.headers["Location"] == CODE_PAGE
        typed(as_client, code_to(NEW))
    assert email_of(client_user) == NEW


def test_the_answer_is_the_same_whether_the_address_is_anybodys_or_not(
    as_client: Browser, client_user: User, other_user: User, location: Location
) -> None:
    free = asked(as_client, "nobody@example.test")
    free_page = as_client.get(CODE_PAGE).text.replace("nobody@example.test", "")
    taken = asked(as_client, other_user.email.upper())
    taken_page = as_client.get(CODE_PAGE).text.replace(other_user.email, "")
    assert (free.status_code, free.headers["Location"]) == (302, taken.headers["Location"])
    # Tokens of forms, the id of the change, the seconds that the session has left.
    hidden = re.compile(r'\b(\w{64}|[0-9a-f]{16}|seconds="\d+)\b')
    assert hidden.sub("", free_page) == hidden.sub("", taken_page)
    [told] = mails_to(other_user.email)
    assert "It already belongs to a login" in told
    assert not CODE.search(told)
    assert len(mails_to(OLD)) == 2
    # Sending anew, no matter who wrote, tells no more.
    as_client.post(CODE_PAGE, {"action": "resend"})
    assert not CODE.search(mails_to(other_user.email)[-1])


@pytest.mark.parametrize("same", [OLD, " ANA@Example.test "])
def test_the_same_address_is_refused_in_words(
    as_client: Browser, location: Location, same: str
) -> None:
    answer = asked(as_client, same)
    assert answer.status_code == 422
    assert "already sign in with this address" in answer.text
    assert not mail.outbox


@pytest.mark.parametrize("nonsense", ["", "ana", "ana@", "a@b.test\n@x", f"{'a' * 250}@b.test"])
def test_what_is_no_address_is_refused_and_nothing_typed_is_lost(
    as_client: Browser, location: Location, nonsense: str
) -> None:
    answer = asked(as_client, nonsense)
    assert answer.status_code == 422
    assert answer.context["form"]["email"].value() == nonsense


def test_three_wrong_codes_and_a_new_one_must_be_sent(
    as_client: Browser, client_user: User, location: Location
) -> None:
    asked(as_client)
    code = code_to(NEW)
    assert [typed(as_client, "BBBB-BBBB").status_code for _ in range(3)] == [422] * 3
    assert "send a new one" in typed(as_client, code).text
    assert AuditEvent.objects.filter(action="signin.address_code_failed").count() == 4
    answer = as_client.post(CODE_PAGE, {"action": "resend"}, follow=True)
    assert "A new code is on its way" in answer.text
    assert email_of(client_user) == OLD
    typed(as_client, code_to(NEW))
    assert email_of(client_user) == NEW
    assert len(mails_to(OLD)) == 2


def test_a_code_is_too_old_after_a_quarter_of_an_hour(
    as_client: Browser, client_user: User, location: Location
) -> None:
    asked(as_client)
    with later(15.1):
        assert "no longer works" in as_client.get(CODE_PAGE).text
        assert typed(as_client, code_to(NEW)).status_code == 422
        # And for a new one they say again who they are.
        answer = as_client.post(CODE_PAGE, {"action": "resend"})
        assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    assert email_of(client_user) == OLD


def test_a_change_is_cancelled(as_client: Browser, client_user: User, location: Location) -> None:
    asked(as_client)
    assert "A change is pending" in as_client.get(PAGE).text
    code = code_to(NEW)
    answer = as_client.post(CANCEL, follow=True)
    assert "stays as it is" in answer.text
    answer = as_client.post(CODE_PAGE, {"code": code}, follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    assert "You have no address change pending" in answer.text
    assert email_of(client_user) == OLD


def test_of_two_tabs_the_newer_counts_and_the_older_is_told(
    as_client: Browser, client_user: User, location: Location
) -> None:
    asked(as_client)
    older = {"code": code_to(NEW), "change": as_client.session["code:address"]["id"]}
    asked(as_client, "second@new.example")
    answer = as_client.post(CODE_PAGE, older, follow=True)
    assert "since asked for another code" in answer.text
    assert email_of(client_user) == OLD
    typed(as_client, code_to("second@new.example"))
    assert email_of(client_user) == "second@new.example"


def test_a_code_is_of_no_use_to_anybody_else(
    as_client: Browser, as_other: Browser, other_user: User, location: Location
) -> None:
    asked(as_client)
    answer = as_other.post(CODE_PAGE, {"code": code_to(NEW)})
    assert answer.headers["Location"] == PAGE
    as_client.force_login(other_user)
    assert as_client.get(CODE_PAGE).headers["Location"] == PAGE
    assert email_of(other_user) == "stranger@example.test"


def test_a_second_click_changes_nothing_more(client_user: User, location: Location) -> None:
    for _ in range(2):
        addresses.change(user=client_user, new=NEW, keep=None)
    assert AuditEvent.objects.filter(action="signin.address_changed").count() == 1


def test_an_address_that_was_taken_meanwhile_is_refused_in_words(
    as_client: Browser, client_user: User, location: Location
) -> None:
    asked(as_client)
    make_user(NEW)
    answer = typed(as_client, code_to(NEW))
    assert answer.headers["Location"] == PAGE
    assert "Someone else has since started" in as_client.get(PAGE).text
    assert email_of(client_user) == OLD


def test_of_two_who_race_for_an_address_one_gets_it(
    client_user: User, other_user: User, location: Location
) -> None:
    together = Barrier(2)

    def attempt(user: User) -> str:
        try:
            together.wait(timeout=5)
            addresses.change(user=user, new=NEW, keep=None)
        except addresses.AddressTaken:
            return "refused"
        finally:
            connection.close()
        return "changed"

    with ThreadPoolExecutor(max_workers=2) as pool:
        outcomes = sorted(pool.map(attempt, [client_user, other_user]))
    assert outcomes == ["changed", "refused"]
    assert User.objects.filter(email=NEW).count() == 1


def test_the_constraint_alone_refuses_an_address_in_words(
    client_user: User, location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_user(NEW)
    monkeypatch.setattr(addresses, "is_taken", lambda *_args, **_named: False)
    with pytest.raises(addresses.AddressTaken):
        addresses.change(user=client_user, new=NEW, keep=None)
    assert email_of(client_user) == OLD


def test_what_waits_for_the_client_goes_to_the_new_address(
    client_user: User, client_record: Client, other_client: Client, location: Location
) -> None:
    child = Client.objects.create(
        first_name="Leo", last_name="Lima", birth_date="2015-06-01", email=OLD
    )
    Guardian.objects.create(user=client_user, client=child, relationship="parent")

    def wrote(key: str, **fields: object) -> Message:
        message = outbox.queue(
            key=key,
            subject="x",
            body="x",
            not_before=timezone.now() + timedelta(days=1),
            **({"kind": "reminder", "recipient": OLD} | fields),  # type: ignore[arg-type]
        )
        assert message
        return message

    own = wrote("own", client=client_record)
    bounced = wrote("bounced", client=client_record)
    Message.objects.filter(pk=bounced.pk).update(status=Message.Status.FAILED)
    childs = wrote("childs", client=child)
    strangers = wrote("strangers", client=other_client)
    gone = wrote("gone", client=client_record)
    Message.objects.filter(pk=gone.pk).update(status=Message.Status.SENT)
    code = wrote("code", kind="sign-in", is_secret=True)
    addresses.change(user=client_user, new=NEW, keep=None)
    for message in (own, bounced, childs, strangers, gone, code):
        message.refresh_from_db()
    assert {own.recipient, bounced.recipient, childs.recipient} == {NEW}
    assert (strangers.recipient, gone.recipient) == (OLD, OLD)
    assert code.status == Message.Status.CANCELLED
    for client in (client_record, child):
        client.refresh_from_db()
        assert people.notify_address(client) == NEW


def test_a_contact_address_of_its_own_stays(client_user: User, client_record: Client) -> None:
    Client.objects.filter(pk=client_record.pk).update(email="work@example.test")
    addresses.change(user=client_user, new=NEW, keep=None)
    client_record.refresh_from_db()
    assert client_record.email == "work@example.test"


def test_a_code_to_sign_in_that_went_to_the_old_address_lets_nobody_in(
    anonymous: Browser, client_user: User, client_record: Client, location: Location
) -> None:
    where = anonymous.post(BY_CODE, {"email": OLD}).headers["Location"]
    code = code_to(OLD)
    addresses.change(user=client_user, new=NEW, keep=None)
    answer = anonymous.post(where, {"code": code}, follow=True)
    assert "_auth_user_id" not in anonymous.session
    assert "That code no longer works" in answer.text


def test_a_link_to_choose_a_password_that_went_to_the_old_address_opens_nothing(
    anonymous: Browser, client_user: User, location: Location
) -> None:
    anonymous.post("/accounts/password/reset/", {"email": OLD})
    link = re.search(r"/accounts/password/reset/key/\S+", mails_to(OLD)[0])
    assert link
    addresses.change(user=client_user, new=NEW, keep=None)
    answer = anonymous.get(link[0], follow=True)
    assert "password1" not in answer.text


def test_a_second_step_is_asked_for_as_before(client_user: User, location: Location) -> None:
    with_app(client_user)
    addresses.change(user=client_user, new=NEW, keep=None)
    assert not signs_in(NEW)


def test_nobodys_mailbox_is_filled(as_client: Browser, location: Location) -> None:
    statuses = [asked(as_client, f"a{number}@new.example").status_code for number in range(6)]
    assert statuses == [302] * 5 + [429]


def test_no_log_names_an_address_and_no_table_the_code(
    as_client: Browser, location: Location, console: StringIO
) -> None:
    asked(as_client)
    code = code_to(NEW)
    assert code not in str(dict(as_client.session))
    assert code not in "".join(Message.objects.values_list("body", flat=True))
    typed(as_client, code)
    assert NEW not in console.getvalue()
    assert OLD not in console.getvalue()


def test_the_pages_have_no_faults(
    open_page: Callable[..., Page], as_client: Browser, location: Location
) -> None:
    page = open_page(PAGE, width=390, as_=as_client)
    page.get_by_label("New e-mail address").fill(NEW)
    assert faults(page) == []
    page.get_by_role("button", name="Send the code").click()
    page.get_by_label("Code").fill("nonsense")
    page.get_by_role("button", name="Change my address").click()
    assert page.get_by_text("Please check this").is_visible()
    assert faults(page) == []
    page.get_by_label("Code").fill(code_to(NEW))
    page.get_by_role("button", name="Change my address").click()
    assert page.get_by_text("Done. From now on").is_visible()
