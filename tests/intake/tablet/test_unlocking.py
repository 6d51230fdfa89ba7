"""A tablet comes back only with the staff's word, once, and never twice at once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent
from intake.models import Handover, QuestionnaireResponse
from intake.tablet import services
from tests.booking.factories import booked_appointment
from tests.clinic.second_step import code, with_app
from tests.factories import PASSWORD
from tests.intake.tablet.steps import SCREEN, UNLOCK, fill_in, page, section_of, sign

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Browser

    from clinic.models import Client, Location, User

    HandOver = Callable[..., Handover]

pytestmark = pytest.mark.usefixtures("location", "questionnaire_row")


def test_the_password_unlocks_it_with_a_new_session_and_leads_back_to_the_visit(
    as_desk: Browser,
    hand_over: HandOver,
    desk_user: User,
    client_record: Client,
    location: Location,
) -> None:
    visit = booked_appointment(client_record, location=location)
    handover = hand_over(as_desk, visit=str(visit.pk))
    fill_in(as_desk, handover)
    sign(as_desk, handover)
    locked = as_desk.cookies["session"].value
    refused = as_desk.post(UNLOCK, {"word": "not the password"})
    assert refused.status_code == 422
    assert "neither your password" in refused.text

    answer = as_desk.post(UNLOCK, {"word": PASSWORD})

    assert answer.headers["Location"] == f"/desk/?day={visit.local_date}&open={visit.pk}"
    assert as_desk.cookies["session"].value != locked
    assert not Session.objects.filter(session_key=locked).exists()
    assert as_desk.session[SESSION_KEY] == str(desk_user.pk)
    assert as_desk.get("/desk/clients/").status_code == 200
    assert as_desk.get(SCREEN).headers["Location"] == "/accounts/done/"
    handover.refresh_from_db()
    assert (handover.back_by, handover.how) == (desk_user, "finished")
    assert AuditEvent.objects.get(action="intake.tablet_back").actor == desk_user
    assert AuditEvent.objects.filter(action="intake.tablet_refused").count() == 1


def test_unlocked_in_the_middle_the_draft_stays_and_the_client_page_opens(
    as_desk: Browser, hand_over: HandOver, client_record: Client
) -> None:
    handover = hand_over(as_desk)
    as_desk.post(page(handover, "autosave", "contact"), {"emergency_name": "Rui Lima"})
    answer = as_desk.post(UNLOCK, {"word": PASSWORD})
    assert answer.headers["Location"] == reverse("client-detail", args=[client_record.pk])
    handover.refresh_from_db()
    assert handover.how == "taken-back"
    assert QuestionnaireResponse.objects.get().answers["emergency_name"] == "Rui Lima"


def test_a_visit_of_someone_else_is_not_led_back_to(
    as_desk: Browser, hand_over: HandOver, other_client: Client, location: Location
) -> None:
    visit = booked_appointment(other_client, location=location)
    for sent in (str(visit.pk), "x", ""):
        assert hand_over(as_desk, visit=sent).visit is None
        as_desk.post(UNLOCK, {"word": PASSWORD})


def test_five_wrong_words_and_it_waits_a_quarter_of_an_hour(
    as_desk: Browser, hand_over: HandOver
) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        handover = hand_over(as_desk)
        for _try in range(services.MOST_TRIES):
            assert as_desk.post(UNLOCK, {"word": "wrong"}).status_code == 422
        answer = as_desk.post(UNLOCK, {"word": PASSWORD})
        assert "Too many tries" in answer.text
        clock.shift(services.TRIES_FOR - timedelta(seconds=1))
        assert "Too many tries" in as_desk.post(UNLOCK, {"word": PASSWORD}).text
        clock.shift(timedelta(seconds=1))
        assert as_desk.post(UNLOCK, {"word": "wrong"}).status_code == 422
        handover.refresh_from_db()
        assert handover.wrong_tries == 1
        assert as_desk.post(UNLOCK, {"word": PASSWORD}).status_code == 302


def test_only_whoever_handed_it_over_unlocks_it(
    as_desk: Browser, hand_over: HandOver, desk_user: User, manager_user: User
) -> None:
    manager_user.set_password("quite another password")
    manager_user.save()
    hand_over(as_desk)
    assert as_desk.post(UNLOCK, {"word": "quite another password"}).status_code == 422
    desk_user.is_active = False
    desk_user.save()
    assert as_desk.post(UNLOCK, {"word": PASSWORD}).status_code == 422


def test_a_code_of_the_app_unlocks_it_and_works_once(
    as_desk: Browser, hand_over: HandOver, desk_user: User
) -> None:
    with_app(desk_user)
    hand_over(as_desk)
    typed = code()
    assert as_desk.post(UNLOCK, {"word": typed}).status_code == 302
    hand_over(as_desk)
    assert as_desk.post(UNLOCK, {"word": typed}).status_code == 422


@override_settings(STAFF_TWO_STEP=True)
def test_the_second_step_taken_before_still_counts_unless_sign_in_has_changed(
    as_desk: Browser, hand_over: HandOver, desk_user: User
) -> None:
    with_app(desk_user)
    take = reverse("mfa_reauthenticate")
    assert as_desk.post(take, {"code": code()}).status_code == 302
    hand_over(as_desk)
    as_desk.post(UNLOCK, {"word": PASSWORD})
    assert as_desk.get("/desk/clients/").status_code == 200
    hand_over(as_desk)
    desk_user.set_password("another long password")
    desk_user.save()
    assert as_desk.post(UNLOCK, {"word": PASSWORD}).status_code == 422
    assert as_desk.post(UNLOCK, {"word": "another long password"}).status_code == 302
    assert take in as_desk.get("/desk/clients/").headers["Location"]


def test_taken_back_at_another_computer_it_is_nobodys(
    as_desk: Browser, as_manager: Browser, hand_over: HandOver, manager_user: User
) -> None:
    handover = hand_over(as_desk)
    back = reverse("intake:desk-tablet-back", args=[handover.pk])
    assert as_manager.post(back).headers["Location"] == "/desk/intake/"
    assert as_manager.post(back).status_code == 302  # twice is once
    answer = as_desk.get(section_of(handover, "today"))
    assert answer.headers["Location"].startswith("/accounts/login/")
    assert as_desk.post(UNLOCK, {"word": PASSWORD}).headers["Location"].startswith("/accounts/")
    handover.refresh_from_db()
    assert (handover.how, handover.back_by) == ("taken-back", manager_user)
    assert AuditEvent.objects.filter(action="intake.tablet_back").count() == 1


def test_a_second_tablet_for_the_same_client_ends_the_first(
    as_desk: Browser, as_manager: Browser, hand_over: HandOver
) -> None:
    first = hand_over(as_desk)
    second = hand_over(as_manager)
    first.refresh_from_db()
    assert first.how == "taken-back"
    assert as_manager.get(section_of(second, "today")).status_code == 200
    assert as_desk.get(SCREEN).headers["Location"].startswith("/accounts/login/")


def test_the_database_keeps_one_tablet_per_client(
    as_desk: Browser, hand_over: HandOver, desk_user: User
) -> None:
    first = hand_over(as_desk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Handover.objects.create(client=first.client, response=first.response, handed_by=desk_user)


def test_a_page_of_the_tablet_costs_one_query_more_than_the_form(
    as_desk: Browser, hand_over: HandOver, django_assert_max_num_queries: Any
) -> None:
    handover = hand_over(as_desk)
    with django_assert_max_num_queries(3):
        as_desk.get(SCREEN)
    with django_assert_max_num_queries(5):
        as_desk.get(section_of(handover, "today"))
