"""Everything about me: one archive with all of one's own and nothing of another's."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import time_machine
from django.apps import apps
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from billing import services as billing
from billing import tasks as billing_tasks
from billing.issuing import services as issuing
from clinic import duties, tasks
from clinic.documents import store as documents
from clinic.models import AuditEvent, Client, Document, Export, Guardian
from clinic.privacy import export
from clinic.privacy import services as privacy
from clinic.selectors import clinic_today
from tests import factories
from tests.prescriptions.prescribers.factories import make_prescriber, make_request
from tests.treatment.factories import earlier_today, finished_visit, mid_afternoon

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client as Browser

    from clinic.models import Location, Therapist, User

pytestmark = pytest.mark.django_db
PAGE, ASK = "/portal/my-data/", "/portal/my-data/export/"
# Tables that hang on a client, and the part of the archive that holds them.
WHERE = {
    "billing.CouponUse": "coupons",
    "billing.Estimate": "estimates",
    "billing.Payment": "payments",
    "billing.BillingDocument": "billing-documents",
    "booking.Appointment": "appointments",
    "booking.CalendarFeed": "calendar-links",
    "booking.WaitlistEntry": "waitlist",
    "clinic.AuditEvent": "record",
    "clinic.Client": "person",
    "clinic.ClientMerge": "person",
    "clinic.CorrectionRequest": "rights",
    "clinic.Disclosure": "rights",
    "clinic.Document": "files",
    "clinic.Export": "rights",
    "clinic.Guardian": "person",
    "clinic.Message": "messages",
    "intake.Consent": "consents",
    "intake.Handover": "tablets",
    "intake.OralScreening": "asked-aloud",
    "intake.PaperScan": "paper-forms",
    "intake.QuestionnaireResponse": "questionnaires",
    "prescriptions.DoctorRequest": "requests-to-doctors",
    "prescriptions.Prescription": "prescriptions",
    "prescriptions.Prescriber": "doctors-named",
    "prescriptions.ShareConsent": "shared-with-doctors",
    "prescriptions.Upload": "uploads",
    "treatment.ExerciseTick": "done-at-home",
    "treatment.Activity": "activities",
    "treatment.FollowUpChoice": "follow-ups",
    "treatment.FunctionMeasure": "activities",
}


@pytest.fixture(autouse=True)
def _afternoon() -> Iterator[None]:
    with mid_afternoon():
        yield


def has_history(client: Client, actor: User, hours_ago: int = 2) -> None:
    """An intake, a prescription, a visit, a payment, a receipt with its PDF."""
    visit = finished_visit(client, starts_at=earlier_today(hours_ago))
    billing.take_payment(
        actor=actor, visit=visit, method="cash", amount_cents=2000, form_token=uuid4()
    )
    receipt = issuing.issue_current(actor=actor, visit=visit)
    billing_tasks.render_document.run(str(receipt.pk))


def opened(content: bytes) -> dict[str, Any]:
    """Names and contents; JSON as data."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert packed.testzip() is None
        return {
            name: json.loads(packed.read(name)) if name.endswith(".json") else packed.read(name)
            for name in packed.namelist()
        }


def ready(client: Client) -> Export:
    assert client.user is not None
    asked = privacy.ask_export(actor=client.user, client=client)
    privacy.create_archive(str(asked.pk))
    asked.refresh_from_db()
    return asked


def test_every_table_that_hangs_on_a_client_is_in_the_archive() -> None:
    """A new table must be registered by its app, and named above."""
    ours = ("clinic", "intake", "prescriptions", "booking", "treatment", "billing")
    hanging = {
        model._meta.label
        for app in ours
        for model in apps.get_app_config(app).get_models()
        if any(field.related_model is Client for field in model._meta.concrete_fields)
    }
    assert set(WHERE) >= hanging
    assert set(WHERE.values()) - {"files"} <= set(export._parts)


