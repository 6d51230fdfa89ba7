"""Stored files: encrypted, named by the SHA-256 of their content, reached only from here.

The bytes lie in CLINIC_DATA_DIR/documents/ab/cdef...; whoever steals the folder without the key
has nothing.
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

from clinic import audit
from clinic.crypto import CannotDecrypt, keyring
from clinic.errors import DomainError
from clinic.models import Document

if TYPE_CHECKING:
    from clinic.models import Client, User

# A file as young as this may belong to a row that is about to be written.
JUST_WRITTEN = timedelta(hours=1)


class DocumentLost(DomainError):
    code = "document_lost"
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
    """Keep a file. The file lands before the row commits; a row without its file cannot be."""
    sha256 = hashlib.sha256(content).hexdigest()
    ring = keyring()
    _write(path_of(sha256), ring.seal(content, sha256.encode()))
    document = Document.objects.create(
        kind=kind,
        client=client,
        name=name,
        content_type=content_type,
        size=len(content),
        pages=pages,
        sha256=sha256,
        key_id=ring.current,
        created_by=actor,
    )
    audit.record(actor, "document.stored", document)
    return document


def _write(path: Path, sealed: bytes) -> None:
    """Write whole or not at all, readable by us only; the same content may be there already."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read(document: Document) -> bytes:
    """The file's bytes.

    Raises:
        DocumentLost: the file is gone, was altered, or its key is not in the ring.
    """
    try:
        content = keyring().open(path_of(document.sha256).read_bytes(), document.sha256.encode())
    except (OSError, CannotDecrypt) as error:
        raise DocumentLost from error
    if hashlib.sha256(content).hexdigest() != document.sha256:
        raise DocumentLost
    return content


def reseal(document: Document) -> None:
    """Encrypt the file with the current key. Raises DocumentLost."""
    _write(path_of(document.sha256), keyring().seal(read(document), document.sha256.encode()))


@transaction.atomic
def remove(*, actor: User | None, document: Document) -> None:
    """Take a document away, and its file with the last one that holds the same.

    The file goes after the commit: a row without its file cannot be, a file without a row may.
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
    """The file as a download (or for our own viewer). The caller has checked who asks."""
    answer = HttpResponse(read(document), content_type=document.content_type)
    disposition = "inline" if inline else "attachment"
    answer["Content-Disposition"] = f'{disposition}; filename="{document.name}"'
    answer["Cache-Control"] = "no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'self'"
    return answer
