from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from django.core import mail
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from clinic.accounts.staff import services as staff
from clinic.models import AuditEvent, Invitation, Message, Role, User
from clinic.web.form_page import version_of
from clinic.web.logs import hide_keys
from tests.conftest import browser_for
from tests.factories import make_user

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from django.test import Client as Browser

    from clinic.models import Client, Location

LIST, INVITE = "/desk/staff/", "/desk/staff/invite/"
LINK = re.compile(r"/accounts/invitation/[\w-]+/")
PASSWORDS = {"password": "seven brown teapots", "again": "seven brown teapots"}


def invited(manager: User, email: str = "nia@clinic.test", role: Role = Role.BILLER) -> str:
    """The path of the link in the mail."""
    staff.invite(actor=manager, email=email, name="Nia  Fox", role=role)
    return link_in_newest_mail()


def link_in_newest_mail() -> str:
    found = LINK.search(Message.objects.filter(kind=staff.MAIL).order_by("-created_at")[0].body)
    assert found
    return found[0]


def test_a_manager_invites_and_the_colleague_sets_a_password_once(
    as_manager: Browser, manager_user: User, anonymous: Browser, location: Location
) -> None:
    answer = as_manager.post(
        INVITE, {"email": "Nia@Clinic.test", "name": "Nia Fox", "role": "biller"}, follow=True
    )
    assert "Nia Fox" in answer.text
    path = link_in_newest_mail()
    page = anonymous.get(path)
    assert "Welcome, Nia Fox" in page.text
    assert page["Cache-Control"] == "no-store"
    assert anonymous.post(path, PASSWORDS)["Location"] == "/accounts/login/"

    nia = User.objects.get(email="nia@clinic.test")
    assert (nia.role, nia.display_name, nia.is_staff) == ("biller", "Nia Fox", False)
    assert nia.check_password(PASSWORDS["password"])
    login = {"login": nia.email, "password": PASSWORDS["password"]}
    anonymous.post("/accounts/login/", login)
    assert anonymous.session["_auth_user_id"] == str(nia.pk)
    actions = ["staff.invited", "staff.joined"]
    assert (
        list(
            AuditEvent.objects.filter(action__startswith="staff.")
            .order_by("pk")
            .values_list("action", flat=True)
        )
        == actions
    )

    joined = AuditEvent.objects.get(action="staff.joined").detail["changes"]
    assert joined["role"] == {"before": None, "after": "biller"}

    over = browser_for(manager_user).get(path)
    assert over.status_code == 410
    assert "no longer works" in over.text
    assert anonymous.post(path, PASSWORDS).status_code == 410


@pytest.mark.django_db(transaction=True)
def test_the_link_is_kept_nowhere(manager_user: User, location: Location) -> None:
    staff.invite(actor=manager_user, email="nia@clinic.test", name="Nia Fox", role="therapist")
    sent = LINK.search(str(mail.outbox[0].body))
    assert sent
    token = sent[0].split("/")[-2]
    assert token not in Message.objects.get().body
    assert token not in str(list(Invitation.objects.values()))
    assert token not in str(list(AuditEvent.objects.values()))
    assert token not in hide_keys(f"GET {sent[0]} 200")


@pytest.mark.parametrize(
    "typed",
    [
        {"password": "short", "again": "short"},
        {"password": "seven brown teapots", "again": "seven brown teapot"},
        {"password": "nia@clinic.test", "again": "nia@clinic.test"},
        {"password": "passwordpassword", "again": ""},
    ],
)
def test_a_weak_or_mistyped_password_changes_nothing(
    anonymous: Browser, manager_user: User, location: Location, typed: dict[str, str]
) -> None:
    path = invited(manager_user)
    assert anonymous.post(path, typed).status_code == 422
    assert not User.objects.filter(email="nia@clinic.test").exists()
    assert anonymous.get(path).status_code == 200


def test_an_invitation_is_good_for_as_long_as_its_sentences_say(
    as_manager: Browser, manager_user: User, location: Location
) -> None:
    invited(manager_user)
    invitation = Invitation.objects.get()
    for renew in (False, True):
        if renew:
            staff.invite_again(actor=manager_user, invitation=invitation)
            invitation.refresh_from_db()
        left = invitation.expires_at - timezone.now()
        assert timedelta(days=7) - timedelta(minutes=1) < left <= timedelta(days=7)
        mail_body = Message.objects.filter(kind=staff.MAIL).latest("created_at").body
        assert "within 7 days" in mail_body
    assert "for seven days" in as_manager.get(INVITE).text
    assert "more than seven days old" in str(staff.InvitationOver.message)


