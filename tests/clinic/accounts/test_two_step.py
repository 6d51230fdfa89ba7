"""Staff sign in with a second step, asked at every page; clients may."""

from __future__ import annotations

import base64
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clinic.models import AuditEvent, Message
from clinic.rotation import services as rotation
from tests.clinic.second_step import SECRET, code, with_app
from tests.clinic.test_routes import CLOSED
from tests.factories import PASSWORD, make_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page
    from pytest_django.fixtures import Settings

    from clinic.models import Client, Location, User

pytestmark = pytest.mark.django_db(transaction=True)
LOGIN, SET_UP, DESK = "/accounts/login/", "/accounts/2fa/", "/desk/messages/"
SECOND, AGAIN = "/accounts/2fa/authenticate/", "/accounts/2fa/reauthenticate/"
ACTIVATE, CODES = "/accounts/2fa/totp/activate/", "/accounts/2fa/recovery-codes/"
CONFIRM = "/accounts/2fa/webauthn/reauthenticate/?next=/desk/clients/"
EXTRA = ["/", "/book/", "/portal/", "/admin/", "/admin/clinic/location/", "/accounts/sessions/"]


@pytest.fixture
def required(settings: Settings) -> None:
    settings.STAFF_TWO_STEP = True


def sign_in(user: User) -> Browser:
    """With the password, no more."""
    browser = Browser()
    browser.post(LOGIN, {"login": user.email, "password": PASSWORD})
    return browser


def reconfirm(browser: Browser) -> None:
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})


def actions() -> set[str]:
    return set(AuditEvent.objects.values_list("action", flat=True))


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("who", ["as_desk", "as_therapist", "as_manager"])
def test_staff_without_a_second_step_are_led_to_set_it_up_wherever_they_go(
    request: pytest.FixtureRequest, location: Location, required: None, who: str, method: str
) -> None:
    browser = request.getfixturevalue(who)
    paths = [path for path in [*CLOSED, *EXTRA] if path != "/accounts/2fa/"]
    answers = {path: getattr(browser, method)(path) for path in paths}
    wrong = {
        path: answer.status_code
        for path, answer in answers.items()
        if answer.status_code != 302 or answer.headers["Location"] != SET_UP
    }
    assert wrong == {}
    for path in (SET_UP, "/accounts/logout/", "/accounts/stay/", "/healthz/live"):
        assert browser.get(path).status_code == 200


@pytest.mark.parametrize("power", ["is_staff", "is_superuser"])
def test_a_login_without_a_role_that_may_configure_must_take_a_second_step(
    location: Location, required: None, power: str
) -> None:
    """Made by `createsuperuser`, say: it has the role of a client and may do everything."""
    user = make_user("owner@clinic.test")
    setattr(user, power, True)
    user.save()
    browser = sign_in(user)
    for path in (DESK, "/admin/", "/portal/", "/accounts/sessions/"):
        assert browser.get(path).headers["Location"] == SET_UP, path
    assert browser.get(SET_UP).status_code == 200
    with_app(user)
    assert browser.get("/admin/").headers["Location"].startswith(AGAIN)
    again = sign_in(user)
    assert again.get("/admin/").status_code == 302  # the password alone has not signed in
    assert again.post(SECOND, {"code": code()}).status_code == 302
    assert again.get("/portal/").headers.get("Location") not in {SET_UP, LOGIN}


def test_a_colleague_sets_up_the_app_and_is_at_work(
    desk_user: User, location: Location, required: None
) -> None:
    browser = sign_in(desk_user)
    assert browser.get(DESK).headers["Location"] == SET_UP
    page = browser.get(ACTIVATE)
    assert "data:image/svg+xml;base64," in page.text
    secret = page.context["form"].secret
    wrong = browser.post(ACTIVATE, {"code": "000000"})
    assert "Incorrect code" in wrong.text
    answer = browser.post(ACTIVATE, {"code": code(secret)})
    assert answer.headers["Location"] == CODES
    page = browser.get(CODES)
    assert len(page.context["unused_codes"]) == 10
    assert "The app is set up." in page.text
    assert "shown only once" in browser.get(CODES).text
    assert browser.get(DESK).status_code == 200
    assert "signin.second_step_added" in actions()
    assert Message.objects.filter(recipient=desk_user.email).exists()


