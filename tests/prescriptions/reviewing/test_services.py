from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from clinic.errors import DomainError, InvalidTransition
from clinic.models import AuditEvent, Document, Message
from clinic.selectors import clinic_today
from prescriptions import ledger
from prescriptions.errors import AlreadySent, AnotherCopy, ClaimedByAnother, Incomplete, NotCovered
from prescriptions.models import Prescription, ReviewDecision
from prescriptions.reviewing import selectors, services
from prescriptions.uploading import receiving
from prescriptions.uploading.uploads import UnusableFile
from tests.factories import make_client, make_location
from tests.prescriptions import paper
from tests.prescriptions.factories import (
    approved_prescription,
    make_codes,
    make_elements,
    reviewer,
    submitted_prescription,
)
from tests.prescriptions.sending import answered

if TYPE_CHECKING:
    from collections.abc import Callable

    from clinic.models import Client, User

Status = Prescription.Status
# What no message may say.
SECRETS = ("prescription", "massage", "neck", "M54", "diagnos", "visits", "doctor", "Osei")


def test_what_is_sent_in_is_kept_as_it_came_and_as_a_clean_copy(
    client_record: Client, client_user: User
) -> None:
    files = [paper.photo(), paper.pdf(pages=2)]
    prescription = receiving.submit(actor=client_user, client=client_record, uploads=files)
    assert prescription.status == Status.SUBMITTED
    assert prescription.document.pages == 3
    originals = prescription.originals.order_by("created_at")
    assert [one.content_type for one in originals] == ["image/jpeg", "application/pdf"]
    assert {one.kind for one in originals} == {Document.Kind.PRESCRIPTION_ORIGINAL}
    assert AuditEvent.objects.filter(action="prescription.submitted").exists()


def test_a_refused_file_leaves_nothing_behind(client_record: Client, client_user: User) -> None:
    with pytest.raises(UnusableFile):
        receiving.submit(actor=client_user, client=client_record, uploads=[b"<html>"])
    assert not Prescription.objects.exists()
    assert not Document.objects.exists()


def test_nobody_approves_a_paper_that_was_replaced_since_they_read_it(
    client_record: Client, client_user: User, desk_user: User, location: object
) -> None:
    make_codes()
    read = receiving.submit(actor=client_user, client=client_record, uploads=[paper.pdf()])
    other = receiving.submit(actor=client_user, client=client_record, uploads=[paper.photo()])
    Prescription.objects.filter(pk=read.pk).update(document=other.document)
    with pytest.raises(AnotherCopy):
        services.approve(actor=desk_user, prescription=read, elements=make_elements())
    assert Prescription.objects.get(pk=read.pk).status == Status.SUBMITTED


def test_the_same_document_is_taken_once(client_record: Client, client_user: User) -> None:
    receiving.submit(actor=client_user, client=client_record, uploads=[paper.pdf()])
    with pytest.raises(AlreadySent):
        receiving.submit(actor=client_user, client=client_record, uploads=[paper.pdf()])
    assert Prescription.objects.count() == 1


def test_after_a_rejection_the_same_document_may_be_sent_again(
    client_record: Client, client_user: User, desk_user: User, location: object
) -> None:
    first = receiving.submit(actor=client_user, client=client_record, uploads=[paper.pdf()])
    services.reject(actor=desk_user, prescription=first, reason="not_signed")
    receiving.submit(actor=client_user, client=client_record, uploads=[paper.pdf()])
    assert Prescription.objects.count() == 2


def test_an_approval_records_what_was_read(submitted: Prescription, desk_user: User) -> None:
    approved = services.approve(
        actor=desk_user,
        prescription=submitted,
        elements=make_elements(codes=("M54.2", "M79.18")),
    )
    assert approved.status == Status.APPROVED
    assert (approved.authorized, approved.used, approved.reserved) == (12, 0, 0)
    assert approved.visits_per_week == 2
    assert [d.code_id for d in approved.diagnoses.all()] == ["M54.2", "M79.18"]
    decision = approved.decisions.get()
    assert (decision.decision, decision.reviewer) == ("approved", desk_user)
    assert decision.document == submitted.document


