"""What clients see: asking, the request, what they share; and that it is theirs alone."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import AuditEvent, Message
from prescriptions.models import DoctorRequest, Prescriber, ShareConsent
from prescriptions.prescribers import links, services, tasks
from tests import factories as clinic_factories
from tests.conftest import browser_for
from tests.prescriptions.factories import approved_prescription
from tests.prescriptions.prescribers.factories import (
    make_answers,
    make_consent,
    make_prescriber,
    make_request,
    owner,
    signature,
)

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client, Location

ASK = reverse("prescriptions:ask")
SIGN = reverse("prescriptions:ask-sign")
SHARED = reverse("prescriptions:shared")
LIST = reverse("prescriptions:list")
NEW = {"who": "new", "name": "Lena Marsh", "credential": "NP", "email": "lena@hudson.test"}


def at(request: DoctorRequest) -> str:
    return reverse("prescriptions:request", args=[request.pk])


def form_of(request: DoctorRequest) -> str:
    return reverse("prescriptions:request-document", args=[request.pk])


def signed(client: Client, prescriber: Prescriber, **fields: Any) -> dict[str, Any]:
    said = signature(client, prescriber)
    return {"agreed": "on", "name": said.name, "text_sha256": said.text_sha256, **fields}


def test_the_list_and_the_upload_lead_to_it(as_client: Browser, location: Location) -> None:
    for page in (LIST, reverse("prescriptions:upload")):
        assert ASK in as_client.get(page).text


def test_a_client_asks_somebody_new(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    assert "Someone else" in as_client.get(ASK).text
    answer = as_client.post(ASK, NEW)
    assert (answer.status_code, answer["Location"]) == (302, SIGN)
    assert not Prescriber.objects.exists()  # nothing is kept before there is a consent
    page = as_client.get(SIGN)
    assert "Lena Marsh, NP" in page.text
    assert "checked" not in page.text
    shown = Prescriber(name="Lena Marsh", credential="NP")
    answer = as_client.post(SIGN, signed(client_record, shown, note="Thank you!"))
    made = DoctorRequest.objects.get()
    assert answer["Location"] == at(made)
    assert (made.note, made.prescriber.is_checked) == ("Thank you!", False)
    assert as_client.get(SIGN)["Location"] == ASK  # asked; another press starts anew
    page = as_client.get(at(made))
    assert "being prepared" in page.text
    tasks.draw_request.run(str(made.pk))
    part = as_client.get(at(made), headers={"HX-Request": "true"})
    assert form_of(made) in part.text
    assert "<html" not in part.text
    pdf = as_client.get(form_of(made))
    assert pdf.content.startswith(b"%PDF-")
    assert pdf["Cache-Control"] == "no-store"
    assert AuditEvent.objects.filter(action="document.downloaded").count() == 1


def test_without_the_tick_nothing_happens_and_nothing_typed_is_lost(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    as_client.post(ASK, NEW)
    shown = Prescriber(name="Lena Marsh", credential="NP")
    data = signed(client_record, shown, note="Kept words")
    del data["agreed"]
    answer = as_client.post(SIGN, data)
    assert answer.status_code == 422
    assert "Please check the box to agree" in answer.text
    assert "Kept words" in answer.text
    answer = as_client.post(SIGN, signed(client_record, shown, text_sha256="0" * 64))
    assert "The text has changed" in answer.text
    assert data["text_sha256"] in answer.text
    assert not ShareConsent.objects.exists()
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"who": ""}, "Choose a doctor"),
        ({"name": ""}, "This field is required"),
        ({"npi": "1234567890"}, "not a valid NPI"),
        ({"email": "nobody"}, "valid email"),
        ({"who": "0f8c2d9e-4b7a-4f0c-8d1e-2f3a4b5c6d7e"}, "Select a valid choice"),
    ],
)
def test_a_wrong_doctor_is_refused_with_what_was_typed(
    as_client: Browser, location: Location, fields: dict[str, str], said: str
) -> None:
    answer = as_client.post(ASK, NEW | {"practice": "Hudson Spine"} | fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert "Hudson Spine" in answer.text


def test_the_directory_is_closed_to_clients_but_for_their_own_doctors(
    as_client: Browser, client_record: Client, other_client: Client, location: Location
) -> None:
    mine, theirs = make_prescriber(), make_prescriber("Lena Marsh", npi="1987654328")
    make_consent(client_record, mine)
    make_consent(other_client, theirs)
    page = as_client.get(ASK)
    assert "Kofi Osei" in page.text
    assert "Lena Marsh" not in page.text
    assert as_client.post(ASK, {"who": str(theirs.pk)}).status_code == 422


def test_a_consent_in_force_needs_no_second_signature(
    as_client: Browser, client_record: Client, prescriber: Prescriber
) -> None:
    make_consent(client_record, prescriber)
    as_client.post(ASK, {"who": str(prescriber.pk)})
    page = as_client.get(SIGN)
    assert "already agreed" in page.text
    as_client.post(SIGN, {"note": ""})
    assert DoctorRequest.objects.get().prescriber == prescriber
    as_client.post(ASK, {"who": str(prescriber.pk)})
    again = as_client.post(SIGN, {"note": ""})  # asked a second time: the first one is shown
    assert again["Location"] == at(DoctorRequest.objects.get())


def test_the_choice_is_of_one_client_and_not_of_the_next(
    as_client: Browser, client_record: Client, prescriber: Prescriber
) -> None:
    make_consent(client_record, prescriber)
    as_client.post(ASK, {"who": str(prescriber.pk)})
    session = as_client.session
    session["asked_doctor"] = {**session["asked_doctor"], "client": "another"}
    session.save()
    assert as_client.get(SIGN)["Location"] == ASK


def test_an_order_that_runs_out_is_renewed_in_two_presses(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    old = approved_prescription(client_record, used=11)
    assert "Ask Kofi Osei to renew it" in as_client.get(LIST).text
    detail = reverse("prescriptions:detail", args=[old.pk])
    assert "Ask Kofi Osei to renew it" in as_client.get(detail).text
    assert old.prescriber is not None
    data = {"who": str(old.prescriber_id), "renews": str(old.pk)}
    assert as_client.post(ASK, data)["Location"] == SIGN
    as_client.post(SIGN, signed(client_record, old.prescriber))
    assert DoctorRequest.objects.get().renews == old


def test_an_order_from_before_the_directory_fills_in_who_wrote_it(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    old = approved_prescription(client_record, used=11)
    type(old).objects.update(prescriber=None)
    Prescriber.objects.all().delete()
    assert f"{ASK}?renews={old.pk}" in as_client.get(LIST).text
    page = as_client.get(ASK, {"renews": str(old.pk)})
    assert 'value="Kofi Osei"' in page.text
    assert 'value="1234567893"' in page.text
    for other in ("nonsense", "0f8c2d9e-4b7a-4f0c-8d1e-2f3a4b5c6d7e"):
        assert 'value="Kofi Osei"' not in as_client.get(ASK, {"renews": other}).text


def test_an_order_that_lasts_offers_no_renewal(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    approved_prescription(client_record)
    assert "to renew it" not in as_client.get(LIST).text


def test_what_is_shared_is_shown_and_stopped(as_client: Browser, asked: DoctorRequest) -> None:
    page = as_client.get(SHARED)
    assert "Kofi Osei, MD" in page.text
    assert "Waiting for the prescriber" in page.text
    stop = reverse("prescriptions:consent-withdraw", args=[asked.consent_id])
    answer = as_client.post(stop, follow=True)
    assert "the open request has ended" in answer.text
    assert "Nothing is shared" in answer.text
    assert "already changed" in as_client.post(stop, follow=True).text


def test_a_request_is_withdrawn_on_its_page(as_client: Browser, asked: DoctorRequest) -> None:
    answer = as_client.post(at(asked), follow=True)
    assert "Request withdrawn" in answer.text
    assert "already changed" in as_client.post(at(asked), follow=True).text


def test_each_outcome_is_told_with_the_next_step(as_client: Browser, asked: DoctorRequest) -> None:
    links.decline(request=asked, note="Please see me first")
    page = as_client.get(at(asked))
    assert "Please see me first" in page.text
    assert "Ask someone else" in page.text
    again = services.ask(
        actor=owner(asked.client), client=asked.client, prescriber=asked.prescriber
    )
    links.sign(request=again, answers=make_answers(), name="K. Osei", attested=True)
    assert "will be here in a minute" in as_client.get(at(again)).text
    tasks.draw_order.run(str(again.pk))
    again.refresh_from_db()
    assert (
        reverse("prescriptions:detail", args=[again.prescription_id])
        in as_client.get(at(again)).text
    )


def test_the_page_takes_as_many_queries_for_many_requests_as_for_few(
    as_client: Browser, client_record: Client, asked: DoctorRequest
) -> None:
    with CaptureQueriesContext(connection) as few:
        as_client.get(SHARED)
    for number in range(4):
        make_request(client_record, make_prescriber(f"Doctor {number}", npi=""))
    with CaptureQueriesContext(connection) as many:
        as_client.get(SHARED)
    assert len(many) == len(few)


@pytest.mark.parametrize("who", ["as_other", "as_desk", "as_therapist"])
def test_a_clients_requests_and_consents_are_theirs(
    request: pytest.FixtureRequest, asked: DoctorRequest, who: str
) -> None:
    browser: Browser = request.getfixturevalue(who)
    stop = reverse("prescriptions:consent-withdraw", args=[asked.consent_id])
    assert browser.get(at(asked)).status_code == 404
    assert browser.post(at(asked)).status_code == 404
    assert browser.post(stop).status_code == 404
    asked.refresh_from_db()
    asked.consent.refresh_from_db()
    assert (asked.status, asked.consent.withdrawn_at) == ("open", None)


def test_a_form_is_a_strangers_404_and_not_there_before_it_is_drawn(
    as_client: Browser, as_other: Browser, asked: DoctorRequest
) -> None:
    assert as_client.get(form_of(asked)).status_code == 404
    tasks.draw_request.run(str(asked.pk))
    assert as_other.get(form_of(asked)).status_code == 404
    assert as_client.get(form_of(asked)).status_code == 200


def test_a_parent_signs_for_a_child(prescriber: Prescriber, location: Location) -> None:
    parent = clinic_factories.make_user("parent@example.test")
    child = clinic_factories.make_client("Leo", "Lima", date(2015, 6, 1))
    child.guardians.create(user=parent, relationship="parent")
    make_prescriber("Lena Marsh", npi="1987654328")
    browser = browser_for(parent)
    browser.post(ASK, NEW | {"npi": "1987654328"})
    page = browser.get(SIGN)
    assert "Leo is under 18" in page.text
    known = Prescriber.objects.get(npi="1987654328")
    data = signed(child, known, name="Rosa Lima")
    assert "parent or legal guardian" in browser.post(SIGN, data).text
    browser.post(SIGN, data | {"relationship": "parent"})
    assert ShareConsent.objects.get().relationship == "parent"
