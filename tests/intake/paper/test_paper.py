"""A form that was filled in on paper, typed in by staff."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent
from clinic.selectors import clinic_today
from intake import errors, selectors
from intake import services as intake
from intake.models import Consent, QuestionnaireResponse
from intake.paper import services
from tests.intake.factories import ANSWERS, answered_intake, completed_intake

if TYPE_CHECKING:
    from datetime import date

    from django.test import Client as Browser

    from clinic.models import Client, User

pytestmark = pytest.mark.usefixtures("location", "questionnaire_row", "in_care")


def begin(browser: Browser, client: Client) -> QuestionnaireResponse:
    answer = browser.post(reverse("intake:desk-paper", args=[client.pk]))
    found = selectors.open_paper(client)
    assert found is not None
    assert str(found.pk) in answer.headers["Location"]
    return found


def section(response: QuestionnaireResponse, name: str, page: str = "section") -> str:
    return reverse(f"intake:desk-paper-{page}", args=[response.pk, name])


def review(response: QuestionnaireResponse) -> str:
    return reverse("intake:desk-paper-review", args=[response.pk])


def type_in(browser: Browser, response: QuestionnaireResponse) -> None:
    for one in response.questionnaire.definition["sections"]:
        asked = {question["id"] for question in one["questions"]}
        data = {key: value for key, value in ANSWERS.items() if key in asked}
        assert browser.post(section(response, one["id"]), data).status_code == 302, one["id"]


def signed_on(day: date, **changes: Any) -> dict[str, Any]:
    agreed = {"agree_treatment": "on", "agree_privacy": "on"}
    return {**agreed, "name": "Ana Lima", "paper_signed_on": day.isoformat(), **changes}


def test_the_desk_types_it_in_and_then_cannot_read_it(
    as_desk: Browser, as_therapist: Browser, desk_user: User, client_record: Client
) -> None:
    response = begin(as_desk, client_record)
    type_in(as_desk, response)
    day = selectors.clinic_today() - timedelta(days=3)
    assert "Rui Lima" in as_desk.get(review(response)).text

    done = as_desk.post(review(response), signed_on(day))

    client_page = reverse("client-detail", args=[client_record.pk])
    assert done.headers["Location"] == client_page
    response.refresh_from_db()
    assert (response.status, response.entered_by, response.signed_by) == (
        "completed",
        desk_user,
        None,
    )
    assert (response.signed_name, response.paper_signed_on) == ("Ana Lima", day)
    assert intake.is_intact(response)
    for path in (review(response), section(response, "contact")):
        assert as_desk.get(path).headers["Location"] == client_page
    assert as_desk.get(reverse("intake:desk-response", args=[response.pk])).status_code == 403
    text = as_therapist.get(reverse("intake:desk-response", args=[response.pk])).text
    said = f"Entered from paper by June Ortiz, signed by Ana Lima on {day:%b} {day.day}, {day.year}"
    assert said in " ".join(text.split())
    assert "signature does not match" not in text
    light = selectors.readiness_for(client_record)
    assert (light.light, light.signed_on) == ("ok", day)
    event = AuditEvent.objects.get(action="intake.paper_entered")
    assert (event.actor, event.client) == (desk_user, client_record)


def test_its_year_runs_from_the_day_on_the_paper(as_desk: Browser, client_record: Client) -> None:
    response = begin(as_desk, client_record)
    type_in(as_desk, response)
    day = selectors.clinic_today() - timedelta(days=20)
    as_desk.post(review(response), signed_on(day))
    ends = selectors.a_year_after(day)
    last = selectors.readiness_for(client_record, today=ends - timedelta(days=1))
    after = selectors.readiness_for(client_record, today=ends)
    assert (last.light, after.light, after.complete) == ("ok", "warn", False)
    consent = Consent.objects.filter(client=client_record, kind="treatment").get()
    assert timezone.localdate(consent.signed_at, selectors.clinic_zone()) == day


@pytest.mark.parametrize(("days", "said"), [(1, "within the last 30 days"), (-31, "30 days")])
def test_a_day_that_cannot_be_is_refused_and_what_was_typed_stays(
    as_desk: Browser, client_record: Client, days: int, said: str
) -> None:
    response = begin(as_desk, client_record)
    type_in(as_desk, response)
    day = selectors.clinic_today() + timedelta(days=days)
    answer = as_desk.post(review(response), signed_on(day))
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="Ana Lima"' in answer.text
    assert day.isoformat() in answer.text
    response.refresh_from_db()
    assert response.status == "in-progress"


def test_newer_answers_are_not_overtaken_by_an_older_paper(
    as_desk: Browser, client_record: Client
) -> None:
    completed_intake(client_record)
    response = begin(as_desk, client_record)
    type_in(as_desk, response)
    day = selectors.clinic_today() - timedelta(days=1)
    assert "newer answers" in as_desk.post(review(response), signed_on(day)).text
    today = signed_on(selectors.clinic_today())
    assert as_desk.post(review(response), today).status_code == 302


def test_what_the_client_answered_at_home_is_not_shown_to_whoever_types(
    as_desk: Browser, client_record: Client
) -> None:
    own = answered_intake(client_record, allergies="yes", allergies_what="walnut oil")
    response = begin(as_desk, client_record)
    assert response.pk != own.pk
    assert response.answers == {}
    assert "walnut oil" not in as_desk.get(review(response)).text
    assert intake.start(actor=client_record.user, client=client_record) == own


def test_a_client_does_not_see_what_is_only_being_typed(
    as_desk: Browser, as_client: Browser, client_record: Client
) -> None:
    response = begin(as_desk, client_record)
    there = reverse("intake:section", args=[response.pk, "contact"])
    assert as_client.get(there).status_code == 404


def test_a_colleague_begins_anew_and_reads_nothing(
    as_desk: Browser, as_manager: Browser, client_record: Client
) -> None:
    first = begin(as_desk, client_record)
    as_desk.post(section(first, "contact", "autosave"), {"emergency_name": "Rui Lima"})
    assert begin(as_desk, client_record).pk == first.pk  # one's own is taken up again
    page = reverse("client-detail", args=[client_record.pk])
    assert as_manager.get(review(first)).headers["Location"] == page
    second = begin(as_manager, client_record)
    assert second.answers == {}
    assert not QuestionnaireResponse.objects.filter(pk=first.pk).exists()
    assert as_desk.get(review(second)).headers["Location"] == page
    assert AuditEvent.objects.filter(action="intake.paper_dropped").count() == 1


def test_a_minor_s_paper_says_which_guardian_signed(
    as_desk: Browser, client_record: Client
) -> None:
    today = clinic_today()
    client_record.birth_date = today.replace(year=today.year - 9, day=1)
    client_record.save()
    response = begin(as_desk, client_record)
    for one in response.questionnaire.definition["sections"]:
        if "ages" not in one:
            asked = {question["id"] for question in one["questions"]}
            data = {key: value for key, value in ANSWERS.items() if key in asked}
            as_desk.post(section(response, one["id"]), data)
    day = selectors.clinic_today()
    assert as_desk.post(review(response), signed_on(day)).status_code == 422
    as_desk.post(review(response), signed_on(day, relationship="parent", name="Rui Lima"))
    response.refresh_from_db()
    assert (response.signed_name, response.signed_relationship) == ("Rui Lima", "parent")


def test_an_emergency_on_paper_stops_there(as_desk: Browser, client_record: Client) -> None:
    response = begin(as_desk, client_record)
    answer = as_desk.post(section(response, "today"), {"emergency_signs": ["chest_pain"]})
    stop = reverse("intake:desk-paper-emergency", args=[response.pk])
    assert answer.headers["Location"] == stop
    assert "call 911" in as_desk.get(stop).text
    assert selectors.readiness_for(client_record).light == "stop"


def test_nothing_is_answered_beforehand(as_desk: Browser, client_record: Client) -> None:
    completed_intake(client_record)
    response = begin(as_desk, client_record)
    for name in ("today", "health", "messages"):
        text = as_desk.get(section(response, name)).text
        assert not re.search(r"<input[^>]* checked[ >]", text), name


def test_only_the_care_team_may(
    as_biller: Browser, biller_user: User, client_record: Client
) -> None:
    there = reverse("intake:desk-paper", args=[client_record.pk])
    assert as_biller.post(there).status_code == 403
    with pytest.raises(PermissionDenied):
        services.begin(actor=biller_user, client=client_record)


def test_the_database_keeps_who_and_when(desk_user: User, client_record: Client) -> None:
    signed = completed_intake(client_record)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE intake_questionnaireresponse SET paper_signed_on = now() WHERE id = %s",
            [signed.pk],
        )
    services.begin(actor=desk_user, client=client_record)
    with pytest.raises(IntegrityError), transaction.atomic():
        QuestionnaireResponse.objects.create(
            client=client_record, questionnaire=signed.questionnaire, entered_by=desk_user
        )


def test_it_can_be_signed_once(desk_user: User, client_record: Client) -> None:
    signed = completed_intake(client_record)
    with pytest.raises(errors.AlreadySigned):
        services.sign(
            actor=desk_user,
            response=signed,
            name="Ana Lima",
            agreed=["treatment", "privacy"],
            paper_signed_on=selectors.clinic_today(),
        )
