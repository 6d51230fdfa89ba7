"""Stored files: encrypted, named by the SHA-256 of their content, reached only from here.

The bytes are in CLINIC_DATA_DIR/documents/ab/cdef...; stealing the folder without the key
yields nothing.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.audit import services as audit
from clinic.errors import DomainError
from clinic.models import Document
from clinic.vault.crypto import CannotDecrypt, keyring

if TYPE_CHECKING:
    from clinic.models import Client, User

# A file this new may belong to a row about to be written.
JUST_WRITTEN = timedelta(hours=1)


class DocumentLost(DomainError):
    message = _("This document cannot be opened. Please tell the clinic.")


def path_of(sha256: str) -> Path:
    return Path(settings.DOCUMENT_ROOT) / sha256[:2] / sha256[2:]


def store(
    *,
    actor: User | None,
    content: bytes,
    kind: str,
    name: str,
    content_type: str,
    client: Client | None = None,
    pages: int | None = None,
) -> Document:
    """Store a file. It is written before the row commits, so no row lacks its file."""
    sha256 = hashlib.sha256(content).hexdigest()
    keys = keyring()
    _write(path_of(sha256), keys.encrypt(content, sha256.encode()))
    document = Document.objects.create(
        kind=kind,
        client=client,
        name=name,
        content_type=content_type,
        size=len(content),
        pages=pages,
        sha256=sha256,
        key_id=keys.current,
        created_by=actor,
    )
    audit.record(actor, "document.stored", document)
    return document


def _write(path: Path, encrypted: bytes) -> None:
    """Write all or nothing, readable only by us; the same content may already be there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(encrypted)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read(document: Document) -> bytes:
    """The file's bytes.

    Raises:
        DocumentLost: the file is missing or altered, or its key is gone.
    """
    try:
        content = keyring().decrypt(path_of(document.sha256).read_bytes(), document.sha256.encode())
    except (OSError, CannotDecrypt) as error:
        raise DocumentLost from error
    if hashlib.sha256(content).hexdigest() != document.sha256:
        raise DocumentLost
    return content


def reencrypt(document: Document) -> None:
    """Encrypt the file with the current key. Raises DocumentLost."""
    _write(path_of(document.sha256), keyring().encrypt(read(document), document.sha256.encode()))


@transaction.atomic
def remove(*, actor: User | None, document: Document) -> None:
    """Remove a document, and its file with the last document that shares it.

    The file goes after the commit: a row must have its file, a file may lack a row.
    """
    audit.record(actor, "document.removed", document)
    sha256 = document.sha256
    document.delete()
    transaction.on_commit(lambda: _unlink(sha256))


def _unlink(sha256: str) -> None:
    path = path_of(sha256)
    try:
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return
    just_written = timezone.now() - written < JUST_WRITTEN
    if not just_written and not Document.objects.filter(sha256=sha256).exists():
        path.unlink(missing_ok=True)


def response(document: Document, *, inline: bool = False) -> HttpResponse:
    """The file as a download (or for our viewer). The caller has checked access."""
    answer = HttpResponse(read(document), content_type=document.content_type)
    disposition = "inline" if inline else "attachment"
    answer["Content-Disposition"] = f'{disposition}; filename="{document.name}"'
    answer["Cache-Control"] = "no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'self'"
    return answer
