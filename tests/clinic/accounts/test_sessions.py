"""Where one is signed in, ending it, and the e-mail about a device that is new."""

from __future__ import annotations

from datetime import timedelta
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client as Browser
from django.utils import timezone

from clinic.accounts import devices, sessions
from clinic.models import AuditEvent
from tests.factories import PASSWORD

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from clinic.models import Client, Location, User

pytestmark = pytest.mark.django_db(transaction=True)
LOGIN, SESSIONS, CHANGE = "/accounts/login/", "/accounts/sessions/", "/accounts/password/change/"
STRONG = "otter lantern gravel violin"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
NEWER = FIREFOX.replace("140.0", "141.0")
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


def sign_in(user: User, agent: str = FIREFOX, browser: Browser | None = None) -> Browser:
    browser = browser or Browser()
    data = {"login": user.email, "password": PASSWORD}
    browser.post(LOGIN, data, headers={"User-Agent": agent})
    return browser


def is_in(browser: Browser) -> bool:
    return browser.get("/portal/").status_code == 200


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (IPHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Linux"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.0", "An unknown browser"),
        ("", "An unknown browser"),
    ],
)
def test_a_browser_is_called_by_its_name(agent: str, words: str) -> None:
    assert devices.describe(agent) == words


def test_one_sees_where_one_is_signed_in_and_ends_one(
    client_record: Client, client_user: User, location: Location
) -> None:
    here, there = sign_in(client_user), sign_in(client_user, IPHONE)
    page = here.get(SESSIONS)
    assert "Firefox on Windows" in page.text
    assert "Safari on iPhone" in page.text
    other = next(one for one in page.context["sessions"] if not one.is_current)
    assert here.post(f"{SESSIONS}{other.pk}/end/").headers["Location"] == SESSIONS
    assert is_in(here)
    assert not is_in(there)
    assert AuditEvent.objects.filter(action="signin.sessions_ended", actor=client_user).exists()


def test_one_ends_all_the_others_at_once(
    client_record: Client, client_user: User, location: Location
) -> None:
    here, *others = (sign_in(client_user) for _ in range(3))
    here.post(f"{SESSIONS}end/")
    assert is_in(here)
    assert [is_in(other) for other in others] == [False, False]


def test_nobody_ends_anothers_session(
    client_record: Client,
    other_client: Client,
    client_user: User,
    other_user: User,
    location: Location,
) -> None:
    mine, theirs = sign_in(client_user), sign_in(other_user)
    row = UserSession.objects.get(user=other_user)
    assert mine.post(f"{SESSIONS}{row.pk}/end/").status_code == 404
    assert mine.post(f"{SESSIONS}{10**30}/end/").status_code == 404
    mine.post(f"{SESSIONS}end/")
    assert is_in(theirs)


def test_a_session_that_fell_asleep_is_not_listed(
    client_record: Client, client_user: User, location: Location
) -> None:
    sign_in(client_user)
    assert len(sessions.open_sessions(client_user)) == 1
    with time_machine.travel(timezone.now() + timedelta(minutes=21), tick=False):
        assert sessions.open_sessions(client_user) == []


def test_the_list_costs_the_same_for_one_and_for_many(
    client_record: Client,
    client_user: User,
    location: Location,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    browser = sign_in(client_user)
    for more in (0, 5):
        for _ in range(more):
            sign_in(client_user)
        browser.get(SESSIONS)
        with django_assert_num_queries(5):  # session, user, clinic, rows, sessions
            browser.get(SESSIONS)


def test_a_changed_password_ends_the_other_sessions(
    client_record: Client, client_user: User, location: Location
) -> None:
    here, there = sign_in(client_user), sign_in(client_user, IPHONE)
    data = {"oldpassword": PASSWORD, "password1": STRONG, "password2": STRONG}
    assert here.post(CHANGE, data).status_code == 302
    assert is_in(here)
    assert not is_in(there)
    client_user.refresh_from_db()
    current = here.session.session_key
    assert [one.is_current for one in sessions.open_sessions(client_user, current)] == [True]
    assert mail.outbox[-1].to == [client_user.email]


def test_a_copied_cookie_opens_nothing_once_its_owner_said_who_they_are(
    client_record: Client, client_user: User, location: Location
) -> None:
    here, copy = sign_in(client_user), Browser()
    copy.cookies = SimpleCookie(here.cookies.output(header=""))
    assert is_in(copy)
    before = UserSession.objects.get(user=client_user)
    here.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert is_in(here)
    assert not is_in(copy)
    (one,) = sessions.open_sessions(client_user, here.session.session_key)
    assert (one.pk, one.is_current, one.began) == (before.pk, True, before.created_at)


def test_the_configuration_pages_change_no_password_in_their_own_way(
    as_manager: Browser, location: Location
) -> None:
    assert as_manager.get("/admin/password_change/").headers["Location"] == CHANGE


def test_a_session_that_is_on_no_list_ends_with_the_others(
    client_record: Client, client_user: User, location: Location
) -> None:
    here, there = sign_in(client_user), sign_in(client_user)
    UserSession.objects.exclude(session_key=here.session.session_key).delete()
    here.post(f"{SESSIONS}end/")
    assert is_in(here)
    assert not is_in(there)


def test_a_new_device_is_told_of_once_and_an_update_makes_none(
    client_record: Client, client_user: User, location: Location
) -> None:
    browser = sign_in(client_user)
    assert mail.outbox == []  # the very first sign-in surprises nobody
    browser.cookies.pop("session")
    sign_in(client_user, NEWER, browser)
    assert mail.outbox == []
    sign_in(client_user, IPHONE)
    (letter,) = mail.outbox
    assert letter.to == [client_user.email]
    assert "Safari on iPhone" in letter.body
    assert client_record.first_name not in letter.body
    assert AuditEvent.objects.filter(action="signin.new_device").count() == 1


def test_a_shared_browser_is_known_to_each_of_its_people(
    client_user: User, other_user: User, location: Location
) -> None:
    browser = sign_in(client_user)
    for user in (other_user, client_user, other_user):
        browser.cookies.pop("session", None)
        sign_in(user, browser=browser)
    assert mail.outbox == []


def test_a_made_up_device_cookie_counts_for_nothing(client_user: User, location: Location) -> None:
    sign_in(client_user)
    browser = Browser()
    browser.cookies[devices.COOKIE] = '["made-up"]:x:y'
    sign_in(client_user, browser=browser)
    assert len(mail.outbox) == 1
