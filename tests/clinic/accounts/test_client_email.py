"""A client's address changes once the new one proves itself, or by sight; never by typing alone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from clinic.accounts.addresses import of_client
from clinic.accounts.addresses.of_client import Seen
from clinic.models import AuditEvent, Client, Guardian, Message, User
from clinic.web.logs import hide_keys
from tests.conftest import browser_for
from tests.editing import CHANGED, version_on
from tests.factories import make_client

if TYPE_CHECKING:
    from django.test import Client as Browser

pytestmark = pytest.mark.usefixtures("location")
OLD, NEW = "ana@example.test", "ana@new.example"


def page_of(client: Client) -> str:
    return reverse("client-email", args=[client.pk])


def link() -> str:
    """The path in the newest message to the new address."""
    body = Message.objects.filter(recipient=NEW, is_secret=True).latest("created_at").body
    return urlsplit(next(word for word in body.split() if word.startswith("http"))).path


def now(client: Client) -> tuple[str, str, str]:
    client = Client.objects.select_related("user").get(pk=client.pk)
    return client.email, client.user.email if client.user else "", client.new_email


def post(browser: Browser, client: Client, how: str, email: str = NEW) -> int:
    version = version_on(browser.get(page_of(client)).text)
    sent = browser.post(page_of(client), {"email": email, "how": how, "version": version})
    return sent.status_code


@pytest.fixture
def caller(db: None) -> Client:
    return Client.objects.create(
        first_name="Ruth", last_name="Adeyemi", birth_date="1970-01-02", phone="+18455550147"
    )


def test_the_old_address_stays_until_the_new_one_is_confirmed(
    as_desk: Browser, anonymous: Browser, client_record: Client, client_user: User
) -> None:
    theirs = browser_for(client_user)
    waiting = Message.objects.create(
        key="x", kind="booking.reminder", client=client_record, recipient=OLD, subject="x"
    )
    assert post(as_desk, client_record, "link") == 302
    assert now(client_record) == (OLD, OLD, NEW)
    shown = as_desk.get(reverse("client-detail", args=[client_record.pk])).text
    assert f"Waiting for {NEW} to confirm" in shown
    assert Message.objects.filter(recipient=OLD, subject__startswith="Someone asked").exists()
    url = link()
    assert "Ana" not in anonymous.get(url).text  # opening is not confirming
    assert now(client_record) == (OLD, OLD, NEW)
    assert f"go to {NEW}" in anonymous.post(url).text
    assert now(client_record) == (NEW, NEW, "")
    waiting.refresh_from_db()
    assert waiting.recipient == NEW
    assert theirs.get("/portal/").status_code == 302  # signed out
    assert Message.objects.filter(recipient=OLD, subject="Your address was changed").exists()
    event = AuditEvent.objects.get(action="client.email_set", client=client_record)
    assert event.detail["changes"]["email"] == {"before": OLD, "after": NEW}
    assert event.detail["how"] == "link"


def test_a_link_works_once_and_not_after_a_week(
    as_desk: Browser, anonymous: Browser, client_record: Client
) -> None:
    post(as_desk, client_record, "link")
    url = link()
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        late = anonymous.post(url)
    assert (late.status_code, "expired" in late.text) == (410, True)
    assert now(client_record)[0] == OLD
    anonymous.post(url)
    again = anonymous.post(url)
    assert (again.status_code, "confirmed already" in again.text) == (410, True)
    assert anonymous.get("/accounts/contact/nonsense/").status_code == 410
    assert "[hidden]" in hide_keys(url)


def test_the_last_address_asked_for_counts_and_it_can_be_left(
    as_desk: Browser, anonymous: Browser, client_record: Client
) -> None:
    post(as_desk, client_record, "link")
    first = link()
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        post(as_desk, client_record, "link")
        second = link()
        replaced = anonymous.post(first)
        assert (replaced.status_code, "another address" in replaced.text) == (410, True)
        as_desk.post(page_of(client_record), {"drop": "1"})
        assert now(client_record) == (OLD, OLD, "")
        assert anonymous.post(second).status_code == 410
    assert now(client_record)[0] == OLD


@pytest.mark.parametrize("how", [Seen.WITH_ID, Seen.KNOWN])
def test_whoever_was_seen_needs_no_link(
    as_desk: Browser, client_record: Client, desk_user: User, how: Seen
) -> None:
    assert post(as_desk, client_record, how) == 302
    assert now(client_record) == (NEW, NEW, "")
    event = AuditEvent.objects.get(action="client.email_set", client=client_record)
    assert (event.actor, event.detail["how"]) == (desk_user, f"seen, {how}")
    assert Message.objects.filter(recipient=OLD, subject="Your address was changed").exists()


def test_how_we_know_is_not_answered_for_anybody(as_desk: Browser, client_record: Client) -> None:
    assert " checked" not in as_desk.get(page_of(client_record)).text.replace("and checked", "")
    assert post(as_desk, client_record, "") == 422
    assert now(client_record) == (OLD, OLD, "")


def test_an_address_in_use_is_refused_with_what_to_do(
    as_desk: Browser, client_record: Client, other_user: User
) -> None:
    for how in ("link", Seen.WITH_ID):
        assert post(as_desk, client_record, how, other_user.email.upper()) == 422
        assert post(as_desk, client_record, how, OLD) == 422
    assert now(client_record) == (OLD, OLD, "")


def test_an_address_taken_meanwhile_is_not_changed(
    as_desk: Browser, anonymous: Browser, client_record: Client
) -> None:
    post(as_desk, client_record, "link")
    url = link()
    User.objects.create_user(NEW)
    answer = anonymous.post(url)
    assert (answer.status_code, "already signs in" in answer.text) == (410, True)
    assert now(client_record)[:2] == (OLD, OLD)


def test_a_second_window_is_told(as_desk: Browser, client_record: Client) -> None:
    version = version_on(as_desk.get(page_of(client_record)).text)
    post(as_desk, client_record, "link")
    late = as_desk.post(
        page_of(client_record), {"email": "x@new.example", "how": "link", "version": version}
    )
    assert late.status_code == 422
    assert CHANGED in late.text
    assert now(client_record)[2] == NEW


def test_a_caller_gets_a_login_with_the_first_address(
    as_desk: Browser, anonymous: Browser, caller: Client
) -> None:
    post(as_desk, caller, "link")
    assert now(caller) == ("", "", NEW)
    anonymous.post(link())
    assert now(caller) == (NEW, NEW, "")


def test_whoever_is_looked_after_gets_an_address_and_no_login(
    as_desk: Browser, caller: Client, other_user: User
) -> None:
    Guardian.objects.create(user=other_user, client=caller, relationship="child")
    post(as_desk, caller, Seen.KNOWN)
    assert now(caller) == (NEW, "", "")
    assert not User.objects.filter(email=NEW).exists()


def test_a_colleagues_own_record_is_not_changed_here(
    as_desk: Browser, therapist_user: User
) -> None:
    own = make_client("Dana", "Ruiz", user=therapist_user)
    assert post(as_desk, own, Seen.KNOWN) == 422
    therapist_user.refresh_from_db()
    assert therapist_user.email == "therapist@clinic.test"


def test_only_the_desk_changes_an_address(
    as_therapist: Browser, therapist_user: User, in_care: object, client_record: Client
) -> None:
    assert as_therapist.get(page_of(client_record)).status_code == 403
    with pytest.raises(PermissionDenied):
        of_client.ask(actor=therapist_user, client=client_record, email=NEW)
    with pytest.raises(PermissionDenied):
        of_client.drop(actor=therapist_user, client=client_record)