@pytest.mark.parametrize(
    ("status", "told"),
    [("failed", "The e-mail could not be sent"), ("unknown", "The e-mail may not have been sent")],
)
def test_the_manager_is_told_what_became_of_the_e_mail(
    as_manager: Browser, manager_user: User, location: Location, status: str, told: str
) -> None:
    invited(manager_user)
    assert told not in as_manager.get(reverse("staff-list")).text
    Message.objects.update(status=status)
    assert told in as_manager.get(reverse("staff-list")).text


def test_an_invitation_ends_after_seven_days_or_when_withdrawn_or_sent_again(
    as_manager: Browser, anonymous: Browser, manager_user: User, location: Location
) -> None:
    old = invited(manager_user)
    invitation = Invitation.objects.get()
    as_manager.post(reverse("staff-invite-again", args=[invitation.pk]))
    path = link_in_newest_mail()
    assert path != old
    assert anonymous.get(old).status_code == 410
    assert anonymous.get(path).status_code == 200

    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert anonymous.post(path, PASSWORDS).status_code == 410
    assert "link has expired" in as_manager.get(LIST).text

    Invitation.objects.update(expires_at=timezone.now() + timedelta(days=1))
    as_manager.post(reverse("staff-withdraw", args=[invitation.pk]))
    assert anonymous.get(path).status_code == 410  # nobody types a password for nothing
    assert anonymous.post(path, PASSWORDS).status_code == 410
    again = as_manager.post(reverse("staff-invite-again", args=[invitation.pk]), follow=True)
    assert "already changed" in again.text
    assert not User.objects.filter(email="nia@clinic.test").exists()


def test_nobody_is_invited_twice(
    as_manager: Browser, manager_user: User, desk_user: User, location: Location
) -> None:
    invited(manager_user)
    form = {"name": "Nia", "role": "front_desk"}
    again = as_manager.post(INVITE, {**form, "email": "NIA@clinic.test"})
    assert again.status_code == 422
    assert "open invitation" in again.text
    here = as_manager.post(INVITE, {**form, "email": desk_user.email})
    assert "on staff already has this address" in here.text
    assert (
        as_manager.post(INVITE, {**form, "email": "x@y.test", "role": "client"}).status_code == 422
    )
    assert Invitation.objects.count() == 1


def test_a_client_may_become_a_colleague_and_keeps_their_record(
    anonymous: Browser, manager_user: User, client_record: Client, location: Location
) -> None:
    assert client_record.user is not None
    login = browser_for(client_record.user)
    anonymous.post(invited(manager_user, client_record.user.email, Role.FRONT_DESK), PASSWORDS)
    client_record.user.refresh_from_db()
    assert client_record.user.role == "front_desk"
    assert client_record.user.own_clients.get() == client_record
    assert "/accounts/login/" in login.get("/portal/")["Location"]  # old sessions are over


def test_a_changed_role_holds_from_the_next_click(
    as_manager: Browser, as_desk: Browser, desk_user: User, location: Location
) -> None:
    assert as_desk.get("/desk/messages/").status_code == 200
    path = reverse("staff-person", args=[desk_user.pk])
    assert "June Ortiz" in as_manager.get(path).text
    as_manager.post(path, person(desk_user, "June Ortiz"))
    assert as_desk.get("/desk/messages/").status_code == 403
    told = AuditEvent.objects.get(action="staff.changed").detail["changes"]
    assert told == {"role": {"before": "front_desk", "after": "biller"}}


def test_managers_alone_hold_the_configuration_pages(manager_user: User, desk_user: User) -> None:
    staff.change(actor=manager_user, user=desk_user, role="manager", name="June")
    desk_user.refresh_from_db()
    assert desk_user.is_staff
    assert desk_user.is_superuser
    staff.change(actor=desk_user, user=manager_user, role="front_desk", name="Ruth")
    manager_user.refresh_from_db()
    assert not manager_user.is_staff
    assert not manager_user.is_superuser


def test_a_closed_login_is_out_at_once_and_may_be_opened_again(
    as_manager: Browser, as_desk: Browser, desk_user: User, location: Location
) -> None:
    other_browser = browser_for(desk_user)
    path = reverse("staff-active", args=[desk_user.pk])
    answer = as_manager.post(path, {"active": "no"}, follow=True)
    assert "June Ortiz is signed out everywhere" in answer.text
    for browser in (as_desk, other_browser):
        assert browser.get("/desk/")["Location"].startswith("/accounts/login/")
    assert as_manager.get(LIST).status_code == 200
    told = AuditEvent.objects.get(action="staff.deactivated").detail["changes"]
    assert told == {"is_active": {"before": True, "after": False}}

    as_manager.post(path, {"active": "yes"})
    assert as_desk.get("/desk/")["Location"].startswith("/accounts/login/")  # signs in anew
    assert browser_for(desk_user).get("/desk/").status_code == 200