@pytest.mark.parametrize(
    ("field", "empty"),
    [("reason", ""), ("order_text", ""), ("modality", ""), ("codes", ()), ("visits", None)],
)
def test_an_approval_without_one_of_the_four_elements_is_refused_and_changes_nothing(
    submitted: Prescription, desk_user: User, field: str, empty: object
) -> None:
    with pytest.raises(Incomplete) as refused:
        services.approve(
            actor=desk_user, prescription=submitted, elements=make_elements(**{field: empty})
        )
    assert list(refused.value.problems) == [field]
    submitted.refresh_from_db()
    assert submitted.status == Status.SUBMITTED
    assert not ReviewDecision.objects.exists()
    assert not Message.objects.exists()


def test_the_database_refuses_an_incomplete_approval_by_any_other_way(
    submitted: Prescription,
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Prescription.objects.filter(pk=submitted.pk).update(
            status=Status.APPROVED, approved_at=timezone.now()
        )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("decision", ["approve", "ask", "reject"])
def test_the_client_is_told_in_words_that_give_nothing_away(decision: str) -> None:
    if decision == "approve":
        prescription = approved_prescription(make_client())
    else:
        make_location()
        prescription = submitted_prescription(make_client())
        act = services.ask_for_information if decision == "ask" else services.reject
        act(actor=reviewer(), prescription=prescription, reason="no_diagnosis", note="Neck?")
    [sent] = mail.outbox
    assert sent.to == ["ana.lima@example.test"]
    assert "Hello Ana" in sent.body
    assert f"/portal/prescriptions/{prescription.pk}/" in sent.body
    text = (
        sent.subject + sent.body.replace(f"/portal/prescriptions/{prescription.pk}/", "")
    ).lower()
    assert not [word for word in SECRETS if word.lower() in text.replace("medical massage", "")]


def test_a_better_copy_answers_a_request_and_keeps_the_old_one(
    submitted: Prescription, desk_user: User
) -> None:
    services.ask_for_information(actor=desk_user, prescription=submitted, reason="illegible")
    submitted.refresh_from_db()
    assert submitted.status == Status.NEEDS_INFORMATION
    first = submitted.document
    again = answered(submitted, paper.photo())
    assert again.status == Status.SUBMITTED
    assert again.document != first
    assert again.decisions.get().document == first
    assert again.originals.count() == 2


def test_a_copy_nobody_asked_for_is_refused(submitted: Prescription) -> None:
    with pytest.raises(InvalidTransition):
        answered(submitted, paper.photo())


def test_an_answer_by_telephone_puts_it_back_into_the_queue(
    submitted: Prescription, desk_user: User
) -> None:
    services.ask_for_information(actor=desk_user, prescription=submitted, reason="prescriber")
    services.reopen(actor=desk_user, prescription=submitted)
    assert selectors.queue().get() == submitted


def test_a_decided_prescription_is_not_decided_again(
    approved: Prescription, desk_user: User
) -> None:
    for act in (services.reject, services.ask_for_information):
        with pytest.raises(InvalidTransition):
            act(actor=desk_user, prescription=approved, reason="other")
    with pytest.raises(InvalidTransition):
        services.approve(actor=desk_user, prescription=approved, elements=make_elements())
    assert approved.decisions.count() == 1


def test_a_refusal_without_a_reason_is_refused_by_the_database(
    submitted: Prescription, desk_user: User
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        services.reject(actor=desk_user, prescription=submitted, reason="")


def test_a_colleague_with_it_open_keeps_others_from_deciding(
    submitted: Prescription, desk_user: User, manager_user: User
) -> None:
    assert services.claim(actor=desk_user, prescription=submitted)
    assert not services.claim(actor=manager_user, prescription=submitted)
    with pytest.raises(ClaimedByAnother):
        services.reject(actor=manager_user, prescription=submitted, reason="other")
    assert services.claim(actor=manager_user, prescription=submitted, take_over=True)
    services.reject(actor=manager_user, prescription=submitted, reason="other")


def test_a_claim_lapses_and_can_be_given_back(
    submitted: Prescription, desk_user: User, manager_user: User
) -> None:
    services.claim(actor=desk_user, prescription=submitted)
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert services.claim(actor=manager_user, prescription=submitted)
    services.unclaim(actor=manager_user, prescription=submitted)
    assert services.claim(actor=desk_user, prescription=submitted)


def test_a_newer_one_for_the_same_condition_replaces_the_old_which_keeps_its_visits(
    client_record: Client, approved: Prescription
) -> None:
    reservation = ledger.reserve_visit(actor=None, prescription=approved, on=clinic_today())
    newer = approved_prescription(client_record)
    approved.refresh_from_db()
    assert approved.status == Status.SUPERSEDED
    assert approved.superseded_by == newer
    assert (newer.authorized, newer.bookable) == (12, 12)
    with pytest.raises(NotCovered):
        ledger.reserve_visit(actor=None, prescription=approved, on=clinic_today())
    ledger.use_visit(actor=None, reservation=reservation)
    approved.refresh_from_db()
    assert (approved.used, approved.reserved) == (1, 0)


def test_another_code_of_the_same_condition_replaces_and_another_condition_does_not(
    client_record: Client, approved: Prescription
) -> None:
    approved_prescription(client_record, codes=("M79.18", "M54.2"))
    low_back = approved_prescription(client_record, codes=("M54.50",))
    approved.refresh_from_db()
    assert approved.status == Status.APPROVED  # the neck is not the low back
    approved_prescription(client_record, codes=("M54.59",))
    for one, status in ((low_back, Status.SUPERSEDED), (approved, Status.APPROVED)):
        one.refresh_from_db()
        assert one.status == status


def test_an_older_paper_approved_later_replaces_nothing(
    client_record: Client, approved: Prescription
) -> None:
    assert approved.issued_on is not None
    approved_prescription(client_record, issued_on=approved.issued_on - timedelta(days=30))
    approved.refresh_from_db()
    assert approved.status == Status.APPROVED


def test_somebody_elses_prescription_is_never_replaced(
    other_client: Client, approved: Prescription
) -> None:
    approved_prescription(other_client)
    approved.refresh_from_db()
    assert approved.status == Status.APPROVED


def at_once(*jobs: Callable[[], object]) -> list[str]:
    """Run jobs at the same moment, each on a connection of its own; what became of each."""
    together = Barrier(len(jobs))

    def run(job: Callable[[], object]) -> str:
        try:
            together.wait(timeout=10)
            job()
        except DomainError as error:
            return error.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(max_workers=len(jobs)) as pool:
        return sorted(pool.map(run, jobs))


@pytest.mark.django_db(transaction=True)
def test_two_clicks_on_send_make_one_prescription() -> None:
    client = make_client()
    content = paper.pdf()

    def send() -> None:
        receiving.submit(actor=client.user, client=client, uploads=[content])

    assert at_once(send, send) == ["already_sent", "done"]
    assert Prescription.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_reviewers_at_once_make_one_decision() -> None:
    make_location()
    make_codes()
    prescription, actor = submitted_prescription(make_client()), reviewer()

    def approve() -> None:
        services.approve(actor=actor, prescription=prescription, elements=make_elements())

    def reject() -> None:
        services.reject(actor=actor, prescription=prescription, reason="other")

    assert at_once(approve, reject) == ["done", "invalid_transition"]
    assert prescription.decisions.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_approvals_for_one_condition_at_once_leave_one_in_use() -> None:
    make_location()
    make_codes()
    client, actor = make_client(), reviewer()
    papers = [submitted_prescription(client) for _ in range(2)]

    def approve(one: Prescription) -> Callable[[], object]:
        return lambda: services.approve(actor=actor, prescription=one, elements=make_elements())

    assert at_once(*map(approve, papers)) == ["done", "done"]
    states = sorted(Prescription.objects.values_list("status", flat=True))
    assert states == ["approved", "superseded"]
