"""The prescriber's link as services: what opens it, what closes it, and what comes of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from clinic import duties
from clinic.documents import printing
from clinic.documents import store as documents
from clinic.models import AuditEvent, Client, Document, Message
from clinic.selectors import clinic_today
from prescriptions.codes.selectors import check_codes
from prescriptions.models import DiagnosisCode, DoctorRequest, Prescription, ShareConsent
from prescriptions.prescribers import answers as rules
from prescriptions.prescribers import errors, links, pdf, services, tasks
from prescriptions.reviewing import selectors
from prescriptions.reviewing import services as prescriptions
from prescriptions.reviewing.forms import ReviewForm
from prescriptions.selectors import detailed
from tests.locks import expect_nothing_held
from tests.prescriptions import paper
from tests.prescriptions.codes import releases
from tests.prescriptions.factories import make_codes
from tests.prescriptions.prescribers.factories import (
    make_answers,
    make_prescriber,
    make_request,
    owner,
    token_of,
)
from tests.prescriptions.sending import answered

if TYPE_CHECKING:
    from clinic.models import Location, User


def sign(request: DoctorRequest, **fields: Any) -> DoctorRequest:
    name, attested = fields.pop("name", "Kofi Osei"), fields.pop("attested", True)
    answers = make_answers(**fields)
    return links.sign(request=request, answers=answers, name=name, attested=attested)


def actions(request: DoctorRequest) -> list[str]:
    found = AuditEvent.objects.filter(object_id=str(request.pk)).order_by("id")
    return list(found.values_list("action", flat=True))


def test_the_link_opens_its_request(asked: DoctorRequest) -> None:
    assert links.find(token_of(asked)) == asked


@pytest.mark.parametrize("token", ["x", "0" * 43, "\ud800", "é", "a" * 5000])
def test_a_link_that_never_was_is_unknown(location: Location, token: str) -> None:
    with pytest.raises(errors.LinkUnknown):
        links.find(token)


def test_an_expired_link_says_so(asked: DoctorRequest) -> None:
    with (
        time_machine.travel(asked.expires_at + timedelta(seconds=1), tick=False),
        pytest.raises(errors.LinkExpired),
    ):
        links.find(token_of(asked))


@pytest.mark.parametrize("how", ["consent", "request", "lapsed"])
def test_a_withdrawn_link_is_no_longer_available(asked: DoctorRequest, how: str) -> None:
    token = token_of(asked)
    if how == "consent":
        services.withdraw_consent(actor=owner(asked.client), consent=asked.consent)
    elif how == "request":
        services.withdraw_request(actor=owner(asked.client), request=asked)
    else:  # the request is still open, its consent a year old
        year_ago = timezone.now() - timedelta(days=400)
        ShareConsent.objects.update(signed_at=year_ago)
    with pytest.raises(errors.LinkWithdrawn):
        links.find(token)


def test_a_consent_withdrawn_while_the_form_is_open_stops_the_signature(
    asked: DoctorRequest,
) -> None:
    opened = links.find(token_of(asked))
    ShareConsent.objects.update(withdrawn_at=timezone.now())
    with pytest.raises(errors.LinkWithdrawn):
        sign(opened)
    asked.refresh_from_db()
    assert (asked.status, asked.answers) == ("open", None)


def test_a_wrong_birth_date_shows_nothing_and_too_many_lock_the_link(
    asked: DoctorRequest, desk_user: User
) -> None:
    for _ in range(links.MOST_WRONG - 1):
        with pytest.raises(errors.WrongBirthDate):
            links.check_birth_date(request=asked, birth_date=date(1981, 12, 4))
    with pytest.raises(errors.LinkLocked):
        links.check_birth_date(request=asked, birth_date=date(1981, 12, 4))
    with pytest.raises(errors.LinkLocked):
        links.find(token_of(asked))
    assert actions(asked).count("doctor_request.wrong_birth_date") == links.MOST_WRONG
    sent = services.send_link(actor=desk_user, request=asked)  # the clinic can send another
    assert links.find(token_of(sent)) == asked


def test_an_unknown_birth_date_lets_nobody_in_and_counts_no_try(asked: DoctorRequest) -> None:
    Client.objects.filter(pk=asked.client_id).update(birth_date=None)
    asked.client.refresh_from_db()
    for _ in range(links.MOST_WRONG + 1):
        with pytest.raises(errors.NoBirthDate):
            links.check_birth_date(request=asked, birth_date=date(1981, 4, 12))
    asked.refresh_from_db()
    assert (asked.opened_at, asked.wrong_births) == (None, 0)


def test_the_right_birth_date_is_recorded(asked: DoctorRequest) -> None:
    links.note_opening(asked)
    assert asked.client.birth_date is not None
    links.check_birth_date(request=asked, birth_date=asked.client.birth_date)
    asked.refresh_from_db()
    assert asked.opened_at is not None
    assert actions(asked)[-2:] == ["doctor_request.link_opened", "doctor_request.patient_shown"]


def test_signing_closes_the_link_and_keeps_what_was_typed_encrypted(asked: DoctorRequest) -> None:
    sign(asked)
    asked.refresh_from_db()
    assert (asked.status, asked.signed_name) == ("signed", "Kofi Osei")
    assert asked.answers["order_text"] == "2 sessions per week for 6 weeks"
    assert "my own clinical judgment" in asked.attestation
    with connection.cursor() as cursor:
        cursor.execute("SELECT answers FROM prescriptions_doctorrequest")
        raw = bytes(cursor.fetchone()[0])
    assert b"Neck" not in raw
    assert actions(asked)[-1] == "doctor_request.signed"
    step = AuditEvent.objects.get(action="doctor_request.signed").detail["changes"]["status"]
    assert step == {"before": "open", "after": "signed"}
    with pytest.raises(errors.LinkUsed):
        links.find(token_of(asked))


def test_a_second_press_is_told(asked: DoctorRequest) -> None:
    first, second = links.find(token_of(asked)), links.find(token_of(asked))
    sign(first)
    with pytest.raises(errors.LinkUsed):
        sign(second, reason="Something else")
    with pytest.raises(errors.LinkUsed):
        links.decline(request=second, note="")
    asked.refresh_from_db()
    assert asked.answers["reason"] == "Neck pain after long desk work"


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"reason": ""}, "reason", "medically needed"),
        ({"order_text": ""}, "order_text", "how many sessions"),
        ({"order_text": "1x/week"}, "order_text", "for how long"),
        ({"order_text": "as needed"}, "order_text", "no number"),
        ({"order_text": "evaluate and treat"}, "order_text", "no number"),
        ({"order_text": "biweekly for 6 weeks"}, "order_text", "two ways"),
        ({"modality": ""}, "modality", "massage therapy or manual"),
        ({"codes": ()}, "codes", "at least one"),
        ({"codes": ("M54.5",)}, "codes", "heading"),
        ({"codes": ("M99.99",)}, "codes", "not in this year"),
        ({"starts_on": None}, "starts_on", "first day"),
        ({"starts_on": date(2020, 1, 1)}, "starts_on", "today or later"),
        ({"starts_on": date(2099, 1, 1)}, "starts_on", "half a year"),
        ({"prescriber_name": ""}, "prescriber_name", "your name"),
        ({"prescriber_credential": "RN"}, "prescriber_credential", "credential"),
        ({"prescriber_npi": ""}, "prescriber_npi", "your NPI"),
        ({"prescriber_npi": "1234567890"}, "prescriber_npi", "check digit"),
        ({"attested": False}, "attested", "check this box"),
        ({"name": " - "}, "signature", "your name"),
    ],
)
def test_what_is_missing_or_wrong_is_not_signed(
    asked: DoctorRequest, fields: dict[str, Any], field: str, said: str
) -> None:
    with pytest.raises(errors.Unanswered) as caught:
        sign(asked, **fields)
    assert list(caught.value.problems) == [field]
    assert said in " ".join(caught.value.problems[field])
    asked.refresh_from_db()
    assert asked.status == "open"


def test_a_code_newer_than_ours_may_be_signed_and_the_hint_says_so(asked: DoctorRequest) -> None:
    releases.loaded(clinic_today() - timedelta(days=366))
    ((verdict, _words),) = check_codes(["M54.21"], clinic_today())
    assert "not have M54.21 in our list yet" in rules.code_trouble(verdict)
    assert sign(asked, codes=("M54.21",)).status == "signed"


def test_a_code_that_has_ended_is_not_signed(asked: DoctorRequest) -> None:
    last = clinic_today() - timedelta(days=1)
    DiagnosisCode.objects.filter(code="M54.2").update(billable=False, valid_through=last)
    with pytest.raises(errors.Unanswered) as caught:
        sign(asked, codes=("M54.2",))
    assert "Please enter the code that took its place" in caught.value.problems["codes"][0]


def test_words_that_only_we_cannot_read_may_be_signed(asked: DoctorRequest) -> None:
    assert sign(asked, order_text="per protocol, twelve in all please").status == "signed"


def test_a_refusal_is_kept_and_the_client_told_without_a_reason(asked: DoctorRequest) -> None:
    links.decline(request=asked, note="Please come and see me first")
    asked.refresh_from_db()
    assert (asked.status, asked.answers) == ("declined", {"note": "Please come and see me first"})
    message = Message.objects.get(kind="prescriber_declined")
    assert message.recipient == asked.client.email
    assert "see me" not in message.subject + message.body
    with pytest.raises(errors.LinkUsed):
        links.find(token_of(asked))


def test_the_worker_makes_one_prescription_of_it(asked: DoctorRequest) -> None:
    sign(asked, regions=("back-neck-middle",))
    tasks.draw_order.run(str(asked.pk))
    tasks.draw_order.run(str(asked.pk))  # the broker delivers a second copy
    made = Prescription.objects.get()
    asked.refresh_from_db()
    assert asked.prescription == made
    assert (made.source, made.status) == ("prescriber", "submitted")
    assert (made.client, made.prescriber) == (asked.client, asked.prescriber)
    text = " ".join(paper.text(documents.read(made.document))[0].split())
    for words in (
        "Ana Lima",
        "04/12/1981",
        "Neck pain after long desk work",
        "2 sessions per week for 6 weeks",
        "Massage therapy",
        "M54.2 Cervicalgia",
        "Back of the neck",
        "Kofi Osei, MD",
        "NPI 1234567893",
        "my own clinical judgment",
    ):
        assert words in text
    assert Message.objects.filter(kind="prescriber_signed").count() == 1
    said = Message.objects.get(kind="prescriber_signed")
    for secret in ("neck", "osei", "order", "m54"):
        assert secret not in (said.subject + said.body).lower()


def test_the_reviewers_form_is_filled_with_what_was_signed(asked: DoctorRequest) -> None:
    sign(asked, regions=("back-neck-middle",))
    tasks.draw_order.run(str(asked.pk))
    made = detailed().get(client=asked.client)
    form = ReviewForm.proposing(selectors.read_document(made))
    assert form.initial["codes"] == "M54.2"
    assert form.initial["visits"] == "12"
    assert form.initial["prescriber_npi"] == "1234567893"
    assert form.initial["regions"] == ["back-neck-middle"]
    assert "as signed online, page 1" in str(form.fields["codes"].help_text)
    assert form.initial["issued_on"] == clinic_today().isoformat()
    assert not form.initial.get("is_signed")


def test_once_a_paper_replaced_it_the_paper_is_read(asked: DoctorRequest, desk_user: User) -> None:
    sign(asked)
    tasks.draw_order.run(str(asked.pk))
    made = Prescription.objects.get()
    prescriptions.ask_for_information(actor=desk_user, prescription=made, reason="no_frequency")
    made.refresh_from_db()
    answered(made, paper.pdf())
    assert selectors.read_document(made)["issued_on"].value == "2026-11-18"


def test_the_sweep_finds_what_the_bell_missed(asked: DoctorRequest, other_client: Client) -> None:
    other = make_request(other_client, make_prescriber("Lena Marsh", npi="1987654328"))
    sign(asked)
    tasks.sweep_requests.run()
    assert not Prescription.objects.exists()  # too early: the first try may be under way
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        tasks.sweep_requests.run()
    other.refresh_from_db()
    assert Prescription.objects.filter(client=asked.client).count() == 1
    assert other.document is not None
    assert other.document.kind == Document.Kind.PRESCRIPTION_REQUEST


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("online", [False, True])
def test_nothing_is_locked_while_the_form_or_the_order_is_laid_out(
    asked: DoctorRequest, monkeypatch: pytest.MonkeyPatch, online: bool
) -> None:
    render, laid_out = printing.render, []

    def look(*args: Any, **named: Any) -> printing.Printed:
        expect_nothing_held(asked)
        laid_out.append(asked.pk)
        return render(*args, **named)

    DoctorRequest.objects.update(document=None, **duties.fresh())
    monkeypatch.setattr(printing, "render", look)
    if online:
        sign(asked)  # the worker draws it after the commit
    else:
        tasks.draw_request.run(str(asked.pk))
    asked.refresh_from_db()
    assert laid_out == [asked.pk]
    assert (asked.document is None, asked.prescription is None) == (online, not online)


def test_a_form_that_is_signed_while_it_is_drawn_is_not_kept(
    asked: DoctorRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    render = printing.render

    def signs(*args: Any, **named: Any) -> printing.Printed:
        sign(asked)
        return render(*args, **named)

    monkeypatch.setattr(printing, "render", signs)
    tasks.draw_request.run(str(asked.pk))
    monkeypatch.undo()
    tasks.draw_order.run(str(asked.pk))
    asked.refresh_from_db()
    assert asked.document is None
    assert asked.prescription is not None


@pytest.mark.parametrize(
    ("failed", "minutes", "drawn"), [(1, 2, True), (9, 40, False), (9, 61, True)]
)
def test_what_fails_for_an_hour_is_tried_once_an_hour(
    asked: DoctorRequest,
    monkeypatch: pytest.MonkeyPatch,
    failed: int,
    minutes: int,
    drawn: bool,
) -> None:
    made = DoctorRequest.objects.filter(pk=asked.pk)
    made.update(document=None, work_attempts=failed - 1)
    with monkeypatch.context() as broken:
        broken.setattr(pdf, "form_to_sign", Mock(side_effect=OSError))
        with pytest.raises(OSError):  # noqa: PT011
            tasks.draw_request.run(str(asked.pk))
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=False):
        tasks.sweep_requests.run()
    assert made.exclude(document=None).exists() == drawn


def test_the_database_takes_no_signature_without_its_answers(asked: DoctorRequest) -> None:
    half = {"status": "signed", "signed_name": "K", "attestation": "x", "closed_at": timezone.now()}
    with pytest.raises(IntegrityError), transaction.atomic():
        DoctorRequest.objects.filter(pk=asked.pk).update(**half)


@pytest.mark.django_db(transaction=True)
def test_of_a_signature_and_a_withdrawal_at_once_one_wins_whole(
    client_record: Client, location: Location
) -> None:
    make_codes()
    asked = make_request(client_record, make_prescriber())
    together = Barrier(2)

    def attempt(act: Any) -> str:
        try:
            together.wait(timeout=5)
            act()
        except (errors.LinkWithdrawn, errors.LinkUsed):
            return "refused"
        finally:
            connection.close()
        return "done"

    acts = [
        lambda: sign(asked),
        lambda: services.withdraw_consent(actor=owner(client_record), consent=asked.consent),
    ]
    with ThreadPoolExecutor(max_workers=2) as pool:
        outcomes = list(pool.map(attempt, acts))
    asked.refresh_from_db()
    expected = {"done": "signed", "refused": "withdrawn"}
    assert asked.status == expected[outcomes[0]]
    assert Prescription.objects.count() == (asked.status == "signed")
