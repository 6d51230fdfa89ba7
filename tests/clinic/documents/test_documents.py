from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from clinic.documents import store as documents
from clinic.models import AuditEvent, Document
from clinic.vault.crypto import keyring

if TYPE_CHECKING:
    from clinic.models import Client, User

CONTENT = b"%PDF-1.7 diagnosis of Ana Lima"


@pytest.fixture
def document(client_record: Client, client_user: User) -> Document:
    return documents.store(
        actor=client_user,
        content=CONTENT,
        kind=Document.Kind.PRESCRIPTION,
        name="prescription.pdf",
        content_type="application/pdf",
        client=client_record,
    )


def test_a_stored_file_reads_back_and_is_unreadable_on_disk(document: Document) -> None:
    assert documents.read(document) == CONTENT
    on_disk = documents.path_of(document.sha256)
    assert on_disk.is_relative_to(settings.DOCUMENT_ROOT)
    assert b"Ana" not in on_disk.read_bytes()
    assert AuditEvent.objects.filter(action="document.stored", actor=document.created_by).exists()


def test_a_file_altered_on_disk_is_refused(document: Document) -> None:
    path = documents.path_of(document.sha256)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(documents.DocumentLost):
        documents.read(document)


def test_another_file_put_in_its_place_with_our_own_key_is_refused(document: Document) -> None:
    path = documents.path_of(document.sha256)
    path.write_bytes(keyring().encrypt(b"another paper", document.sha256.encode()))
    with pytest.raises(documents.DocumentLost):
        documents.read(document)


def test_a_lost_file_is_a_clear_error(document: Document) -> None:
    documents.path_of(document.sha256).unlink()
    with pytest.raises(documents.DocumentLost):
        documents.read(document)


def test_a_download_is_never_cached_sniffed_or_scripted(document: Document) -> None:
    answer = documents.response(document)
    assert answer.content == CONTENT
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Content-Disposition"] == 'attachment; filename="prescription.pdf"'
