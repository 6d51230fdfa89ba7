"""Keys change: everything is sealed anew, at any pace, and a lost key is loud at the start."""

from __future__ import annotations

import base64
import hashlib
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection

from clinic import tasks
from clinic.documents import store as documents
from clinic.models import Document, EncryptionKey
from clinic.rotation import keys
from clinic.rotation import services as rotation
from clinic.vault.crypto import keyring
from tests.intake.factories import completed_intake

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from clinic.models import Client, Location
    from intake.models import QuestionnaireResponse

pytestmark = pytest.mark.django_db
NEW = "new:" + base64.b64encode(b"n" * 32).decode()


def kept(client: Client, content: bytes, kind: str = Document.Kind.PRESCRIPTION) -> Document:
    return documents.store(
        actor=None, content=content, kind=kind, name="x.pdf", content_type="x/y", client=client
    )


@pytest.fixture
def data(client_record: Client, location: Location) -> QuestionnaireResponse:
    """Two rows of one file, another file, and a signed questionnaire, all under the old key."""
    keys.require()
    kept(client_record, b"one")
    kept(client_record, b"one", Document.Kind.RECEIPT)
    kept(client_record, b"two")
    return completed_intake(client_record, allergies="yes", allergies_what="nuts")


@pytest.fixture
def rotated(data: QuestionnaireResponse, settings: Settings) -> str:
    """A new key stands in front of the old one, which it gives back."""
    old = settings.DOCUMENT_KEYS
    settings.DOCUMENT_KEYS = f"{NEW},{old}"
    keys.require()
    return str(old)


def told(*args: str) -> str:
    said = StringIO()
    call_command("rotate_keys", *args, stdout=said)
    return said.getvalue()


def test_everything_is_sealed_anew_and_reads_as_before(
    data: QuestionnaireResponse, rotated: str, settings: Settings
) -> None:
    answers = data.answers
    assert rotation.remaining() > 3
    assert "is now under new" in told()
    assert rotation.remaining() == 0
    settings.DOCUMENT_KEYS = NEW  # the old key is gone, and nothing of this needs it
    data.refresh_from_db()
    assert data.answers == answers
    contents = {documents.read(document) for document in Document.objects.all()}
    assert contents == {b"one", b"two"}
    assert set(Document.objects.values_list("key_id", flat=True)) == {"new"}


def test_it_can_be_stopped_and_goes_on_where_it_was(
    rotated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 1)
    before = rotation.remaining()
    next(rotation.reencrypt_all())
    assert rotation.remaining() == before - 1
    assert sum(step.done for step in rotation.reencrypt_all()) == before - 1
    assert rotation.remaining() == 0


def test_the_worker_does_it_in_the_background_until_it_is_told_to_stop(rotated: str) -> None:
    before = rotation.remaining()
    tasks.rotate_keys()
    assert rotation.remaining() == before  # nobody has asked for it
    assert "the worker is running" in told("--start")
    assert "not running" in told("--stop")
    told("--start")
    tasks.rotate_keys()
    assert rotation.remaining() == 0
    tasks.rotate_keys()
    assert not rotation.is_running()
    assert told("--status").startswith("0 left")


def test_what_cannot_be_opened_stays_and_holds_nothing_up(
    rotated: str, client_record: Client
) -> None:
    lost = Document.objects.get(sha256=hashlib.sha256(b"two").hexdigest())
    documents.path_of(lost.sha256).unlink()
    wrong = StringIO()
    with pytest.raises(SystemExit):
        call_command("rotate_keys", stdout=StringIO(), stderr=wrong)
    assert "1 could not be opened" in wrong.getvalue()
    assert rotation.remaining() == 1
    kept(client_record, b"two")


def test_a_signed_answer_still_never_changes_by_another_way(data: QuestionnaireResponse) -> None:
    sealed = keyring().encrypt(b"{}", b"field")
    with pytest.raises(Exception, match="never changes"), connection.cursor() as cursor:
        cursor.execute("UPDATE intake_questionnaireresponse SET answers = %s", [sealed])


def test_a_lost_key_stops_the_start_and_is_named(rotated: str, settings: Settings) -> None:
    old = rotated.partition(":")[0]
    settings.DOCUMENT_KEYS = NEW
    with pytest.raises(ImproperlyConfigured, match=rf"lacks .*: {old}\."):
        keys.require()
    settings.DOCUMENT_KEYS = rotated
    with pytest.raises(ImproperlyConfigured, match=r"lacks .*: new\."):
        keys.require_if_possible()
    # Celery survives what a receiver raises, so the worker must end by itself.
    with pytest.raises(SystemExit, match=r"lacks .*: new\."):
        keys.require_in_worker()


def test_another_key_under_a_known_name_stops_the_start(
    data: QuestionnaireResponse, settings: Settings
) -> None:
    settings.DOCUMENT_KEYS = f"{keyring().current}:" + base64.b64encode(b"x" * 32).decode()
    with pytest.raises(ImproperlyConfigured) as refused:
        keys.require()
    assert "eHh4" not in str(refused.value)
    assert EncryptionKey.objects.count() == 1
