"""Exactly what was signed, as bytes, and the hash that proves it. Pure."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from clinic.body import Mark

FORMAT = 1


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def signed_content(
    *,
    response: str,
    client: str,
    questionnaire: tuple[str, int],
    answers: Mapping[str, Any],
    marks: Iterable[Mark],
    consents: Iterable[tuple[str, str, str]],
    name: str,
    relationship: str,
    at: datetime,
    paper: tuple[str, date] | None = None,
) -> str:
    """The canonical form of the signed content: sorted keys, no spaces, UTC to the microsecond.

    `paper`: who typed in a signed paper form, and the day it was signed.
    """
    more = {} if paper is None else {"paper": [paper[0], paper[1].isoformat()]}
    return json.dumps(
        {
            "format": FORMAT,
            "response": response,
            "client": client,
            "questionnaire": list(questionnaire),
            "answers": answers,
            "marks": sorted((mark.as_data() for mark in marks), key=lambda mark: mark["place"]),
            "consents": sorted(list(consent) for consent in consents),
            "name": name,
            "relationship": relationship,
            "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
            **more,
        },
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
