"""Asking on a client's behalf: only with a consent on file, and by the desk only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from clinic.models import Message
from prescriptions.models import DoctorRequest, Prescriber, ShareConsent
from prescriptions.prescribers import directory, links, tasks
from tests.prescriptions.factories import approved_prescription
from tests.prescriptions.prescribers.factories import (
    EMAIL,
    make_answers,
    make_consent,
    make_request,
    signature,
)

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client, Location, User


def who(client: Client) -> str:
    return reverse("prescriptions:desk-ask-who", args=[client.pk])


def at(client: Client, prescriber: Prescriber) -> str:
    return reverse("prescriptions:desk-ask", args=[client.pk, prescriber.pk])


def page_of(request: DoctorRequest) -> str:
    return reverse("prescriptions:desk-request", args=[request.pk])


def on_paper(client: Client, prescriber: Prescriber, **fields: Any) -> dict[str, Any]:
    said = signature(client, prescriber)
    return {
        "form": "paper",
        "agreed": "on",
        "name": said.name,
        "text_sha256": said.text_sha256,
        **fields,
    }


def test_the_record_leads_to_the_question_whom_to_ask(
    as_desk: Browser, client_record: Client, prescriber: Prescriber
) -> None:
    panel = as_desk.get(reverse("prescriptions:client-panel", args=[client_record.pk]))
    assert who(client_record) in panel.text
    page = as_desk.get(who(client_record), {"q": "osei"})
    assert at(client_record, prescriber) in page.text
    assert "No consent yet" in page.text
    assert "No one in the directory" in as_desk.get(who(client_record), {"q": "nobody"}).text
    make_consent(client_record, prescriber)
    page = as_desk.get(who(client_record))
    assert "Consent on file" in page.text


def test_without_a_consent_the_desk_is_told_how_to_get_one(
    as_desk: Browser, client_record: Client, prescriber: Prescriber
) -> None:
    page = as_desk.get(at(client_record, prescriber))
    assert "there is no consent on file" in page.text
    assert "Ask my doctor" in page.text
    refused = as_desk.post(at(client_record, prescriber), {"form": "ask", "note": ""})
    assert refused.status_code == 422
    assert not DoctorRequest.objects.exists()


def test_a_consent_on_paper_is_recorded_and_then_the_doctor_asked(
    as_desk: Browser, client_record: Client, prescriber: Prescriber
) -> None:
    here = at(client_record, prescriber)
    refused = as_desk.post(here, on_paper(client_record, prescriber, agreed=""))
    assert (refused.status_code, "Please check the box" in refused.text) == (422, True)
    assert as_desk.post(here, on_paper(client_record, prescriber)).status_code == 302
    assert ShareConsent.objects.get().on_paper
    page = as_desk.get(here)
    assert EMAIL in page.text
    answer = as_desk.post(here, {"form": "ask", "note": "Third request"})
    made = DoctorRequest.objects.get()
    assert answer["Location"] == page_of(made)
    page = as_desk.get(page_of(made))
    assert "Third request" in page.text
    assert "waiting to go out" in page.text
    again = as_desk.post(here, {"form": "ask"})
    assert again["Location"] == page_of(made)
    assert as_desk.get(page_of(made), headers={"HX-Request": "true"}).status_code == 200


def test_an_order_that_runs_out_is_renewed_from_the_record(
    as_desk: Browser, client_record: Client, location: Location
) -> None:
    old = approved_prescription(client_record, used=11)
    assert old.prescriber is not None
    make_consent(client_record, old.prescriber)
    panel = as_desk.get(reverse("prescriptions:client-panel", args=[client_record.pk]))
    link = f"{at(client_record, old.prescriber)}?renews={old.pk}"
    assert link in panel.text
    assert "renews the order" in as_desk.get(link).text
    as_desk.post(link, {"form": "ask", "renews": str(old.pk)})
    assert DoctorRequest.objects.get().renews == old


def test_the_link_is_sent_again_and_the_request_taken_back(
    as_desk: Browser, asked: DoctorRequest
) -> None:
    answer = as_desk.post(page_of(asked), {"act": "send"}, follow=True)
    assert "the old one no longer works" in answer.text
    assert Message.objects.filter(kind="prescriber_request").count() == 2
    as_desk.post(page_of(asked), {"act": "nonsense"})
    answer = as_desk.post(page_of(asked), {"act": "withdraw"}, follow=True)
    assert "Request withdrawn" in answer.text
    answer = as_desk.post(page_of(asked), {"act": "send"}, follow=True)
    assert "already changed" in answer.text


def test_a_client_who_calls_has_the_consent_withdrawn(
    as_desk: Browser, asked: DoctorRequest
) -> None:
    as_desk.post(page_of(asked), {"act": "withdraw-consent"})
    asked.refresh_from_db()
    assert asked.status == "withdrawn"


def test_the_reviewer_sees_who_vouches_for_the_address(
    as_desk: Browser, client_record: Client, codes: None, location: Location, desk_user: User
) -> None:
    typed = directory.add(
        actor=desk_user,
        named_by=client_record,
        name="Kofi Osei",
        credential="MD",
        email="k@osei.test",
    )
    asked = make_request(client_record, typed)
    assert "no one here has checked it" in as_desk.get(page_of(asked)).text
    links.sign(request=asked, answers=make_answers(), name="Kofi Osei", attested=True)
    tasks.draw_order.run(str(asked.pk))
    asked.refresh_from_db()
    review = reverse("prescriptions:review", args=[asked.prescription_id])
    page = as_desk.get(review)
    assert "Signed online by Kofi Osei" in page.text
    assert "k@osei.test" in page.text
    assert "call the practice at a number you know" in page.text
    assert 'value="2 sessions per week for 6 weeks"' in page.text
    Prescriber.objects.update(is_checked=True)
    assert "call the practice at a number you know" not in as_desk.get(review).text


@pytest.mark.parametrize(("login", "status"), [("as_therapist", 403), ("as_client", 404)])
def test_it_is_the_desks_alone(
    request: pytest.FixtureRequest, asked: DoctorRequest, login: str, status: int
) -> None:
    browser: Browser = request.getfixturevalue(login)
    for page in (who(asked.client), at(asked.client, asked.prescriber), page_of(asked)):
        assert browser.get(page).status_code == status
    assert browser.post(page_of(asked), {"act": "withdraw"}).status_code == status
    asked.refresh_from_db()
    assert asked.status == "open"