def test_a_password_alone_no_longer_signs_in_and_the_apps_code_does(
    desk_user: User, location: Location, required: None
) -> None:
    with_app(desk_user)
    browser = sign_in(desk_user)
    assert "_auth_user_id" not in browser.session
    assert browser.get(SECOND).status_code == 200
    assert browser.post(SECOND, {"code": "000000"}).status_code == 200
    assert "signin.second_step_failed" in actions()
    assert browser.post(SECOND, {"code": code()}).headers["Location"] == "/accounts/done/"
    assert browser.get(DESK).status_code == 200
    assert browser.get("/accounts/2fa/").status_code == 200


def test_an_apps_code_works_once(desk_user: User, location: Location) -> None:
    with_app(desk_user)
    shown = code()
    assert sign_in(desk_user).post(SECOND, {"code": shown}).status_code == 302
    assert sign_in(desk_user).post(SECOND, {"code": shown}).status_code == 200


def test_a_recovery_code_lets_in_once(desk_user: User, location: Location, required: None) -> None:
    first = with_app(desk_user)[0]
    browser = sign_in(desk_user)
    browser.post(SECOND, {"code": first})
    assert browser.get(DESK).status_code == 200
    again = sign_in(desk_user)
    again.post(SECOND, {"code": first})
    assert "_auth_user_id" not in again.session


def test_codes_cannot_be_tried_without_end(desk_user: User, location: Location) -> None:
    with_app(desk_user)
    browser = sign_in(desk_user)
    for _ in range(6):
        answer = browser.post(SECOND, {"code": "000000"})
    assert "Too many" in answer.text
    assert "Too many" in browser.post(SECOND, {"code": code()}).text


def test_a_session_from_before_takes_the_step_and_is_led_back(
    as_desk: Browser, desk_user: User, location: Location, required: None
) -> None:
    with_app(desk_user)
    answer = as_desk.get(DESK)
    assert answer.headers["Location"] == f"{AGAIN}?next=%2Fdesk%2Fmessages%2F"
    for closed in (SET_UP, ACTIVATE, "/accounts/2fa/webauthn/add/", "/accounts/reauthenticate/"):
        assert as_desk.get(closed).headers["Location"].startswith(AGAIN)
    page = as_desk.get(answer.headers["Location"])
    assert "Use your password" not in page.text
    answer = as_desk.post(AGAIN, {"code": code(), "next": DESK})
    assert answer.headers["Location"] == DESK
    assert as_desk.get(DESK).status_code == 200


def test_who_gives_up_the_last_second_step_is_led_to_set_one_up(
    desk_user: User, location: Location, required: None
) -> None:
    with_app(desk_user)
    browser = sign_in(desk_user)
    browser.post(SECOND, {"code": code()})
    path = "/accounts/2fa/totp/deactivate/"
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=True):
        assert browser.get(path).headers["Location"].startswith("/accounts/reauthenticate/")
        reconfirm(browser)
        assert browser.get(path).status_code == 200
        browser.post(path)
    assert browser.get(DESK).headers["Location"] == SET_UP
    assert not Authenticator.objects.exists()
    assert "signin.second_step_removed" in actions()


def test_another_logins_second_step_does_not_count(
    desk_user: User, manager_user: User, location: Location, required: None
) -> None:
    with_app(desk_user)
    browser = sign_in(desk_user)
    browser.post(SECOND, {"code": code()})
    browser.force_login(manager_user)
    assert browser.get(DESK).headers["Location"] == SET_UP


def test_a_client_needs_none_and_a_passkey_closes_no_other_way(
    client_user: User, client_record: Client, location: Location, required: None
) -> None:
    Authenticator.objects.create(user=client_user, type=Authenticator.Type.WEBAUTHN, data={})
    assert sign_in(client_user).get("/portal/").status_code == 200


def test_a_client_who_set_up_an_app_is_asked_for_its_code(
    client_user: User, client_record: Client, location: Location
) -> None:
    with_app(client_user)
    browser = sign_in(client_user)
    assert "_auth_user_id" not in browser.session
    browser.post(SECOND, {"code": code()})
    assert browser.get("/portal/").status_code == 200


def test_on_the_demo_it_is_offered_and_not_asked_for(as_desk: Browser, location: Location) -> None:
    page = as_desk.get(DESK)
    assert page.status_code == 200
    assert SET_UP in page.text


def test_once_taken_it_costs_a_page_no_query(
    desk_user: User, location: Location, settings: Settings
) -> None:
    with_app(desk_user)
    browser = sign_in(desk_user)
    browser.post(SECOND, {"code": code()})

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert browser.get(DESK).status_code == 200
        return len(found)

    queries()
    without = queries()
    settings.STAFF_TWO_STEP = True
    assert queries() == without


