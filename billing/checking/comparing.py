"""Whether a file is a document as it was issued. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from billing.models import BillingDocument


class Match(StrEnum):
    SAME = "same"
    OTHER = "other"
    NOT_YET = "not_yet"  # its PDF is being made


def compare(document: BillingDocument, sha256: str) -> Match | None:
    """What a file with this SHA-256 is; None if no file was given."""
    if not sha256:
        return None
    if document.file is None:
        return Match.NOT_YET
    return Match.SAME if document.file.sha256 == sha256 else Match.OTHER
