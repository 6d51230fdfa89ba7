"""Uploads, shaped for the pages that show their progress."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from typing import TYPE_CHECKING

from django.utils import timezone

from prescriptions.errors import AlreadySent
from prescriptions.models import Upload
from prescriptions.uploading import labels

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from clinic.models import Client

SLOW = timedelta(seconds=60)  # an upload usually takes a few
SHOWN = timedelta(days=14)  # a refused upload, on the list


def uploads() -> QuerySet[Upload]:
    return Upload.objects.select_related("client", "answers")


@dataclass(frozen=True)
class UploadState:
    """An upload in progress, for its page. `key` changes when the page must."""

    upload: Upload
    key: str
    words: StrOrPromise
    is_slow: bool
    poll: int  # seconds until the page polls again
    is_known: bool  # we already have this document


def upload_state(upload: Upload) -> UploadState:
    age = timezone.now() - upload.created_at
    is_slow = not upload.is_finished and age > SLOW
    is_known = upload.refusal == AlreadySent.code
    words = labels.upload(upload)
    key = f"{upload.status}-{upload.progress}-{int(is_slow)}"
    return UploadState(upload, key, words, is_slow, 10 if is_slow else 1, is_known)


def open_uploads(client: Client) -> list[UploadState]:
    """Uploads in progress or refused, unless something newer has become a prescription."""
    since = timezone.now() - SHOWN
    recent = uploads().filter(client=client, created_at__gte=since)[:5]
    newer = takewhile(lambda one: one.status != one.Status.READY, recent)
    # If it was refused because we already have it, its prescription exists.
    return [upload_state(one) for one in newer if one.prescription_id is None]
