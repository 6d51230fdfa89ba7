"""For intake's paper forms: files are opened as those of prescriptions are (`intake.scans.door`).

The same limits, the same virus scanner, the same child process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from intake.scans.door import Copy, NoPage, NotNow, Unusable
from prescriptions.reading import page_images
from prescriptions.uploading import sandbox, uploads, virus
from prescriptions.uploading.forms import ACCEPT, ManyFilesField, ManyFilesInput
from prescriptions.uploading.uploads import GaveUp, UnusableFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django import forms

GAVE_UP = GaveUp.code


def field(label: str, help_text: str, required: str) -> forms.Field:
    return ManyFilesField(
        label=label,
        help_text=help_text,
        error_messages={"required": required},
        widget=ManyFilesInput(attrs={"accept": ACCEPT, "multiple": True}),
    )


def check(files: Sequence[bytes]) -> list[str]:
    try:
        return uploads.check(files)
    except UnusableFile as refusal:
        raise _unusable(refusal) from refusal


def clean(files: Sequence[bytes]) -> Copy:
    try:
        virus.scan(files)
        cleaned = sandbox.clean(files)
    except UnusableFile as refusal:
        raise _unusable(refusal) from refusal
    except virus.ScannerAway as error:
        raise NotNow(is_free=True) from error  # it may be down for hours
    except (virus.NoVerdict, OSError, sandbox.Interrupted) as error:
        raise NotNow from error
    return Copy(cleaned.pdf, cleaned.pages)


def page(pdf: bytes, number: int) -> bytes:
    try:
        return page_images.render(pdf, number)
    except (IndexError, page_images.Unreadable) as error:
        raise NoPage from error


def explained(stored: str) -> str:
    return uploads.explained(stored)


def _unusable(refusal: UnusableFile) -> Unusable:
    return Unusable(uploads.explained(refusal.stored), refusal.stored)
