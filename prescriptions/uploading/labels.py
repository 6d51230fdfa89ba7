"""What is happening to files that were sent, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from clinic.errors import InvalidTransition
from prescriptions.errors import AlreadySent
from prescriptions.models import Upload
from prescriptions.uploading import uploads

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise
    from django_stubs_ext import StrOrPromise

# A refusal has its own message.
UPLOADS: dict[str, _StrPromise] = {
    Upload.Status.RECEIVED: _("We have your files. They are waiting to be checked."),
    Upload.Status.WORKING: _("Checking your files and putting the pages together."),
    Upload.Status.READY: _("Your files are ready."),
}


def upload(upload: Upload) -> StrOrPromise:
    """Its state; if refused, why, and what to send instead."""
    if upload.status != Upload.Status.REFUSED:
        return UPLOADS[upload.status]
    for known in (AlreadySent, InvalidTransition):
        if upload.refusal == known.code:
            return known.message
    return uploads.explained(upload.refusal)
