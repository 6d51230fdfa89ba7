"""Exactly what was signed, as bytes, and the hashes that prove it. Pure.

The note is the first link; each addendum is a link on the one before. A trigger keeps them as they
are; if it was switched off and something was changed by then, the chain shows it.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

FORMAT = 1


def of_note(
    *,
    visit: UUID,
    said: Mapping[str, str],
    figures: Mapping[str, Any],
    by: UUID,
    name: str,
    at: datetime,
) -> str:
    """`figures`: times and minutes of the visit as they were signed (`sessions.figures`)."""
    return _sha256(
        {
            "format": FORMAT,
            "visit": str(visit),
            "said": dict(said),
            "figures": dict(figures),
            "by": str(by),
            "name": name,
            "at": _instant(at),
        }
    )


def of_addendum(*, before: str, number: int, text: str, by: UUID, name: str, at: datetime) -> str:
    """`before`: the hash of the note, or of the addendum before this one."""
    return _sha256(
        {
            "format": FORMAT,
            "before": before,
            "number": number,
            "text": text,
            "by": str(by),
            "name": name,
            "at": _instant(at),
        }
    )


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _sha256(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