def test_even_a_session_that_was_overlooked_opens_nothing(
    as_desk: Browser, desk_user: User, location: Location
) -> None:
    User.objects.filter(pk=desk_user.pk).update(is_active=False)
    assert as_desk.get("/desk/")["Location"].startswith("/accounts/login/")


def person(user: User, name: str, role: str = "biller") -> dict[str, str]:
    """What the page of a colleague sends that was opened now."""
    user.refresh_from_db()
    return {"name": name, "role": role, "version": version_of(user)}


def test_the_second_of_two_managers_is_told_what_the_first_saved(
    as_manager: Browser, desk_user: User, location: Location
) -> None:
    path = reverse("staff-person", args=[desk_user.pk])
    first, second = person(desk_user, "June Ortiz"), person(desk_user, "June Ort", "therapist")
    assert first["version"] in as_manager.get(path).text
    assert as_manager.post(path, first)["Location"] == reverse("staff-list")
    told = as_manager.post(path, second)
    assert told.status_code == 422
    assert "Someone else saved changes" in told.text
    assert "June Ort" in told.text  # what was typed
    desk_user.refresh_from_db()
    assert (desk_user.role, desk_user.display_name) == ("biller", "June Ortiz")
    as_manager.post(path, person(desk_user, "June Ort", "therapist"))
    desk_user.refresh_from_db()
    assert desk_user.role == "therapist"


@pytest.mark.django_db(transaction=True)
def test_of_two_managers_at_once_one_saves_and_one_is_told() -> None:
    managers = [make_user(f"{name}@clinic.test", Role.MANAGER) for name in ("one", "two")]
    colleague = make_user("june@clinic.test", Role.FRONT_DESK)
    path, start = reverse("staff-person", args=[colleague.pk]), Barrier(2)
    forms = [person(colleague, "June", role) for role in ("biller", "therapist")]
    browsers = [browser_for(manager) for manager in managers]

    def save(browser: Browser, form: dict[str, str]) -> int:
        try:
            start.wait(timeout=5)
            return browser.post(path, form).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(save, browsers, forms)) == [302, 422]
    assert AuditEvent.objects.filter(action="staff.changed").count() == 1


def test_the_last_manager_stays(
    as_manager: Browser, manager_user: User, location: Location
) -> None:
    make_user("gone@clinic.test", Role.MANAGER, is_active=False)
    closed = as_manager.post(
        reverse("staff-active", args=[manager_user.pk]), {"active": "no"}, follow=True
    )
    assert "last manager" in closed.text
    path = reverse("staff-person", args=[manager_user.pk])
    demoted = as_manager.post(path, person(manager_user, "Ruth"))
    assert demoted.status_code == 422
    manager_user.refresh_from_db()
    assert (manager_user.role, manager_user.is_active) == ("manager", True)
    assert not AuditEvent.objects.filter(action__startswith="staff.").exists()


def test_nobody_closes_their_own_login_but_may_hand_the_role_on(
    as_manager: Browser, manager_user: User, location: Location
) -> None:
    make_user("second@clinic.test", Role.MANAGER)
    own = reverse("staff-active", args=[manager_user.pk])
    assert "your own login" in as_manager.post(own, {"active": "no"}, follow=True).text
    path = reverse("staff-person", args=[manager_user.pk])
    answer = as_manager.post(path, person(manager_user, "Ruth"), follow=True)
    assert answer.redirect_chain[-1][0] == "/desk/money/"


@pytest.mark.django_db(transaction=True)
def test_two_managers_cannot_demote_each_other_at_once() -> None:
    one, two = (make_user(f"{name}@clinic.test", Role.MANAGER) for name in ("one", "two"))
    start = Barrier(2)

    def demote(actor: User, user: User) -> str:
        try:
            start.wait(timeout=5)
            staff.change(actor=actor, user=user, role="biller", name="x")
        except staff.LastManager:
            return "refused"
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(demote, (one, two), (two, one)))
    assert found == ["done", "refused"]
    assert User.objects.filter(role=Role.MANAGER).count() == 1


def test_a_client_is_nobody_whom_these_pages_change(
    as_manager: Browser, client_user: User, location: Location
) -> None:
    for name in ("staff-person", "staff-active"):
        path = reverse(name, args=[client_user.pk])
        assert as_manager.post(path, {"name": "x", "role": "manager"}).status_code == 404
    client_user.refresh_from_db()
    assert (client_user.role, client_user.is_active) == ("client", True)


def test_the_list_costs_the_same_for_many(
    as_manager: Browser,
    manager_user: User,
    location: Location,
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    for number in range(12):
        make_user(f"t{number}@clinic.test", Role.THERAPIST)
        invited(manager_user, f"n{number}@clinic.test")
    with django_assert_max_num_queries(6):
        assert as_manager.get(LIST).status_code == 200
