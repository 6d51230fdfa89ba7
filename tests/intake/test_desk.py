from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.urls import reverse

from clinic.models import AuditEvent, Client, Message
from intake.models import Clearance, QuestionnaireResponse
from intake.tablet import services as tablet
from tests import factories as clinic_factories
from tests.booking.factories import booked_appointment
from tests.intake.factories import answered_intake, completed_intake

if TYPE_CHECKING:
    from django.test import Client as Browser

    from booking.models import Appointment
    from clinic.models import User

pytestmark = pytest.mark.usefixtures("location", "questionnaire_row", "in_care")

LIST = "/desk/intake/"
SECRET = "Not sure about: blood clots"


@pytest.fixture
def unsure(client_record: Client) -> QuestionnaireResponse:
    return completed_intake(
        client_record, blood_clot="unsure", allergies="yes", allergies_what="walnut oil"
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
    assert "Therapist to decide" in page
    for hidden in ("clot", "walnut oil", url_of(unsure)):
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
    assert "walnut oil" in page
    assert "signature does not match" not in page
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
        completed_intake(clinic_factories.make_client(f"Client{number}"), blood_clot="unsure")
    with django_assert_max_num_queries(15):
        page = as_desk.get(LIST)
    assert page.content.decode().count("Therapist to decide") == 4


def test_who_comes_this_week_and_has_not_signed_is_listed_with_the_ways(
    as_desk: Browser,
    as_therapist: Browser,
    in_care: Appointment,
    client_record: Client,
    django_assert_num_queries: Any,
) -> None:
    completed_intake(clinic_factories.make_client("Signed", "Already"))
    with django_assert_num_queries(13):
        text = as_desk.get(LIST).text
    assert f"open={in_care.pk}" in text
    for way in ("Hand over the tablet", "Send the link again", "Enter a paper form"):
        assert way in text
    assert "Ask aloud" not in text
    assert "Ask aloud" not in as_therapist.get(LIST).text  # it is not today's visit
    for number in range(1, 4):
        more = clinic_factories.make_client(f"Client{number}")
        booked_appointment(more, starts_at=in_care.starts_at + timedelta(hours=2 * number))
    cache.clear()  # the same as for the first look: whom it showed is written down at once
    with django_assert_num_queries(13):
        assert as_desk.get(LIST).text.count('aria-label="Hand over the tablet') == 4
    completed_intake(client_record)
    assert f"open={in_care.pk}" not in as_desk.get(LIST).text


def test_a_therapist_sees_only_whom_they_treat(
    as_colleague: Browser, in_care: Appointment, client_record: Client
) -> None:
    assert client_record.name not in as_colleague.get(LIST).text


def test_a_tablet_that_is_out_is_listed_until_it_is_back(
    as_desk: Browser, desk_user: User, client_record: Client
) -> None:
    handover = tablet.hand_over(actor=desk_user, client=client_record)
    back = reverse("intake:desk-tablet-back", args=[handover.pk])
    assert back in as_desk.get(LIST).text
    as_desk.post(back)
    assert back not in as_desk.get(LIST).text


def test_the_link_is_sent_once_a_day_to_one_address(
    as_desk: Browser, in_care: Appointment, client_record: Client
) -> None:
    send = reverse("intake:desk-link", args=[client_record.pk])
    answer = as_desk.post(send, {"visit": str(in_care.pk)})
    assert answer.headers["Location"].endswith(f"open={in_care.pk}")
    as_desk.post(send)
    (message,) = Message.objects.filter(kind="intake.link")
    assert message.recipient == "ana@example.test"
    assert "/portal/intake/" in message.body
    for word in ("Lima", "health", "massage"):
        assert word not in message.body.replace("Stillwater Medical Massage", "")
    assert AuditEvent.objects.filter(action="intake.link_sent").count() == 1
    shown = as_desk.get(LIST).text
    assert "already sent today" in shown
    client_record.email = "new@example.test"  # corrected: the first went astray
    client_record.save()
    as_desk.post(send)
    assert Message.objects.filter(kind="intake.link").count() == 2


def test_without_an_address_the_desk_is_told_what_else_to_do(
    as_desk: Browser, client_record: Client
) -> None:
    client_record.user, client_record.email = None, ""
    client_record.save()
    as_desk.post(reverse("intake:desk-link", args=[client_record.pk]))
    assert "no e-mail address" in as_desk.get(LIST).text
    assert not Message.objects.filter(kind="intake.link").exists()


def test_the_ways_stand_on_the_panel_of_a_visit_until_it_is_signed(
    as_desk: Browser, in_care: Appointment, client_record: Client
) -> None:
    panel = reverse("booking:appointment", args=[in_care.pk])
    text = as_desk.get(panel).text
    assert reverse("intake:desk-tablet", args=[client_record.pk]) in text
    assert f'name="visit" value="{in_care.pk}"' in text
    completed_intake(client_record)
    assert "Hand over the tablet" not in as_desk.get(panel).text


def test_the_title_of_somebodys_answers_names_nobody(
    as_therapist: Browser, unsure: QuestionnaireResponse
) -> None:
    page = as_therapist.get(url_of(unsure)).content.decode()
    title = page[page.index("<title>") : page.index("</title>")]
    assert "Signed intake" in title
    assert "Lima" not in title
