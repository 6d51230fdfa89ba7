from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from clinic.models import AuditEvent, Client
from intake.models import Clearance, QuestionnaireResponse
from tests import factories as ground
from tests.intake.factories import answered_intake, completed_intake

if TYPE_CHECKING:
    from django.test import Client as Browser

pytestmark = pytest.mark.usefixtures("location", "questionnaire_row", "in_care")

LIST = "/desk/intake/"
SECRET = "Not sure about: blood clots"


@pytest.fixture
def unsure(client_record: Client) -> QuestionnaireResponse:
    return completed_intake(
        client_record, blood_clot="unsure", allergies="yes", allergies_what="Q9"
    )


def url_of(response: QuestionnaireResponse) -> str:
    return reverse("intake:desk-response", args=[response.pk])


def test_an_empty_list_says_what_will_come(as_desk: Browser) -> None:
    assert "Nothing to decide" in as_desk.get(LIST).content.decode()


def test_the_front_desk_sees_titles_and_never_answers(
    as_desk: Browser, unsure: QuestionnaireResponse
) -> None:
    page = as_desk.get(LIST).content.decode()

    assert "Ana Lima" in page
    assert "Needs medical clearance" in page
    assert "Therapist decides" in page
    for hidden in ("clot", "Q9", url_of(unsure)):
        assert hidden not in page
    assert as_desk.get(url_of(unsure)).status_code == 403


@pytest.mark.parametrize(
    ("who", "listed", "read"),
    [
        ("as_client", 404, 404),
        ("as_other", 404, 404),
        ("as_desk", 200, 403),
        ("as_manager", 200, 403),
        ("as_therapist", 200, 200),
    ],
)
def test_who_may_open_what(
    who: str,
    listed: int,
    read: int,
    unsure: QuestionnaireResponse,
    request: pytest.FixtureRequest,
) -> None:
    browser: Browser = request.getfixturevalue(who)

    assert browser.get(LIST).status_code == listed
    assert browser.get(url_of(unsure)).status_code == read
    sent = browser.post(url_of(unsure), {"decision": "cleared", "reason": "fine"})
    assert (sent.status_code == 302) == (read == 200)
    assert Clearance.objects.exists() == (read == 200)


def test_a_therapist_reads_all_and_it_is_recorded(
    as_therapist: Browser, unsure: QuestionnaireResponse
) -> None:
    page = as_therapist.get(url_of(unsure)).content.decode()

    assert SECRET in page
    assert "Q9" in page
    assert "seal does not match" not in page
    event = AuditEvent.objects.get(action="questionnaireresponse.viewed")
    assert (event.client, event.detail) == (unsure.client, {})


def test_a_therapist_decides_once_and_the_list_follows(
    as_therapist: Browser, unsure: QuestionnaireResponse
) -> None:
    data = {"decision": "cleared", "reason": "Signed note seen.", "after": ""}
    assert as_therapist.post(url_of(unsure), data)["Location"] == LIST
    page = as_therapist.get(LIST).content.decode()
    assert "Nothing to decide" in page
    assert "May be treated" in page

    again = as_therapist.post(url_of(unsure), data)

    assert again.status_code == 422
    assert "colleague has just decided" in again.content.decode()
    assert Clearance.objects.count() == 1


def test_a_decision_without_a_reason_is_asked_for_one(
    as_therapist: Browser, unsure: QuestionnaireResponse
) -> None:
    page = as_therapist.post(url_of(unsure), {"decision": "refused", "reason": ""})
    assert page.status_code == 422
    assert not Clearance.objects.exists()


def test_blocked_answers_offer_no_clearing(as_therapist: Browser, client_record: Client) -> None:
    response = completed_intake(client_record, today=["calf_swelling"])

    page = as_therapist.get(url_of(response)).content.decode()
    assert 'value="cleared"' not in page
    forced = as_therapist.post(url_of(response), {"decision": "cleared", "reason": "fine"})

    assert forced.status_code == 422
    assert not Clearance.objects.exists()


def test_somebody_told_to_call_911_is_first_on_the_list(
    as_desk: Browser, client_record: Client
) -> None:
    answered_intake(client_record, emergency_signs=["chest_pain"])
    page = as_desk.get(LIST).content.decode()
    assert "Told to call 911" in page
    assert "Chest pain" not in page


def test_unfinished_answers_cannot_be_read_by_staff(
    as_therapist: Browser, client_record: Client
) -> None:
    assert as_therapist.get(url_of(answered_intake(client_record))).status_code == 404


def test_newer_answers_are_pointed_to(as_therapist: Browser, unsure: QuestionnaireResponse) -> None:
    newer = completed_intake(unsure.client)
    page = as_therapist.get(url_of(unsure)).content.decode()
    assert url_of(newer) in page
    assert 'name="decision"' not in page


def test_the_clients_record_shows_the_light(
    as_desk: Browser, unsure: QuestionnaireResponse
) -> None:
    url = reverse("intake:client-panel", args=[unsure.client_id])

    whole = as_desk.get(url).content.decode()
    part = as_desk.get(url, headers={"HX-Request": "true"}).content.decode()

    assert "Waiting for therapist" in whole
    assert "<html" in whole
    assert "<html" not in part
    assert "clot" not in whole


def test_the_list_costs_the_same_for_many(
    as_desk: Browser, django_assert_max_num_queries: Any
) -> None:
    for number in range(4):
        completed_intake(ground.make_client(f"Client{number}"), blood_clot="unsure")
    with django_assert_max_num_queries(10):
        page = as_desk.get(LIST)
    assert page.content.decode().count("Therapist decides") == 4


def test_the_title_of_somebodys_answers_names_nobody(
    as_therapist: Browser, unsure: QuestionnaireResponse
) -> None:
    page = as_therapist.get(url_of(unsure)).content.decode()
    title = page[page.index("<title>") : page.index("</title>")]
    assert "Signed intake" in title
    assert "Lima" not in title
