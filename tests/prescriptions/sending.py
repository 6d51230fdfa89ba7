"""Files sent in and looked at by the worker, for anybody's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from prescriptions.uploading import receiving
from tests.prescriptions import paper

if TYPE_CHECKING:
    from uuid import UUID

    from clinic.models import Client
    from prescriptions.models import Prescription, Upload


def as_file(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("scan.pdf", content)


def received(client: Client, *files: bytes, token: UUID | None = None, **fields: Any) -> Upload:
    return receiving.receive(
        actor=client.user,
        client=client,
        files=files or [paper.pdf()],
        token=token or uuid4(),
        **fields,
    )


def processed(upload: Upload) -> Upload:
    receiving.process(str(upload.pk))
    upload.refresh_from_db()
    return upload


def answered(prescription: Prescription, content: bytes) -> Prescription:
    """A better copy, sent in by the client and looked at by the worker."""
    processed(received(prescription.client, content, answers=prescription))
    prescription.refresh_from_db()
    return prescription


def progress_of(upload: Upload, name: str = "upload-progress") -> str:
    return reverse(f"prescriptions:{name}", args=[upload.pk])
