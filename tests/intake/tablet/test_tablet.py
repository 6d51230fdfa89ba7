"""A tablet in a client's hands: one form, nothing else, and back only with the staff's word."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent
from clinic.selectors import clinic_today
from intake import services as intake
from intake.models import Handover, QuestionnaireResponse
from intake.tablet import services
from intake.tasks import end_idle_tablets
from tests.clinic.test_routes import ALL
from tests.factories import PASSWORD, make_client
from tests.intake.factories import ANSWERS, answered_intake, completed_intake
from tests.intake.tablet.steps import SCREEN, UNLOCK, fill_in, page, section_of, sign

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Browser

    from clinic.models import Client, User

    HandOver = Callable[..., Handover]

pytestmark = pytest.mark.usefixtures("location", "questionnaire_row")

# Health is asked by machines; a favicon is the same for everyone.
FREE = ("/healthz/", "/favicon.ico", "/tablet/")


# ---- locked ----


@pytest.mark.parametrize("method", ["get", "post"])
def test_every_address_of_a_handed_over_browser_is_the_locked_screen(
    as_desk: Browser, hand_over: HandOver, desk_user: User, method: str
) -> None:
    hand_over(as_desk)
    for path in [*ALL, "/admin/", "/nowhere/", "/accounts/login/"]:
        if path.startswith(FREE):
            continue
        answer = getattr(as_desk, method)(path)
        if method == "get":
            assert (answer.status_code, answer.headers["Location"]) == (302, SCREEN), path
        else:
            assert answer.status_code == 403, path
            assert "Hello Ana" in answer.text, path
            assert desk_user.display_name not in answer.text, path
        assert answer.headers["Cache-Control"] == "no-store", path


@pytest.mark.parametrize("path", ["/desk/", "/portal/", "/accounts/stay/", "/desk/clients/"])
def test_what_another_tab_asks_for_leads_to_the_locked_screen(
    as_desk: Browser, hand_over: HandOver, path: str
) -> None:
    hand_over(as_desk)
    answer = as_desk.get(path, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, SCREEN)
    assert answer.content == b""


def test_the_browser_is_signed_in_as_nobody_and_the_old_session_is_gone(
    as_desk: Browser, hand_over: HandOver
) -> None:
    before = as_desk.cookies["session"].value
    hand_over(as_desk)
    assert as_desk.cookies["session"].value != before
    assert not Session.objects.filter(session_key=before).exists()
    assert SESSION_KEY not in as_desk.session


def test_no_page_of_it_names_the_staff_or_anyone_else(
    as_desk: Browser, hand_over: HandOver, desk_user: User, therapist_user: User
) -> None:
    make_client("Omar", "Haddad")
    handover = hand_over(as_desk)
    pages = [SCREEN, UNLOCK, page(handover, "review")]
    pages += [section_of(handover, one) for one in ("today", "contact", "body")]
    for path in pages:
        text = as_desk.get(path).text
        hidden = (desk_user.display_name, desk_user.email, therapist_user.display_name, "Haddad")
        for word in (*hidden, "/desk/", "/accounts/logout/", "/admin/"):
            assert word not in text, (path, word)


def test_another_form_cannot_be_reached_by_its_id(
    as_desk: Browser, hand_over: HandOver, other_client: Client
) -> None:
    handover = hand_over(as_desk)
    foreign = answered_intake(other_client)
    for name in ("begin", "review", "signed", "emergency"):
        path = reverse(f"intake:tablet-{name}", args=[foreign.pk])
        assert as_desk.get(path).headers["Location"] == SCREEN, name
    there = reverse("intake:tablet-autosave", args=[foreign.pk, "goals"])
    as_desk.post(there, {"goals": ["sleep"]})
    foreign.refresh_from_db()
    assert foreign.answers["goals"] == ANSWERS["goals"]
    assert handover.response_id != foreign.pk


def test_without_a_handover_the_pages_lead_to_sign_in_or_home(
    anonymous: Browser, as_desk: Browser, client_record: Client
) -> None:
    response = answered_intake(client_record)
    for path in (SCREEN, UNLOCK, reverse("intake:tablet-review", args=[response.pk])):
        assert anonymous.get(path).headers["Location"].startswith("/accounts/login/")
        assert as_desk.get(path).headers["Location"] == "/accounts/done/"


@pytest.mark.parametrize(
    ("who", "status"),
    [("as_client", 404), ("as_biller", 403), ("as_therapist", 404), ("as_manager", 302)],
)
def test_who_may_hand_it_over(
    who: str, status: int, client_record: Client, request: pytest.FixtureRequest
) -> None:
    browser: Browser = request.getfixturevalue(who)
    path = reverse("intake:desk-tablet", args=[client_record.pk])
    assert browser.post(path).status_code == status
    assert Handover.objects.exists() == (status == 302)


def test_the_service_asks_who_hands_it_over(client_record: Client, biller_user: User) -> None:
    with pytest.raises(PermissionDenied):
        services.hand_over(actor=biller_user, client=client_record)


# ---- the form ----


def test_a_client_fills_it_in_signs_and_hands_it_back(
    as_desk: Browser, hand_over: HandOver, desk_user: User, client_record: Client
) -> None:
    handover = hand_over(as_desk)
    assert "Begin" in as_desk.get(SCREEN).text
    first = as_desk.get(page(handover, "begin"))
    assert first.headers["Location"] == section_of(handover, "today")
    fill_in(as_desk, handover)

    assert sign(as_desk, handover).headers["Location"] == SCREEN

    text = as_desk.get(SCREEN).text
    assert "Thank you. Please hand the tablet back." in text
    signed = QuestionnaireResponse.objects.get()
    assert (signed.status, signed.signed_name, signed.signed_by) == ("completed", "Ana Lima", None)
    assert signed.signed_relationship == ""
    assert intake.is_intact(signed)
    assert client_record.consents.filter(kind="treatment", signed_by=None).exists()
    for path in (page(handover, "review"), section_of(handover, "today"), page(handover, "signed")):
        assert as_desk.get(path).headers["Location"] == SCREEN
    handover.refresh_from_db()
    assert handover.how == "finished"
    ended = AuditEvent.objects.get(action="intake.tablet_ended")
    assert (ended.client, ended.detail["how"]) == (client_record, "finished")
    assert AuditEvent.objects.get(action="intake.tablet_handed").actor == desk_user


def test_a_guardian_signs_for_a_child_and_says_which(as_desk: Browser, hand_over: HandOver) -> None:
    today = clinic_today()
    child = make_client("Noa", "Lima", birth_date=today.replace(year=today.year - 9, day=1))
    handover = hand_over(as_desk, child)
    fill_in(as_desk, handover)
    refused = sign(as_desk, handover)
    assert refused.status_code == 422
    data = {"agree_treatment": "on", "agree_privacy": "on", "name": "Rui Lima"}
    as_desk.post(page(handover, "review"), {**data, "relationship": "parent"})
    signed = QuestionnaireResponse.objects.get()
    assert (signed.signed_name, signed.signed_relationship) == ("Rui Lima", "parent")


def test_it_survives_a_reload_and_what_was_typed_is_there(
    as_desk: Browser, hand_over: HandOver
) -> None:
    handover = hand_over(as_desk)
    there = section_of(handover, "contact")
    as_desk.post(page(handover, "autosave", "contact"), {"emergency_name": "Rui Lima"})
    assert 'value="Rui Lima"' in as_desk.get(there).text
    assert "Go on" in as_desk.get(SCREEN).text


def test_an_emergency_answer_stops_it_and_says_to_tell_the_desk(
    as_desk: Browser, hand_over: HandOver
) -> None:
    handover = hand_over(as_desk)
    there = section_of(handover, "today")
    answer = as_desk.post(there, {"emergency_signs": ["chest_pain"], "today": ["none"]})
    assert answer.headers["Location"] == page(handover, "emergency")
    text = as_desk.get(page(handover, "emergency")).text
    assert "Please call 911 now" in text
    assert "Tell the front desk now" in text


def test_what_was_signed_before_is_not_carried_onto_the_tablet(
    as_desk: Browser, hand_over: HandOver, client_record: Client
) -> None:
    completed_intake(client_record, allergies="yes", allergies_what="walnut oil")
    handover = hand_over(as_desk)
    assert handover.response.answers == {}
    assert "walnut oil" not in as_desk.get(page(handover, "review")).text


def test_what_was_answered_at_home_is_kept_and_not_shown(
    as_desk: Browser, hand_over: HandOver, client_record: Client
) -> None:
    """Else anyone who takes the tablet could read what the client said at home."""
    answered_intake(client_record, allergies="yes", allergies_what="walnut oil")
    handover = hand_over(as_desk)
    definition = handover.response.questionnaire.definition
    (where,) = [
        one["id"]
        for one in definition["sections"]
        if any(question["id"] == "allergies_what" for question in one["questions"])
    ]
    for path in (
        page(handover, "review"),
        *[section_of(handover, one["id"]) for one in definition["sections"]],
    ):
        text = as_desk.get(path).text
        assert "walnut oil" not in text, path
        assert not re.search(r"<input[^>]* checked[ >]", text), path
    # Neither Back nor a change of mind blanks it, and it can be kept.
    for go in ("back", "keep", "next"):
        as_desk.post(section_of(handover, where), {"go": go})
        handover.response.refresh_from_db()
        assert handover.response.answers["allergies_what"] == "walnut oil", go
    as_desk.post(page(handover, "autosave", where), {})
    handover.response.refresh_from_db()
    assert handover.response.answers["allergies_what"] == "walnut oil"
    # New answers take their place, all of that section's, and are then shown.
    as_desk.post(page(handover, "autosave", where), {"allergies": "no"})
    handover.response.refresh_from_db()
    assert "allergies_what" not in handover.response.answers
    assert handover.response.answers["emergency_name"] == ANSWERS["emergency_name"]
    assert re.search(r"<input[^>]* checked[ >]", as_desk.get(section_of(handover, where)).text)


def test_the_next_tablet_does_not_show_what_was_answered_on_the_one_before(
    as_desk: Browser, hand_over: HandOver
) -> None:
    first = hand_over(as_desk)
    as_desk.post(page(first, "autosave", "contact"), {"emergency_name": "Rui Lima"})
    as_desk.post(UNLOCK, {"word": PASSWORD})
    second = hand_over(as_desk)
    assert second.response_id == first.response_id
    assert "Rui Lima" not in as_desk.get(section_of(second, "contact")).text


# ---- it ends ----


def test_left_idle_it_ends_on_the_server_and_the_answers_are_kept(
    as_desk: Browser, hand_over: HandOver
) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        handover = hand_over(as_desk)
        as_desk.post(page(handover, "autosave", "contact"), {"emergency_name": "Rui Lima"})
        clock.shift(services.IDLE - timedelta(seconds=1))
        assert as_desk.get(section_of(handover, "contact")).status_code == 200
        clock.shift(services.IDLE - timedelta(seconds=1))
        as_desk.post("/tablet/seen/")  # reading counts
        clock.shift(services.IDLE)
        answer = as_desk.get(section_of(handover, "contact"))
        assert answer.headers["Location"] == SCREEN
        late = as_desk.post(
            page(handover, "autosave", "contact"),
            {"emergency_name": "Someone Else"},
            headers={"HX-Request": "true"},
        )
        assert late.headers["HX-Redirect"] == SCREEN
        assert as_desk.post("/tablet/seen/").status_code == 410
    text = as_desk.get(SCREEN).text
    assert "Please hand the tablet back to the front desk." in text
    assert "Rui" not in text
    handover.refresh_from_db()
    handover.response.refresh_from_db()
    assert (handover.how, handover.response.status) == ("idle", "in-progress")
    assert handover.response.answers["emergency_name"] == "Rui Lima"


def test_what_a_page_does_by_itself_keeps_nothing_open(
    as_desk: Browser, hand_over: HandOver
) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        handover = hand_over(as_desk)
        for _minute in range(5):
            clock.shift(timedelta(minutes=1))
            as_desk.get(section_of(handover, "contact"), headers={"X-Background": "1"})
            as_desk.get("/desk/")
        handover.refresh_from_db()
        assert handover.how == "idle"


def test_the_sweep_ends_one_that_was_switched_off_once(
    as_desk: Browser, hand_over: HandOver
) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        handover = hand_over(as_desk)
        end_idle_tablets()
        assert not AuditEvent.objects.filter(action="intake.tablet_ended").exists()
        clock.shift(services.IDLE)
        end_idle_tablets()
        end_idle_tablets()
        as_desk.get(SCREEN)
    handover.refresh_from_db()
    assert handover.how == "idle"
    event = AuditEvent.objects.get(action="intake.tablet_ended")
    assert (event.actor, event.detail["how"]) == (None, "idle")
