"""Consents that are withdrawn, corrections that are answered, and what was given to others."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.core import mail
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from clinic.audit import services as audit
from clinic.errors import InvalidTransition
from clinic.models import AuditEvent, CorrectionRequest, Disclosure
from clinic.privacy import corrections
from clinic.privacy import services as privacy
from clinic.selectors import clinic_today
from clinic.web.form_page import version_of
from intake.models import Consent
from tests.booking.factories import booked_appointment
from tests.factories import make_client
from tests.intake.factories import completed_intake
from tests.prescriptions.prescribers.factories import make_prescriber, make_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Browser

    from clinic.models import Client, Location, User

pytestmark = pytest.mark.django_db
PAGE, CONSENTS, DESK = "/portal/my-data/", "/portal/consents/", "/desk/corrections/"
SECRET = "My knee surgery was in 2019, not 2009."


def text_messages(client: Client) -> Consent:
    return Consent.objects.create(
        client=client,
        kind=Consent.Kind.SMS,
        version="1",
        text="You may text me.",
        text_sha256="0" * 64,
        signed_name=client.name,
        signed_at=timezone.now(),
    )


def asked(client: Client, text: str = SECRET, about: str = "visit") -> CorrectionRequest:
    assert client.user is not None
    return corrections.ask_correction(actor=client.user, client=client, about=about, text=text)


# ---- Consents ----


def test_a_client_sees_what_stands_and_withdraws_what_may_be(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    completed_intake(client_record)
    sms = text_messages(client_record)
    make_request(client_record, make_prescriber("Lena Marsh"))
    page = as_client.get(CONSENTS).text
    for words in ("Consent to treatment", "Text message reminders", "Lena Marsh", "You may text"):
        assert words in page
    assert "To withdraw it, call" in page
    answer = as_client.post(reverse("intake:consent-withdraw", args=[sms.pk]), follow=True)
    assert "This consent has ended" in answer.text
    assert "Text message reminders" not in answer.text
    assert AuditEvent.objects.filter(action="consent.withdrawn", client=client_record).count() == 1
    again = as_client.post(reverse("intake:consent-withdraw", args=[sms.pk]), follow=True)
    assert "This consent has ended" not in again.text


def test_the_two_that_a_visit_needs_are_not_withdrawn_by_a_button(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    completed_intake(client_record)
    needed = client_record.consents.get(kind="treatment")
    path = reverse("intake:consent-withdraw", args=[needed.pk])
    assert path not in as_client.get(CONSENTS).text
    assert "Please call us" in as_client.post(path, follow=True).text
    needed.refresh_from_db()
    assert needed.withdrawn_at is None


@pytest.mark.parametrize("who", ["as_other", "as_desk"])
def test_nobody_else_withdraws_a_consent(
    request: pytest.FixtureRequest, client_record: Client, location: Location, who: str
) -> None:
    sms = text_messages(client_record)
    browser: Browser = request.getfixturevalue(who)
    assert browser.post(reverse("intake:consent-withdraw", args=[sms.pk])).status_code == 404
    sms.refresh_from_db()
    assert sms.withdrawn_at is None


# ---- Corrections ----


def seen(made: CorrectionRequest) -> dict[str, str]:
    """What the form of a page carries that was opened now."""
    made.refresh_from_db()
    return {"version": version_of(made)}


def test_a_correction_goes_from_the_client_to_the_desk_and_back(
    as_client: Browser,
    as_desk: Browser,
    client_record: Client,
    desk_user: User,
    location: Location,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    assert as_client.post(PAGE, {"about": "visit", "text": SECRET})["Location"] == PAGE
    made = CorrectionRequest.objects.get()
    audit.record(desk_user, "visit.corrected", made)
    waiting = as_desk.get(DESK).text
    assert client_record.name in waiting
    assert SECRET not in waiting
    path = reverse("correction", args=[made.pk])
    assert SECRET in as_desk.get(path).text
    change = str(AuditEvent.objects.get(action="visit.corrected").pk)
    answer = {"done-change": change, "done-answer": "The year is right now."}
    done = reverse("correction-done", args=[made.pk])
    with django_capture_on_commit_callbacks(execute=True):
        assert as_desk.post(done, answer | seen(made))["Location"] == DESK
    page = as_client.get(PAGE).text
    assert "The year is right now." in page
    assert "Corrected" in page
    assert "knee" not in mail.outbox[-1].subject + str(mail.outbox[-1].body)
    assert "The year is right now." in as_desk.get(path).text
    assert "Nothing is waiting" in as_desk.get(DESK).text


def test_one_about_health_waits_for_who_treats_the_client_and_the_desk_sees_only_that(
    as_desk: Browser,
    as_therapist: Browser,
    as_colleague: Browser,
    client_record: Client,
    location: Location,
) -> None:
    booked_appointment(client_record)
    made = asked(client_record, about="health")
    path = reverse("correction", args=[made.pk])
    waiting = as_desk.get(DESK).text
    assert client_record.name in waiting
    assert "My health questionnaire" in waiting
    assert path not in waiting
    answer = {"keep-ground": "accurate", "keep-answer": "The year is right."}
    for browser, status in ((as_desk, 403), (as_colleague, 404)):
        assert browser.get(path).status_code == status
        assert browser.post(path, answer).status_code == status
    assert client_record.name not in as_colleague.get(DESK).text
    assert path in as_therapist.get(DESK).text
    assert SECRET in as_therapist.get(path).text
    assert as_therapist.post(path, answer | seen(made))["Location"] == DESK
    assert path not in as_desk.get(DESK).text  # nor once it is answered
    assert as_desk.get(path).status_code == 403


def test_a_manager_answers_all_corrections_and_a_therapist_no_other(
    as_manager: Browser, as_therapist: Browser, client_record: Client, location: Location
) -> None:
    booked_appointment(client_record)
    made = [asked(client_record, about=about) for about in CorrectionRequest.About]
    paths = {one.about: reverse("correction", args=[one.pk]) for one in made}
    opened = {about for about, path in paths.items() if as_therapist.get(path).status_code == 200}
    assert opened == {"health"}
    listed = as_therapist.get(DESK).text
    assert {about for about, path in paths.items() if path in listed} == {"health"}
    listed = as_manager.get(DESK).text
    assert all(path in listed for path in paths.values())
    assert all(SECRET in as_manager.get(path).text for path in paths.values())


def test_the_way_to_corrections_is_shown_to_whom_it_leads_somewhere(
    as_desk: Browser, as_therapist: Browser, as_biller: Browser, location: Location
) -> None:
    for browser, shown in ((as_desk, True), (as_therapist, True), (as_biller, False)):
        assert (DESK in browser.get("/desk/clients/").text) == shown


def test_what_is_wrong_must_be_said(
    as_client: Browser, as_desk: Browser, client_record: Client, location: Location
) -> None:
    assert as_client.post(PAGE, {"about": "health", "text": " "}).status_code == 422
    made = asked(client_record)
    path = reverse("correction", args=[made.pk])
    for wrong in ({"ground": "accurate"}, {"answer": "x"}, {"ground": "unsaid", "answer": "x"}):
        typed = {f"keep-{name}": words for name, words in wrong.items()}
        page = as_desk.post(path, typed | seen(made))
        assert page.status_code == 422
        assert "Please check this" in page.text
    assert CorrectionRequest.objects.get().status == "open"


def test_the_words_are_encrypted_and_stand_in_no_audit_row(
    client_record: Client, desk_user: User, location: Location
) -> None:
    made = asked(client_record)
    corrections.keep_as_is(actor=desk_user, correction=made, ground="accurate", answer=SECRET)
    with connection.cursor() as cursor:
        cursor.execute("SELECT text, answer FROM clinic_correctionrequest")
        assert all(b"knee" not in bytes(value) for value in cursor.fetchone())
    assert "knee" not in str(list(AuditEvent.objects.values_list("detail", flat=True)))


def test_the_second_to_answer_is_told(
    client_record: Client, desk_user: User, manager_user: User, location: Location
) -> None:
    made = asked(client_record)
    keep = partial(corrections.keep_as_is, correction=made, ground="accurate")
    keep(actor=desk_user, answer="No.")
    with pytest.raises(InvalidTransition):
        keep(actor=manager_user, answer="Never.")
    made.refresh_from_db()
    assert made.answer == "No."


def test_who_answers_what_another_just_answered_is_told(
    as_desk: Browser, as_manager: Browser, client_record: Client, location: Location
) -> None:
    made = asked(client_record)
    path, shown = reverse("correction", args=[made.pk]), seen(made)
    assert shown["version"] in as_manager.get(path).text
    typed = {"keep-ground": "accurate", "keep-answer": "No."} | shown
    assert as_desk.post(path, typed)["Location"] == DESK
    second = as_manager.post(path, typed | {"keep-answer": "Never."})
    assert second.status_code == 422
    made.refresh_from_db()
    assert (made.status, made.answer) == ("kept", "No.")


def test_ten_may_wait_and_no_more(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    for _ in range(corrections.MOST_OPEN):
        asked(client_record)
    answer = as_client.post(PAGE, {"about": "health", "text": SECRET})
    assert answer.status_code == 422
    assert "Please call us instead" in answer.text


def test_the_list_of_corrections_takes_a_constant_number_of_queries(
    as_desk: Browser,
    location: Location,
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    for number in range(6):
        asked(make_client(f"Person{number}", "Lima"))
    with django_assert_max_num_queries(9):
        as_desk.get(DESK)


# ---- Given to others ----


def typed(**fields: str) -> dict[str, str]:
    return {
        "disclosed_on": str(clinic_today() - timedelta(days=2)),
        "recipient": "Dutchess County Court",
        "what": "Dates of visits in May",
        "why": "Subpoena of May 4",
        **fields,
    }


def test_the_desk_writes_down_what_was_given_and_the_client_sees_it(
    as_desk: Browser, as_client: Browser, client_record: Client, location: Location
) -> None:
    path = reverse("disclosure-list", args=[client_record.pk])
    assert path in as_desk.get(reverse("client-detail", args=[client_record.pk])).text
    assert as_desk.post(path, typed())["Location"] == path
    for page in (as_desk.get(path), as_client.get("/portal/record/")):
        assert "Dutchess County Court" in page.text
        assert "Dates of visits in May" in page.text
    assert AuditEvent.objects.filter(action="disclosure.recorded", client=client_record).exists()


def test_what_has_not_happened_is_not_written_down(
    as_desk: Browser, client_record: Client, location: Location
) -> None:
    path = reverse("disclosure-list", args=[client_record.pk])
    tomorrow = str(clinic_today() + timedelta(days=2))
    answer = as_desk.post(path, typed(disclosed_on=tomorrow))
    assert answer.status_code == 422
    assert "is in the future" in answer.text
    assert as_desk.post(path, typed(why="")).status_code == 422
    assert not Disclosure.objects.exists()


def test_another_client_sees_nothing_of_it(
    as_other: Browser, client_record: Client, desk_user: User, location: Location
) -> None:
    privacy.record_disclosure(
        actor=desk_user,
        client=client_record,
        disclosed_on=clinic_today() - timedelta(days=1),
        recipient="Dutchess County Court",
        what="x",
        why="y",
    )
    assert "Dutchess" not in as_other.get("/portal/record/").text