def test_secrets_are_sealed_at_rest_and_taken_over_by_a_new_key(
    desk_user: User, location: Location, settings: Settings
) -> None:
    codes = with_app(desk_user)
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert SECRET not in kept
    new = "new:" + base64.b64encode(b"n" * 32).decode()
    old = settings.DOCUMENT_KEYS
    settings.DOCUMENT_KEYS = f"{new},{old}"
    assert rotation.remaining() == 2
    assert [step.done for step in rotation.reencrypt_all()] == [1, 1]
    assert rotation.remaining() == 0
    settings.DOCUMENT_KEYS = new
    browser = sign_in(desk_user)
    assert browser.post(SECOND, {"code": code()}).status_code == 302
    assert sign_in(desk_user).post(SECOND, {"code": codes[0]}).status_code == 302


def test_a_lost_second_step_is_taken_off_by_the_operator(
    desk_user: User, location: Location, required: None
) -> None:
    with_app(desk_user)
    browser = sign_in(desk_user)
    browser.post(SECOND, {"code": code()})
    call_command("reset_two_step", desk_user.email.upper(), stdout=StringIO())
    assert "_auth_user_id" not in browser.session
    assert sign_in(desk_user).get(DESK).headers["Location"] == SET_UP
    assert "signin.second_step_reset" in actions()
    assert Message.objects.filter(subject="Your second step was removed").exists()
    with pytest.raises(CommandError):
        call_command("reset_two_step", "nobody@clinic.test")


def test_new_recovery_codes_put_the_old_ones_out_of_use(
    desk_user: User, location: Location
) -> None:
    old = with_app(desk_user)
    browser = sign_in(desk_user)
    browser.post(SECOND, {"code": code()})
    assert browser.get(f"{CODES}generate/").status_code == 200
    browser.post(f"{CODES}generate/")
    new = browser.get(CODES).context["unused_codes"]
    assert set(new).isdisjoint(old)
    assert browser.get("/accounts/2fa/recovery-codes/download/").status_code in {403, 404}


def test_a_passkey_is_listed_renamed_and_removed_by_its_owner_only(
    as_desk: Browser, as_manager: Browser, desk_user: User, location: Location
) -> None:
    data = {"name": "My phone", "credential": {}}
    kind = Authenticator.Type.WEBAUTHN
    key = Authenticator.objects.create(user=desk_user, type=kind, data=data)
    keys = "/accounts/2fa/webauthn/"
    assert "My phone" in as_desk.get(keys).text
    assert "My phone" not in as_manager.get(keys).text
    for what in ("edit", "remove"):
        assert as_manager.get(f"{keys}keys/{key.pk}/{what}/").status_code == 404
        assert "My phone" in as_desk.get(f"{keys}keys/{key.pk}/{what}/").text
    as_desk.post(f"{keys}keys/{key.pk}/edit/", {"name": "Old phone"})
    assert "Old phone" in as_desk.get(keys).text
    as_desk.post(f"{keys}keys/{key.pk}/remove/")
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("model", ["mfa/authenticator", "usersessions/usersession"])
def test_the_configuration_pages_show_no_secrets(
    as_manager: Browser, manager_user: User, location: Location, model: str
) -> None:
    manager_user.is_superuser = True
    manager_user.save()
    assert as_manager.get(f"/admin/{model}/").status_code == 404


@pytest.mark.slow
def test_a_passkey_is_made_signs_in_and_confirms(
    open_page: Callable[..., Page],
    desk_user: User,
    location: Location,
    required: None,
) -> None:
    page = open_page(LOGIN)
    errors: list[str] = []
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options: dict[str, Any] = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.get_by_label("Email").fill(desk_user.email)
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    page.get_by_role("link", name="I have saved them").click()
    page.wait_for_url("**/desk/**")
    # Alone it signs in: it is two steps at once.
    page.context.clear_cookies()
    page.goto(page.url.split("/desk")[0] + LOGIN)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/desk/**")
    # After a password it is the second step.
    page.context.clear_cookies()
    page.goto(page.url.split("/desk")[0] + LOGIN)
    page.get_by_label("Email").fill(desk_user.email)
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/desk/**")
    # And it says once more who one is.
    page.goto(page.url.split("/desk")[0] + CONFIRM)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/desk/clients/")
    assert errors == []
