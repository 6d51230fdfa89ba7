"""Who acts for a client: added by the desk, in once they say yes, out at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from clinic import access
from clinic.models import AuditEvent, Client, Guardian, Message, User
from clinic.people import services as people
from clinic.people.guardians import services as guardians
from tests.browser import COMPUTER, PHONE, faults, resize
from tests.conftest import browser_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Browser
    from playwright.sync_api import Page

    from clinic.models import Location

FATHER = "rui.lima@example.test"
FORM = {"email": f" {FATHER.upper()} ", "relationship": "parent", "is_sure": "on"}


@pytest.fixture
def child(client_user: User, location: Location) -> Client:
    """Leo, whose mother's login acts for him."""
    leo = Client.objects.create(first_name="Leo", last_name="Lima", birth_date="2015-06-01")
    Guardian.objects.create(user=client_user, client=leo, relationship="parent")
    return leo


def page_of(client: Client) -> str:
    return reverse("client-people", args=[client.pk])


def add(child: Client, actor: User, email: str = FATHER) -> Guardian:
    return guardians.add(actor=actor, client=child, email=email, relationship="parent")


def test_a_second_parent_is_added_says_yes_and_opens_the_record(
    as_desk: Browser, child: Client
) -> None:
    assert as_desk.post(page_of(child), FORM)["Location"] == page_of(child)
    father = User.objects.get(email=FATHER)
    assert "not confirmed yet" in as_desk.get(page_of(child)).text
    assert not access.may_act_for(father, child)
    (mail,) = Message.objects.filter(recipient=FATHER)
    assert "Leo" not in mail.subject + mail.body
    browser = browser_for(father)
    assert "Do you look after Leo Lima?" in browser.get("/portal/").text
    asked = child.guardians.get(user=father)
    browser.post(reverse("confirm-person", args=[asked.pk]), {"answer": "yes"})
    assert access.may_act_for(father, child)
    assert "Leo" in browser.get("/portal/").text
    assert child.guardians.count() == 2


def test_one_parent_is_removed_and_opens_nothing_at_once(
    as_desk: Browser, child: Client, client_user: User, desk_user: User
) -> None:
    father = add(child, desk_user)
    people.confirm(actor=father.user, guardian=father, is_mine=True)
    mother, browser = child.guardians.get(user=client_user), browser_for(client_user)
    assert "Leo" in browser.get("/portal/").text
    as_desk.post(reverse("guardian-remove", args=[mother.pk]))
    assert "Leo" not in browser.get("/portal/").text
    assert Message.objects.filter(recipient=client_user.email).exists()
    told = AuditEvent.objects.filter(client=child).values_list("action", flat=True)
    assert {"guardian.added", "guardian.confirmed", "guardian.removed"} <= set(told)
    said_yes = AuditEvent.objects.get(action="guardian.confirmed").detail["changes"]["confirmed_at"]
    assert said_yes["before"] is None
    assert said_yes["after"]


def test_a_minor_is_never_left_without_anybody(
    as_desk: Browser, child: Client, desk_user: User
) -> None:
    add(child, desk_user)  # asked, and has not said yes
    mother = child.guardians.exclude(confirmed_at=None).get()
    answer = as_desk.post(reverse("guardian-remove", args=[mother.pk]), follow=True)
    assert "Add the other person first" in answer.text
    assert child.guardians.count() == 2


def test_who_was_only_named_by_mistake_can_be_taken_back(child: Client, desk_user: User) -> None:
    child.refresh_from_db()
    asked = add(child, desk_user, "slip@example.test")
    guardians.remove(actor=desk_user, guardian=asked)
    guardians.remove(actor=desk_user, guardian=asked)  # a second click
    assert child.guardians.count() == 1
    assert Message.objects.filter(recipient="slip@example.test").count() == 1


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"email": "nobody"}, "valid email"),
        ({"email": "ANA@example.test"}, "can already open the record"),
        ({"relationship": ""}, "required"),
        ({"is_sure": ""}, "Confirm this first"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    as_desk: Browser, child: Client, changed: dict[str, str], says: str
) -> None:
    answer = as_desk.post(page_of(child), FORM | {"email": FATHER} | changed)
    assert answer.status_code == 422
    assert says in answer.text
    assert (changed.get("email") or FATHER) in answer.text
    assert child.guardians.count() == 1


def test_ones_own_login_is_not_added_to_act_for_oneself(
    client_record: Client, desk_user: User, location: Location
) -> None:
    assert client_record.user is not None
    with pytest.raises(guardians.ActsAlready):
        add(client_record, desk_user, client_record.user.email)


def test_messages_go_to_who_said_yes_before_who_was_named(
    child: Client, client_user: User, desk_user: User
) -> None:
    asked = add(child, desk_user)
    Guardian.objects.filter(pk=asked.pk).update(created_at="2020-01-01T00:00Z")
    assert people.notify_address(child) == client_user.email


def test_the_page_has_no_faults(
    open_page: Callable[..., Page],
    transactional_db: None,
    as_desk: Browser,
    child: Client,
    desk_user: User,
) -> None:
    add(child, desk_user)
    page = open_page(page_of(child), as_=as_desk)
    page.get_by_role("button", name="Add and e-mail them").click()
    for width, dark in ((PHONE, True), (COMPUTER, False)):
        resize(page, width=width, dark=dark)
        assert faults(page) == []
