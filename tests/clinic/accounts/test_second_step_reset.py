"""A manager takes a lost second step off a login."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core import mail
from django.utils import timezone

from clinic.accounts.second_step import services as second_step
from clinic.models import AuditEvent, Role, User
from tests.browser import faults
from tests.clinic.accounts.test_two_step import DESK, SECOND, SET_UP, sign_in
from tests.clinic.second_step import code, with_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Browser
    from playwright.sync_api import Page
    from pytest_django.fixtures import Settings

    from clinic.models import Client, Location

pytestmark = pytest.mark.django_db(transaction=True)
SURE = {"reason": "lost", "is_sure": "on"}
DONE = "signin.second_step_reset"


def of_colleague(user: User) -> str:
    return f"/desk/staff/{user.pk}/second-step/"


def test_a_colleague_who_lost_the_phone_sets_up_a_new_second_step(
    as_manager: Browser,
    manager_user: User,
    desk_user: User,
    location: Location,
    settings: Settings,
) -> None:
    with_app(desk_user)
    theirs = sign_in(desk_user)
    theirs.post(SECOND, {"code": code()})
    path = of_colleague(desk_user)
    assert path in as_manager.get(f"/desk/staff/{desk_user.pk}/").text
    assert "June Ortiz" in as_manager.get(path).text
    answer = as_manager.post(path, SURE, follow=True)
    assert "signed out everywhere and has been told" in answer.text
    assert "Not set up yet" in answer.text
    assert not Authenticator.objects.exists()
    assert "_auth_user_id" not in theirs.session
    event = AuditEvent.objects.get(action=DONE)
    assert (event.actor, event.object_id) == (manager_user, str(desk_user.pk))
    assert event.detail == {"reason": "lost"}
    assert mail.outbox[-1].to == [desk_user.email]
    assert mail.outbox[-1].subject == "Your second step was removed"
    settings.STAFF_TWO_STEP = True
    assert sign_in(desk_user).get(DESK).headers["Location"] == SET_UP


@pytest.mark.parametrize(
    "data", [{}, {"reason": "lost"}, {"is_sure": "on"}, SURE | {"reason": "bored"}]
)
def test_nothing_happens_without_a_reason_and_a_look_at_who_asks(
    as_manager: Browser, desk_user: User, location: Location, data: dict[str, str]
) -> None:
    with_app(desk_user)
    answer = as_manager.post(of_colleague(desk_user), data)
    assert answer.status_code in {200, 422}
    assert second_step.kinds(desk_user)
    assert not AuditEvent.objects.filter(action=DONE).exists()


def test_a_manager_who_signed_in_a_while_ago_says_first_who_they_are(
    as_manager: Browser, desk_user: User, location: Location
) -> None:
    with_app(desk_user)
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=False):
        answer = as_manager.post(of_colleague(desk_user), SURE)
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    assert second_step.kinds(desk_user)


def test_nobody_resets_their_own(
    as_manager: Browser, manager_user: User, location: Location
) -> None:
    with_app(manager_user)
    assert "Reset two-step sign-in" not in as_manager.get(f"/desk/staff/{manager_user.pk}/").text
    page = as_manager.get(of_colleague(manager_user))
    assert "ask another manager" in page.text
    answer = as_manager.post(of_colleague(manager_user), SURE)
    assert answer.status_code == 422
    assert second_step.kinds(manager_user)


def test_where_none_is_set_up_there_is_nothing_to_do(
    as_manager: Browser, desk_user: User, location: Location
) -> None:
    answer = as_manager.get(of_colleague(desk_user), follow=True)
    assert "No second step is set up" in answer.text
    with pytest.raises(second_step.NoSecondStep):
        second_step.reset(actor=User(email="boss@clinic.test", role=Role.MANAGER), user=desk_user)


def test_a_client_who_lost_the_phone_signs_in_without_it(
    as_manager: Browser, client_user: User, client_record: Client, location: Location
) -> None:
    with_app(client_user)
    path = f"/desk/clients/{client_record.pk}/second-step/"
    assert path in as_manager.get(f"/desk/clients/{client_record.pk}/").text
    assert client_record.name in as_manager.get(path).text
    answer = as_manager.post(path, SURE)
    assert answer.headers["Location"] == f"/desk/clients/{client_record.pk}/"
    assert "_auth_user_id" in sign_in(client_user).session
    assert "after your next sign-in" in str(mail.outbox[-1].body)


def test_the_desk_does_not_see_the_button(
    as_desk: Browser, client_user: User, client_record: Client, location: Location
) -> None:
    with_app(client_user)
    assert "second-step" not in as_desk.get(f"/desk/clients/{client_record.pk}/").text


def test_the_page_has_no_faults(
    open_page: Callable[..., Page], as_manager: Browser, desk_user: User, location: Location
) -> None:
    with_app(desk_user)
    page = open_page(f"/desk/staff/{desk_user.pk}/", as_=as_manager)
    assert faults(page) == []
    page.get_by_role("link", name="Reset two-step sign-in").click()
    page.get_by_role("button", name="Reset two-step sign-in").click()
    assert page.get_by_text("Please check this").is_visible()
    assert faults(page) == []
