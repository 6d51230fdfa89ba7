"""From files to a prescription by way of the worker: once, in order, whatever fails on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from clinic import duties
from clinic.documents import store as documents
from clinic.errors import InvalidTransition
from clinic.models import AuditEvent, Document
from prescriptions import tasks
from prescriptions.errors import AlreadySent, TooManyWaiting
from prescriptions.models import Prescription, Upload
from prescriptions.reviewing import services
from prescriptions.uploading import receiving, sandbox, uploads
from tests.prescriptions import paper
from tests.prescriptions.sending import as_file, processed, progress_of, received

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.test import Client as Browser

    from clinic.models import Client, Location, User
    from tests.prescriptions.conftest import Send

Status = Upload.Status
UPLOAD = reverse("prescriptions:upload")
HTMX = {"HX-Request": "true"}


def failing(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    return fail


# ---- Keeping what came ----


def test_files_are_kept_encrypted_in_their_order_and_nothing_is_opened_yet(
    client_record: Client,
) -> None:
    files = [paper.photo(), paper.pdf(), paper.heic(), paper.photo("PNG")]
    upload = received(client_record, *files, note="From Dr. Osei")
    assert (upload.status, upload.progress, upload.note) == ("received", 0, "From Dr. Osei")
    kept = receiving.originals(upload)
    assert [documents.read(document) for document in kept] == files
    assert {document.kind for document in kept} == {Document.Kind.PRESCRIPTION_ORIGINAL}
    assert [document.name.partition(".")[2] for document in kept] == ["jpeg", "pdf", "heic", "png"]
    assert not Prescription.objects.exists()
    assert AuditEvent.objects.filter(action="upload.received").count() == 1


def test_the_same_files_with_the_same_token_are_one_upload(client_record: Client) -> None:
    token = uuid4()
    first = received(client_record, token=token)
    assert received(client_record, token=token) == first
    processed(first)
    assert received(client_record, token=token) == first  # the answer was lost on the way
    assert Document.objects.filter(kind=Document.Kind.PRESCRIPTION_ORIGINAL).count() == 1


def test_other_files_under_an_old_token_are_another_upload(client_record: Client) -> None:
    token = uuid4()
    first = received(client_record, token=token)
    other = received(client_record, paper.photo(), token=token)
    assert other != first
    assert other.token != token


def test_the_same_token_of_another_client_is_nobodys_business(
    client_record: Client, other_client: Client
) -> None:
    token = uuid4()
    assert received(client_record, token=token) != received(other_client, token=token)


def test_the_database_knows_a_token_once(client_record: Client) -> None:
    first = received(client_record)
    with pytest.raises(IntegrityError), transaction.atomic():
        Upload.objects.create(client=client_record, token=first.token)


@pytest.mark.parametrize(
    ("files", "code"),
    [([], "nothing"), ([b""], "empty"), ([paper.pdf(), b"<html>"], "wrong_type")],
)
def test_what_can_be_told_at_once_keeps_nothing(
    client_record: Client, files: Sequence[bytes], code: str
) -> None:
    with pytest.raises(uploads.UnusableFile) as refused:
        receiving.receive(actor=None, client=client_record, files=files, token=uuid4())
    assert refused.value.code == code
    assert not Upload.objects.exists()
    assert not Document.objects.exists()


# ---- The worker ----


def test_the_worker_makes_a_prescription_of_it(client_record: Client) -> None:
    files = [paper.photo(), paper.pdf(pages=2)]
    upload = processed(received(client_record, *files, note="Two files", source="desk"))
    assert (upload.status, upload.progress, upload.work_attempts) == ("ready", 100, 1)
    prescription = upload.prescription
    assert prescription is not None
    assert (prescription.status, prescription.client_note) == ("submitted", "Two files")
    assert (prescription.source, prescription.submitted_by) == ("desk", client_record.user)
    assert prescription.document.pages == 3
    assert set(prescription.originals.all()) == set(receiving.originals(upload))


def test_what_the_worker_makes_is_what_is_made_at_once(client_record: Client) -> None:
    files = [paper.photo(), paper.heic(), paper.pdf()]
    at_once = uploads.clean(files)
    assert sandbox.clean(files) == at_once


def test_a_second_bell_finds_nothing_to_do(client_record: Client) -> None:
    upload = processed(received(client_record))
    processed(upload)
    assert Prescription.objects.count() == 1
    assert upload.work_attempts == 1


def test_a_worker_that_was_overtaken_changes_nothing(
    client_record: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = received(client_record)
    clean = sandbox.clean

    def overtaken(*args: Any) -> Any:
        Upload.objects.update(  # another one has it now
            work_attempts=2, work_claimed_at=timezone.now()
        )
        return clean(*args)

    monkeypatch.setattr(sandbox, "clean", overtaken)
    assert processed(upload).status == "working"
    assert not Prescription.objects.exists()


def test_progress_is_written_while_it_works(
    client_record: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = received(client_record, paper.photo(), paper.pdf(pages=3))
    seen = []
    note = receiving._note_progress

    def noted(one: Upload, percent: int) -> None:
        note(one, percent)
        seen.append(Upload.objects.get().progress)

    monkeypatch.setattr(receiving, "_note_progress", noted)
    processed(upload)
    assert len(seen) == 6  # two files, four pages
    assert seen == sorted(seen)
    assert 0 < seen[0] < seen[-1] < 100


def test_the_clean_copy_seen_before_is_refused_and_leads_to_what_we_have(
    client_record: Client,
) -> None:
    ours = receiving.submit(actor=None, client=client_record, uploads=[paper.pdf()])
    upload = processed(received(client_record))
    assert (upload.status, upload.refusal) == ("refused", "already_sent")
    assert upload.prescription == ours


def test_the_very_same_files_are_refused_before_the_worker_sees_them(
    client_record: Client, desk_user: User, location: Location
) -> None:
    files = [paper.photo(), paper.pdf()]
    upload = processed(received(client_record, *files))
    with pytest.raises(AlreadySent):
        received(client_record, *files)
    received(client_record, *reversed(files))  # other pages first: another document
    assert upload.prescription is not None
    services.reject(actor=desk_user, prescription=upload.prescription, reason="expired")
    assert received(client_record, *files).status == "received"


def test_a_better_copy_answers_what_was_asked(
    client_record: Client, submitted: Prescription, desk_user: User
) -> None:
    services.ask_for_information(actor=desk_user, prescription=submitted, reason="illegible")
    upload = received(client_record, paper.photo(), answers=submitted, note="Better light")
    upload = processed(upload)
    submitted.refresh_from_db()
    assert upload.prescription == submitted
    assert (submitted.status, submitted.client_note) == ("submitted", "Better light")
    assert submitted.originals.count() == 2
    with pytest.raises(InvalidTransition):
        received(client_record, paper.photo("PNG"), answers=submitted)


def test_a_copy_on_its_way_is_taken_though_the_desk_has_put_it_back(
    client_record: Client, submitted: Prescription, desk_user: User
) -> None:
    services.ask_for_information(actor=desk_user, prescription=submitted, reason="illegible")
    upload = received(client_record, paper.photo(), answers=submitted)
    services.reopen(actor=desk_user, prescription=submitted)
    assert processed(upload).prescription == submitted


def test_an_answer_that_comes_too_late_is_told_so(
    client_record: Client, submitted: Prescription, desk_user: User
) -> None:
    services.ask_for_information(actor=desk_user, prescription=submitted, reason="illegible")
    upload = received(client_record, paper.photo(), answers=submitted)
    services.reopen(actor=desk_user, prescription=submitted)
    services.reject(actor=desk_user, prescription=submitted, reason="other")
    upload = processed(upload)
    assert (upload.refusal, upload.prescription) == ("invalid_transition", submitted)


@pytest.mark.parametrize("error", [sandbox.Interrupted(), OSError("no memory to start a process")])
def test_what_is_not_the_files_fault_is_tried_three_times_and_then_given_up(
    client_record: Client, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(sandbox, "clean", failing(error))
    upload = received(client_record)
    for attempt in (1, 2, 3):
        processed(upload)
        assert (upload.status, upload.work_attempts) == ("received", attempt)
        Upload.objects.update(work_due_at=timezone.now())  # the wait is over
    assert (processed(upload).status, upload.refusal) == ("refused", "gave_up")


def test_originals_that_cannot_be_read_are_given_up_in_the_end(client_record: Client) -> None:
    upload = received(client_record)
    documents.path_of(receiving.originals(upload)[0].sha256).unlink()
    for _ in range(4):
        processed(upload)
        Upload.objects.update(work_due_at=timezone.now())  # the wait is over
    assert upload.refusal == "gave_up"


# ---- The sweep ----


def test_the_sweep_finds_what_the_broker_lost_and_what_a_dead_worker_left(
    client_record: Client,
) -> None:
    lost, dead = received(client_record), received(client_record, paper.photo())
    Upload.objects.filter(pk=dead.pk).update(
        status=Status.WORKING, work_attempts=1, work_claimed_at=timezone.now()
    )
    tasks.sweep_uploads()
    assert {upload.status for upload in Upload.objects.all()} == {"received", "working"}
    with time_machine.travel(timezone.now() + timedelta(minutes=7)):
        tasks.sweep_uploads()
    for upload in (lost, dead):
        upload.refresh_from_db()
        assert upload.status == "ready"


def test_the_sweep_has_the_words_read_of_what_came_another_way(
    client_record: Client, submitted: Prescription
) -> None:
    tasks.sweep_uploads()
    submitted.refresh_from_db()
    assert submitted.text_source == ""
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        tasks.sweep_uploads()
    submitted.refresh_from_db()
    assert submitted.text_source != ""
    assert submitted.words is not None


def test_words_that_cannot_be_read_refuse_nothing(
    submitted: Prescription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "read", failing(uploads.TooHard()))
    receiving.read_words(str(submitted.pk))
    submitted.refresh_from_db()
    assert (submitted.status, submitted.text_source) == ("submitted", "none")


def test_words_are_read_again_when_the_reader_was_interrupted(
    submitted: Prescription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "read", failing(sandbox.Interrupted()))
    receiving.read_words(str(submitted.pk))
    submitted.refresh_from_db()
    assert submitted.text_source == ""


# ---- The page ----


def test_the_page_shows_how_far_it_is_and_asks_again(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    upload = received(client_record)
    page = as_client.get(progress_of(upload)).text
    assert "waiting to be checked" in page
    assert "every 1s" in page
    assert "Check again" in page
    Upload.objects.update(status=Status.WORKING, progress=40)
    part = as_client.get(progress_of(upload), {"seen": "received-0-0"}, headers=HTMX)
    assert 'value="40"' in part.text
    assert "<html" not in part.text
    same = as_client.get(progress_of(upload), {"seen": "working-40-0"}, headers=HTMX)
    assert same.status_code == 204
    listed = as_client.get(reverse("prescriptions:list")).text
    assert progress_of(upload) in listed


def test_the_page_leads_on_when_it_is_ready(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    upload = processed(received(client_record))
    assert upload.prescription is not None
    detail = reverse("prescriptions:detail", args=[upload.prescription.pk])
    assert as_client.get(progress_of(upload), headers=HTMX)["HX-Redirect"] == detail
    assert "Thank you" in as_client.get(progress_of(upload), follow=True).text


def test_the_page_of_a_refused_answer_leads_back_to_the_question(
    as_client: Browser, client_record: Client, submitted: Prescription, desk_user: User, send: Send
) -> None:
    services.ask_for_information(actor=desk_user, prescription=submitted, reason="illegible")
    again = reverse("prescriptions:send-again", args=[submitted.pk])
    data = {"document": as_file(paper.encrypted_pdf()), "note": "kept words"}
    page = as_client.get(send(as_client, again, data)["Location"]).text
    link = f"{again}?again={Upload.objects.get().pk}"
    assert "locked with a password" in page
    assert link in page
    assert "kept words" in as_client.get(link).text


def test_one_that_we_have_leads_to_it(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    ours = receiving.submit(actor=None, client=client_record, uploads=[paper.pdf()])
    upload = processed(received(client_record))
    page = as_client.get(progress_of(upload)).text
    assert reverse("prescriptions:detail", args=[ours.pk]) in page
    assert progress_of(upload) not in as_client.get(reverse("prescriptions:list")).text


def test_the_desk_watches_its_scan_and_reads_why_it_was_refused(
    as_desk: Browser, client_record: Client, location: Location
) -> None:
    upload = received(client_record, paper.encrypted_pdf(), source="desk")
    path = progress_of(upload, "desk-upload-progress")
    assert "waiting to be checked" in as_desk.get(path).text
    processed(upload)
    again = reverse("prescriptions:desk-upload", args=[client_record.pk])
    assert f"{again}?again={upload.pk}" in as_desk.get(path).text
    panel = reverse("prescriptions:client-panel", args=[client_record.pk])
    assert path in as_desk.get(panel).text


def test_a_stranger_finds_neither_the_page_nor_the_note(
    as_other: Browser, client_record: Client, location: Location
) -> None:
    upload = received(client_record, note="not for others")
    assert as_other.get(progress_of(upload)).status_code == 404
    assert as_other.get(UPLOAD, {"again": str(upload.pk)}).status_code == 404
    assert as_other.get(UPLOAD, {"again": "no id"}).status_code == 404


def test_sending_a_page_twice_leads_to_one_upload(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    token = str(uuid4())
    answers = [
        as_client.post(UPLOAD, {"document": as_file(paper.pdf()), "token": token}) for _ in range(2)
    ]
    assert len({answer["Location"] for answer in answers}) == 1
    assert Upload.objects.count() == 1


def test_every_page_carries_a_token_of_its_own(
    as_client: Browser, location: Location, client_record: Client
) -> None:
    seen = {as_client.get(UPLOAD).context["form"]["token"].value() for _ in range(2)}
    assert len(seen) == 2


def test_a_client_waits_for_the_first_uploads_before_sending_a_sixth(client_record: Client) -> None:
    for number in range(receiving.MOST_WAITING):
        received(client_record, paper.pdf([f"Page {number}"]))
    with pytest.raises(TooManyWaiting):
        received(client_record)


def test_the_words_are_read_by_one_worker_and_given_up_after_three_tries(
    client_record: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = processed(received(client_record)).prescription
    assert made is not None
    Prescription.objects.update(text_source="", words=None, **duties.fresh())
    tried: list[int] = []

    def fail(_pdf: bytes) -> dict[str, Any]:
        tried.append(1)
        receiving.read_words(str(made.pk))  # another worker in the meantime
        raise sandbox.Interrupted

    monkeypatch.setattr(sandbox, "read", fail)
    for hours in range(5):
        with time_machine.travel(timezone.now() + timedelta(hours=hours)):
            receiving.read_words(str(made.pk))
    assert len(tried) == receiving.MAX_ATTEMPTS
    made.refresh_from_db()
    assert made.text_source == "none"
    assert not receiving.unread().exists()
