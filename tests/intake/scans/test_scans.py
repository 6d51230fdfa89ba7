"""A photo or scan of a paper questionnaire: checked like any file, read by therapists alone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from booking import paper_files
from clinic import duties
from clinic.documents import store as documents
from clinic.models import AuditEvent, Client, Document
from clinic.people.merging import services as merging
from clinic.people.signing_name import NotYourName
from intake import selectors, tasks
from intake.errors import GuardianNeeded, TooManyScans, WrongScanDay
from intake.models import PaperScan
from intake.scans import door, services
from prescriptions.uploading import sandbox, virus
from tests.clinic.merging import join
from tests.factories import make_client
from tests.intake.factories import loaded_questionnaire
from tests.intake.scans.factories import attached, received
from tests.prescriptions import paper

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Browser

    from booking.models import Appointment
    from clinic.models import Location, User

pytestmark = pytest.mark.django_db


def url(name: str, *args: Any) -> str:
    return reverse(f"intake:desk-scan{name}", args=args)


def typed(client: Client, *files: bytes, **fields: Any) -> dict[str, Any]:
    sent = [SimpleUploadedFile(f"{n}.jpg", content) for n, content in enumerate(files)]
    return {
        "document": sent,
        "name": client.name,
        "relationship": "",
        "signed_on": selectors.clinic_today().isoformat(),
        "token": uuid4(),
        **fields,
    }


def failing(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    return fail


@pytest.fixture(autouse=True)
def _here(location: Location) -> None:
    loaded_questionnaire()


def test_the_desk_attaches_a_paper_and_a_therapist_reads_it(
    as_desk: Browser,
    as_therapist: Browser,
    in_care: Appointment,
    client_record: Client,
    desk_user: User,
) -> None:
    attach = url("-attach", client_record.pk)
    panel = reverse("intake:client-panel", args=[client_record.pk])
    assert attach in as_desk.get(panel).text
    assert as_desk.get(attach).status_code == 200
    files = (paper.photo(), paper.photo("PNG"))
    answer = as_desk.post(attach, typed(client_record, *files))
    scan = PaperScan.objects.get()
    page = url("", scan.pk)
    assert answer["Location"] == page
    assert "being checked" in as_desk.get(page).text
    services.process(str(scan.pk))
    scan.refresh_from_db()
    assert scan.document is not None
    assert (scan.status, scan.document.pages, scan.sent_by) == ("ready", 2, desk_user)
    assert documents.read(scan.document).startswith(b"%PDF-")
    shown = as_therapist.get(page).text
    assert "Signed on" in shown
    assert client_record.name in shown
    assert "June Ortiz" in shown
    picture = url("-page", scan.pk, 2)
    assert picture in shown
    image = as_therapist.get(picture)
    assert image["Content-Type"] == "image/png"
    assert image["Cache-Control"] == "no-store"
    assert as_therapist.get(url("-page", scan.pk, 3)).status_code == 404
    assert page in as_therapist.get(panel).text
    looks = AuditEvent.objects.filter(action="paperscan.viewed", client=client_record)
    assert [one.detail for one in looks] == [{"page": 2}]


def test_the_desk_does_not_read_what_it_attached(
    as_desk: Browser,
    as_manager: Browser,
    as_biller: Browser,
    client_record: Client,
    desk_user: User,
) -> None:
    scan = attached(client_record, desk_user)
    picture = url("-page", scan.pk, 1)
    for browser in (as_desk, as_manager):
        page = browser.get(url("", scan.pk)).text
        assert "Therapists read it" in page
        assert picture not in page
        assert browser.get(picture).status_code == 403
    assert as_biller.get(url("", scan.pk)).status_code == 403


def test_a_strangers_scan_does_not_exist(
    as_colleague: Browser, as_client: Browser, client_record: Client, desk_user: User
) -> None:
    scan = attached(client_record, desk_user)
    for browser in (as_colleague, as_client):
        for path in (url("", scan.pk), url("-page", scan.pk, 1)):
            assert browser.get(path).status_code == 404


def test_the_files_as_sent_are_gone_once_the_copy_is_there(
    client_record: Client, desk_user: User
) -> None:
    scan = received(client_record, desk_user, paper.photo(), paper.pdf())
    kept = services.originals(scan)
    assert [one.content_type for one in kept] == ["image/jpeg", "application/pdf"]
    assert {one.kind for one in kept} == {Document.Kind.PAPER_FORM_ORIGINAL}
    services.process(str(scan.pk))
    assert [one.kind for one in Document.objects.all()] == [Document.Kind.PAPER_FORM]
    services.process(str(scan.pk))  # a second worker
    assert Document.objects.count() == 1


def test_a_scan_makes_nothing_complete(client_record: Client, desk_user: User) -> None:
    attached(client_record, desk_user)
    light = selectors.readiness_for(client_record)
    assert (light.complete, light.consented) == (False, False)


def test_the_same_form_twice_is_one_scan(as_desk: Browser, client_record: Client) -> None:
    data = typed(client_record, paper.photo())
    for _time in range(2):
        data["document"] = [SimpleUploadedFile("1.jpg", paper.photo())]
        assert as_desk.post(url("-attach", client_record.pk), data).status_code == 302
    assert PaperScan.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"document": []}, "Choose a PDF or a photo of the paper form."),
        ({"name": ""}, "Type the name that is signed"),
        ({"name": "Somebody Else"}, "Type your name as it is on your record"),
        ({"signed_on": ""}, "the date that stands beside the signature"),
        ({"signed_on": "2199-01-01"}, "Check the year"),
        ({"relationship": "friend"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_refused_and_kept(
    as_desk: Browser, client_record: Client, fields: dict[str, Any], words: str
) -> None:
    data = typed(client_record, paper.photo()) | fields
    answer = as_desk.post(url("-attach", client_record.pk), data)
    assert answer.status_code == 422
    assert words in answer.text
    assert not PaperScan.objects.exists()
    if "signed_on" not in fields:
        assert f'value="{data["signed_on"]}"' in answer.text


@pytest.mark.parametrize("content", [b"", b"MZ\x90\x00 no picture", b"<svg onload=x>"])
def test_no_picture_is_refused_at_once(
    as_desk: Browser, client_record: Client, content: bytes
) -> None:
    answer = as_desk.post(url("-attach", client_record.pk), typed(client_record, content))
    assert answer.status_code == 422
    assert not PaperScan.objects.exists()
    assert not Document.objects.exists()


def test_a_childs_form_is_signed_by_who_may(desk_user: User) -> None:
    child = make_client("Leo", "Lima", birth_date=date(2015, 6, 1))
    with pytest.raises(GuardianNeeded):
        received(child, desk_user)
    with pytest.raises(NotYourName):
        received(child, desk_user, relationship="parent")
    scan = received(child, desk_user, relationship="parent", name="Rosa Lima")
    assert scan.get_signed_relationship_display() == "Parent"


def test_a_day_to_come_and_a_queue_without_end_are_refused(
    client_record: Client, desk_user: User
) -> None:
    with pytest.raises(WrongScanDay):
        received(client_record, desk_user, signed_on=selectors.clinic_today() + timedelta(days=1))
    for _number in range(services.MOST_WAITING):
        received(client_record, desk_user)
    with pytest.raises(TooManyScans):
        received(client_record, desk_user)


def test_only_staff_who_care_attach(
    client_record: Client, client_user: User, biller_user: User
) -> None:
    for actor in (client_user, biller_user):
        with pytest.raises(PermissionDenied):
            received(client_record, actor)


# ---- Hostile files, and a worker in trouble ----


def test_files_are_opened_in_a_child_and_after_the_scanner(
    client_record: Client, desk_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    clean = sandbox.clean
    monkeypatch.setattr(virus, "scan", lambda _files: said.append("scanned"))

    def cleaned(*args: Any) -> Any:
        said.append("child")
        return clean(*args)

    monkeypatch.setattr(sandbox, "clean", cleaned)
    assert attached(client_record, desk_user).status == "ready"
    assert said == ["scanned", "child"]


def test_a_file_that_cannot_be_used_is_refused_in_words_and_forgotten(
    as_desk: Browser, client_record: Client, desk_user: User
) -> None:
    scan = attached(client_record, desk_user, b"%PDF-1.7 nothing in it")
    assert (scan.status, scan.document) == ("refused", None)
    page = as_desk.get(url("", scan.pk)).text
    assert "We could not use these files" in page
    assert "prescription" not in paper_files.explained(scan.refusal)
    assert url("-attach", client_record.pk) in page
    assert not Document.objects.exists()
    assert AuditEvent.objects.filter(action="intake.scan_refused").count() == 1


@pytest.mark.parametrize(
    ("where", "error", "tries"),
    [
        ("scan", virus.ScannerAway(), 0),
        ("scan", virus.NoVerdict(), 1),
        ("clean", sandbox.Interrupted(), 1),
        ("clean", OSError(), 1),
    ],
)
def test_what_fails_for_now_is_tried_again(
    client_record: Client,
    desk_user: User,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    error: Exception,
    tries: int,
) -> None:
    monkeypatch.setattr(virus if where == "scan" else sandbox, where, failing(error))
    scan = attached(client_record, desk_user)
    assert (scan.status, scan.work_attempts) == ("received", tries)
    assert Document.objects.filter(kind=Document.Kind.PAPER_FORM_ORIGINAL).exists()
    monkeypatch.undo()
    PaperScan.objects.update(work_due_at=timezone.now() - 2 * duties.LOST)
    queued: list[str] = []
    monkeypatch.setattr(tasks.process_scan, "delay", queued.append)
    tasks.sweep_scans.run()
    assert queued == [str(scan.pk)]
    tasks.process_scan.run(queued[0])
    scan.refresh_from_db()
    assert scan.status == "ready"


def test_after_some_tries_it_is_given_up(
    client_record: Client, desk_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "clean", failing(OSError()))
    scan = received(client_record, desk_user)
    for _number in range(services.MAX_ATTEMPTS + 1):
        PaperScan.objects.update(work_due_at=timezone.now())
        services.process(str(scan.pk))
    scan.refresh_from_db()
    assert (scan.status, scan.refusal) == ("refused", services.GAVE_UP)
    assert paper_files.GAVE_UP == services.GAVE_UP
    assert "on our end" in door.files().explained(scan.refusal)


# ---- For good ----


def test_who_signed_and_what_became_of_it_never_change(
    client_record: Client, desk_user: User
) -> None:
    scan = attached(client_record, desk_user)
    rows = PaperScan.objects.filter(pk=scan.pk)
    for fields in (
        {"signed_name": "Eve"},
        {"signed_on": date(2020, 1, 1)},
        {"status": "received", "document": None},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.delete()


def test_a_scan_goes_along_when_records_are_joined_and_back(
    client_record: Client, desk_user: User
) -> None:
    twin = make_client("Anna", "Lima", phone="+12125550199")
    scan = attached(twin, desk_user)
    made = join(desk_user, client_record, twin)
    scan.refresh_from_db()
    assert scan.document is not None
    assert scan.client == scan.document.client == client_record
    merging.undo(actor=desk_user, merge=made)
    scan.refresh_from_db()
    scan.document.refresh_from_db()
    assert scan.client == scan.document.client == Client.objects.get(pk=twin.pk)
