"""How long what is kept, and that nothing goes which a person must decide about."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from booking import own_data as diary
from clinic.documents import store as documents
from clinic.messaging import outbox
from clinic.models import AuditEvent, Client, Document, Message
from clinic.privacy import retention
from clinic.runtime.config import ROOT
from prescriptions.models import Upload
from prescriptions.uploading import receiving
from tests.booking.factories import booked_appointment
from tests.factories import make_client
from tests.prescriptions import paper

if TYPE_CHECKING:
    from collections.abc import Callable

    from clinic.models import Location

pytestmark = pytest.mark.django_db


def said(*words: str) -> str:
    out = StringIO()
    call_command("retention", *words, stdout=out)
    return out.getvalue()


def refused_upload(client: Client) -> Upload:
    made = receiving.receive(actor=client.user, client=client, files=[paper.pdf()], token=uuid4())
    Upload.objects.filter(pk=made.pk).update(status="refused", refusal="broken")
    return made


def test_every_kind_has_a_source_and_stands_in_the_documents() -> None:
    text = (ROOT / "docs" / "security.md").read_text()
    for kind, period in retention.PERIODS.items():
        assert retention.source(kind).due(timezone.now()) is not None
        assert (retention.source(kind).remove is not None) == period.removes
        assert f"`{kind}`" in text


def test_without_apply_nothing_changes(client_record: Client, location: Location) -> None:
    upload = refused_upload(client_record)
    before = AuditEvent.objects.count()
    with time_machine.travel(timezone.now() + timedelta(days=91), tick=True):
        assert "uploads: 1 would be removed" in said()
    assert Upload.objects.filter(pk=upload.pk).exists()
    assert AuditEvent.objects.count() == before


def test_an_upload_that_became_nothing_goes_after_ninety_days_with_its_files(
    client_record: Client,
    location: Location,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    refused_upload(client_record)
    [sent] = Document.objects.all()
    with time_machine.travel(timezone.now() + timedelta(days=89), tick=True):
        assert "uploads: 0 removed" in said("--apply")
    with (
        time_machine.travel(timezone.now() + timedelta(days=91), tick=True),
        django_capture_on_commit_callbacks(execute=True),
    ):
        assert "uploads: 1 removed" in said("--apply")
    assert not Upload.objects.exists()
    assert not Document.objects.exists()
    assert not documents.path_of(sent.sha256).exists()
    assert AuditEvent.objects.filter(action="upload.removed").count() == 1


def test_files_that_another_upload_holds_stay(client_record: Client, location: Location) -> None:
    first, second = refused_upload(client_record), refused_upload(client_record)
    [shared] = first.originals.all()
    second.originals.set([shared])
    Upload.objects.filter(pk=second.pk).update(updated_at=timezone.now() + timedelta(days=60))
    with time_machine.travel(timezone.now() + timedelta(days=91), tick=True):
        said("--apply")
    assert Document.objects.filter(pk=shared.pk).exists()


def test_old_messages_go_and_those_that_wait_stay(
    client_record: Client, location: Location
) -> None:
    for number, status in enumerate(("sent", "queued")):
        outbox.queue(
            kind="news",
            key=f"test:{number}",
            recipient="ana@example.test",
            subject="News",
            body="Hello",
            client=client_record,
        )
        Message.objects.filter(key=f"test:{number}").update(status=status)
    with time_machine.travel(timezone.now() + timedelta(days=732), tick=True):
        assert "messages: 1 removed" in said("--apply")
    assert Message.objects.get().status == "queued"


def test_clinical_records_are_only_listed(client_record: Client, location: Location) -> None:
    Client.objects.filter(pk=client_record.pk).update(
        created_at=timezone.now() - timedelta(days=365 * 8)
    )
    told = said("--apply")
    assert "clinical: 1 due: a person decides" in told
    assert str(client_record.pk) in told
    assert "Lima" not in told
    assert Client.objects.filter(pk=client_record.pk).exists()


def test_a_visit_within_seven_years_keeps_a_record(
    client_record: Client, location: Location
) -> None:
    now = timezone.now()
    long_ago = now - timedelta(days=365 * 9)
    Client.objects.filter(pk=client_record.pk).update(created_at=long_ago)
    booked_appointment(client_record, starts_at=now - timedelta(days=365 * 6))
    assert not diary.long_gone(now).exists()
    assert diary.long_gone(now + timedelta(days=380)).exists()


def test_a_minors_record_is_kept_until_seven_years_after_coming_of_age(
    location: Location,
) -> None:
    child = make_client("Leo", "Lima", birth_date=date(2010, 3, 1))
    Client.objects.filter(pk=child.pk).update(created_at=datetime(2018, 1, 1, tzinfo=UTC))
    assert not diary.long_gone(datetime(2035, 2, 28, tzinfo=UTC)).exists()
    assert diary.long_gone(datetime(2035, 3, 2, tzinfo=UTC)).exists()


def test_a_period_of_years_that_begins_on_29_february() -> None:
    leap = datetime(2028, 2, 29, 12, tzinfo=UTC)
    assert retention.years_before(leap, 7) == datetime(2021, 2, 28, 12, tzinfo=UTC)