def test_the_archive_holds_all_that_is_kept(
    location: Location, therapist: Therapist, client_record: Client, desk_user: User
) -> None:
    has_history(client_record, desk_user)
    privacy.record_disclosure(
        actor=desk_user,
        client=client_record,
        disclosed_on=clinic_today(),
        recipient="Dutchess County Court",
        what="Dates of visits",
        why="Subpoena",
    )
    held = opened(export.archive(client_record))
    assert held["data/person.json"]["last_name"] == "Lima"
    assert held["data/person.json"]["birth_date"] == "1981-04-12"
    [signed] = held["data/questionnaires.json"]
    assert "Rui Lima" in json.dumps(signed["answers"])
    assert {one["kind"] for one in held["data/consents.json"]} == {
        "Consent to treatment",
        "Privacy notice",
    }
    [prescription] = held["data/prescriptions.json"]
    assert prescription["diagnoses"] == [{"code": "M54.2", "words": "Cervicalgia"}]
    [appointment] = held["data/appointments.json"]
    assert appointment["service"] == "Medical massage"
    [session] = held["data/sessions.json"]
    assert session["minutes"] == {"Neuromuscular": 40, "Relaxation strokes": 13}
    assert held["data/payments.json"][0]["amount_cents"] == 2000
    [receipt] = held["data/billing-documents.json"]
    assert receipt["paid_cents"] == 2000
    assert held["data/rights.json"]["disclosures"][0]["recipient"] == "Dutchess County Court"
    assert held["data/record.json"]
    files = [name for name in held if name.startswith("files/")]
    assert len(files) == 2
    assert all(held[name].startswith(b"%PDF-") for name in files)
    assert held["READ-ME.txt"].startswith(b"This is everything")


def test_nothing_of_anybody_else_is_in_it(
    location: Location,
    therapist: Therapist,
    client_record: Client,
    other_client: Client,
    desk_user: User,
) -> None:
    parent = factories.make_user("gladys.parent@example.test")
    Guardian.objects.create(user=parent, client=client_record, relationship="parent")
    for client, hours_ago in ((client_record, 2), (other_client, 5)):
        has_history(client, desk_user, hours_ago)
        make_request(client, make_prescriber("Lena", npi="", email="lena@practice.test"))
    held = opened(export.archive(client_record))
    text = "\n".join(
        json.dumps(one, ensure_ascii=False) for one in held.values() if not isinstance(one, bytes)
    )
    assert "Lima" in text
    assert "g…@example.test" in text
    for word in ("Omar", "Haddad", "stranger@", "gladys", "desk@clinic.test", "lena@"):
        assert word not in text
    assert str(other_client.pk) not in text
    assert "/rx/" not in text or "[hidden]" in text
    names = {document.name for document in Document.objects.filter(client=client_record)}
    assert {name[10:] for name in held if name.startswith("files/")} <= names


def test_a_document_of_another_client_that_slips_in_is_left_out(
    client_record: Client, other_client: Client, location: Location
) -> None:
    alien = documents.store(
        actor=None,
        content=b"%PDF- of Omar",
        kind=Document.Kind.RECEIPT,
        name="receipt.pdf",
        content_type="application/pdf",
        client=other_client,
    )
    export.register("slip", lambda _client: export.Part([], [alien]))
    try:
        held = opened(export.archive(client_record))
    finally:
        del export._parts["slip"]
    assert [name for name in held if name.startswith("files/")] == []


def test_a_document_that_cannot_be_opened_is_named_and_the_rest_is_there(
    location: Location, therapist: Therapist, client_record: Client, desk_user: User
) -> None:
    has_history(client_record, desk_user)
    receipt = Document.objects.get(kind=Document.Kind.RECEIPT)
    documents.path_of(receipt.sha256).unlink()
    held = opened(export.archive(client_record))
    assert receipt.name in held["READ-ME.txt"].decode()
    assert len([name for name in held if name.startswith("files/")]) == 1


