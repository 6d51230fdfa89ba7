"""What the text of a document seems to say: proposals for the reviewer's form, never decisions.

Only what stands in the text is proposed, with the page it stands on. A scan without text proposes
nothing. Nothing is inferred: no code from a description, no name from a signature.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from prescriptions import icd10, npi, sig
from prescriptions.order import Order
from prescriptions.review import CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LONGEST_ORDER = 200
LONGEST_REASON = 300
LONGEST_PAGE = 20_000  # characters looked at; an order is short
CENTURY = 2000

_LABEL = re.compile(r"^\s*(?:rx|sig|order|frequency|plan|treatment)\s*[:\-]\s*", re.IGNORECASE)
_CODE = re.compile(r"\b[A-Z]\d[0-9A-Z]\.[0-9A-Z]{1,4}\b")
_NUMBER = re.compile(r"(?<!\d)[12]\d{9}(?!\d)")
_DAY = r"(\d{1,2}[/-]\d{1,2}[/-](?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2})(?!\d)"
_WRITTEN = re.compile(
    rf"\b(?:date(?!\s+of\s+birth)|dated|issued|written|signed)\b[^\d\n]{{0,24}}{_DAY}",
    re.IGNORECASE,
)
_NAME = r"[A-Z][\w'\u2019-]*\.?"
_PARTICLES = r"(?:\s+(?:da|de|del|der|di|el|la|van|von))*"
_PRESCRIBER = re.compile(
    rf"({_NAME}(?:{_PARTICLES}\s+{_NAME}){{1,3}}),?\s+"
    rf"({'|'.join('[.]?'.join(name) for name in CREDENTIALS)})\b"
)
_REASON = (
    re.compile(
        r"\b(?:reason|medical necessity|diagnosis|dx|indication)\s*:\s*([^\n;]{4,})", re.IGNORECASE
    ),
    re.compile(
        r"\b(?:massage|therapy)\b[^.\n]*?\bfor\s+([a-z](?:[^.;\n]|\.(?=\d)){4,})", re.IGNORECASE
    ),
)
_FROM_CODE = re.compile(r"[\s,]*\(?\b[A-Z]\d[0-9A-Z]\.[0-9A-Z]{1,4}\b.*$")


@dataclass(frozen=True)
class Found:
    value: str
    page: int


def read(pages: Sequence[str]) -> dict[str, Found]:
    """Proposals by the name of the form's field; the first mention of each wins."""
    found: dict[str, Found] = {}
    for number, text in enumerate(pages, start=1):
        for field, value in _page(text[:LONGEST_PAGE]):
            found.setdefault(field, Found(value, number))
    return found


def _page(text: str) -> Iterator[tuple[str, str]]:
    codes = list(dict.fromkeys(_CODE.findall(text)))[: icd10.MAX_CODES]
    if codes:
        yield "codes", ", ".join(codes)
    for number in _NUMBER.findall(text):
        if npi.is_valid(number):
            yield "prescriber_npi", number
    if (written := _WRITTEN.search(text)) and (day := _date(written[1])):
        yield "issued_on", day.isoformat()
    if signed := _PRESCRIBER.search(text):
        yield "prescriber_name", " ".join(signed[1].split())
        yield "prescriber_credential", signed[2].replace(".", "")
    lower = text.lower()
    if "massage" in lower:
        yield "modality", "massage"
    elif "manual therapy" in lower:
        yield "modality", "manual"
    for sentence in _sentences(text):
        if isinstance(sig.parse(sentence), Order):
            yield "order_text", sentence
    for pattern in _REASON:
        if said := pattern.search(text):
            yield "reason", _FROM_CODE.sub("", said[1]).strip(" .,()")[:LONGEST_REASON]


def _sentences(text: str) -> Iterator[str]:
    for line in text.splitlines():
        for sentence in re.split(r"(?<=[a-z)])\.\s+|\.\s*$", line):
            tidy = _LABEL.sub("", " ".join(sentence.split()))
            if 0 < len(tidy) <= LONGEST_ORDER:
                yield tidy


def _date(text: str) -> date | None:
    parts = [int(part) for part in re.split(r"[/-]", text)]
    try:
        if text[4:5] == "-":
            return date(*parts)
        month, day, year = parts
        return date(year if year > 99 else CENTURY + year, month, day)
    except ValueError:
        return None