def test_a_client_asks_waits_and_downloads(
    as_client: Browser,
    client_record: Client,
    location: Location,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    assert "Create the archive" in as_client.get(PAGE).text
    assert as_client.post(ASK)["Location"] == PAGE
    assert "We are putting everything together" in as_client.get(PAGE).text
    assert 'hx-trigger="every 2s"' in as_client.get(PAGE, headers={"HX-Request": "true"}).text
    with django_capture_on_commit_callbacks(execute=True):
        tasks.create_archive.run(str(Export.objects.get().pk))
    assert mail.outbox[-1].subject == "There is an update in your account"
    assert PAGE in str(mail.outbox[-1].body)
    made = Export.objects.get()
    path = reverse("export-download", args=[made.pk])
    assert path in as_client.get(PAGE).text
    answer = as_client.get(path)
    assert answer["Content-Disposition"].startswith('attachment; filename="my-record-')
    assert answer["Cache-Control"] == "no-store"
    assert "data/person.json" in opened(answer.content)
    actions = set(AuditEvent.objects.filter(client=client_record).values_list("action", flat=True))
    assert {"export.asked", "record.exported", "export.downloaded"} <= actions


def test_two_clicks_make_one_archive_and_a_task_that_comes_twice_does_nothing(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    as_client.post(ASK)
    as_client.post(ASK)
    made = Export.objects.get()
    privacy.create_archive(str(made.pk))
    privacy.create_archive(str(made.pk))
    made.refresh_from_db()
    assert (made.status, made.work_attempts, made.progress) == ("ready", 1, 100)


def test_who_signed_in_long_ago_is_asked_for_the_password_and_led_on(
    as_client: Browser, client_record: Client, client_user: User, location: Location
) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=10), tick=True):
        asked = as_client.post(ASK)
        assert asked["Location"].startswith("/accounts/reauthenticate/")
        assert not Export.objects.exists()
        done = as_client.post(asked["Location"], {"password": factories.PASSWORD, "next": ASK})
        assert done["Location"] == PAGE
        assert Export.objects.count() == 1


def test_who_has_no_password_is_asked_for_a_code(
    as_client: Browser, client_record: Client, client_user: User, location: Location
) -> None:
    client_user.set_unusable_password()
    client_user.save(update_fields=["password"])
    as_client.force_login(client_user)
    with time_machine.travel(timezone.now() + timedelta(minutes=10), tick=True):
        page = as_client.post(ASK, follow=True)
    assert "a…@example.test" in page.text
    assert not Export.objects.exists()


def test_a_download_needs_a_fresh_sign_in_too(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    made = ready(client_record)
    with time_machine.travel(timezone.now() + timedelta(minutes=10), tick=True):
        answer = as_client.get(reverse("export-download", args=[made.pk]))
    assert answer["Location"].startswith("/accounts/reauthenticate/")


@pytest.mark.parametrize("who", ["as_other", "as_desk", "as_manager"])
def test_an_archive_exists_for_nobody_else(
    request: pytest.FixtureRequest, client_record: Client, location: Location, who: str
) -> None:
    made = ready(client_record)
    browser: Browser = request.getfixturevalue(who)
    assert browser.get(reverse("export-download", args=[made.pk])).status_code == 404
    assert not AuditEvent.objects.filter(action="export.downloaded").exists()


def test_after_seven_days_it_is_gone_file_and_all(
    as_client: Browser,
    client_record: Client,
    location: Location,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    made = ready(client_record)
    assert made.document is not None
    path = documents.path_of(made.document.sha256)
    tasks.sweep_exports.run()
    assert path.exists()
    with (
        time_machine.travel(timezone.now() + timedelta(days=7, minutes=1), tick=True),
        django_capture_on_commit_callbacks(execute=True),
    ):
        assert as_client.get(reverse("export-download", args=[made.pk])).status_code != 200
        tasks.sweep_exports.run()
    assert Export.objects.filter(status="removed", document=None).count() == 1
    assert not path.exists()
    assert not Document.objects.filter(kind=Document.Kind.EXPORT).exists()


def test_the_sweep_finds_what_the_broker_lost_and_gives_up_in_the_end(
    client_record: Client, client_user: User, location: Location
) -> None:
    made = privacy.ask_export(actor=client_user, client=client_record)
    assert not duties.overdue(privacy.unfinished()).exists()
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=True):
        tasks.sweep_exports.run()
    made.refresh_from_db()
    assert made.status == "ready"
    Export.objects.filter(pk=made.pk).update(
        status="working",
        document=None,
        work_attempts=3,
        work_due_at=made.created_at - timedelta(hours=1),
        work_claimed_at=timezone.now() - timedelta(hours=1),
    )
    tasks.sweep_exports.run()
    made.refresh_from_db()
    assert made.status == "failed"


def test_a_file_that_another_document_still_holds_stays(
    client_record: Client, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    kept, gone = (
        documents.store(
            actor=None,
            content=b"the same",
            kind=Document.Kind.RECEIPT,
            name="receipt.pdf",
            content_type="application/pdf",
            client=client_record,
        )
        for _ in range(2)
    )
    with (
        time_machine.travel(timezone.now() + timedelta(days=1), tick=True),
        django_capture_on_commit_callbacks(execute=True),
    ):
        documents.remove(actor=None, document=gone)
    assert documents.read(kept) == b"the same"
