"""Who wrote it: names with a credential, and the practice's telephone. Never the patient's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prescriptions.review import CREDENTIALS
from prescriptions.sheet import Hit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prescriptions.sheet import Sheet

MOST_WORDS = 4
_WORD = r"[A-Z][\w'\u2019-]*\.?"
_PARTICLES = r"(?: (?:da|de|del|der|di|el|la|van|von))*"
_NAME = rf"{_WORD}(?:{_PARTICLES} {_WORD}){{1,{MOST_WORDS}}}"
_CREDENTIAL = "|".join(r"\.?\s?".join(name) for name in CREDENTIALS)
# "Silver Spring, MD 20910" and "New Hope, PA 18938" are places.
_SIGNED = re.compile(rf"({_NAME})(?:, ?| )({_CREDENTIAL})\b\.?(?!\s*\d{{5}}\b)")
_ROLE = r"(?:prescriber|prescribing|physician|provider|doctor|practitioner|clinician)"
_LABELLED = re.compile(
    rf"\b(?i:(?:{_ROLE}(?: {_ROLE})?(?:'s)?(?: name)?|(?:ordered|prescribed|signed) by))"
    rf"\s*[:\t]\s*(?:Dr\.? )?({_NAME})"
)
_TITLED = re.compile(rf"\bDr\.? ({_NAME})")
_PATIENT = re.compile(
    r"\b(?i:(?:patient|pt|client)(?:'s)?(?: name)?|re|(?<!\w )(?<!'s )name)"
    rf"\s*[:\t]\s*({_NAME}|{_WORD}, {_WORD})"
)
_THEIRS = re.compile(r"\b(?:patient|pt|client|re|cc|insured|guardian|parent)\b[^\t\n]*$", re.I)
_TITLES = re.compile(
    r"^(?:Dr|By|Signed|Electronically|Attending|Ordering|Referring|Sincerely|Name"
    rf"|{_ROLE})\b\.?:? ",
    re.IGNORECASE,
)
# Words of letterheads and forms: with one of them it is no person.
_LETTERHEAD = (
    "address associates avenue center centre chiropractic clinic clinics date "
    "department family fax group health healthcare hospital institute license massage "
    "medical medicine npi orthopedics patient phone practice primary rehabilitation "
    "road rx services signature spine sports street suite therapy wellness "
)
_NO_NAMES = frozenset(_LETTERHEAD.split())

_PHONE = (
    r"(?<![\d-])(?:\+?1[\s.-]?)?\(?([2-9]\d{2})\)?[\s.\u2013-]{0,2}"
    r"([2-9]\d{2})[\s.\u2013-]?(\d{4})(?!\d)"
)
_CALLED = re.compile(
    rf"\b(?:(?:tele)?phone|tel|ph|call|voice|office)\b[^\d(\n\t]{{0,12}}\s*{_PHONE}", re.I
)
_NOT_THE_PRACTICE = re.compile(
    r"\b(?:patient|pt|client|home|cell|mobile|emergency|guardian|parent|pharmacy|insur\w+)\b", re.I
)


@dataclass(frozen=True)
class Patient:
    """Whose document it is: what is theirs is not the prescriber's."""

    name: str = ""
    phone: str = ""


def prescribers(sheet: Sheet, patient: Patient) -> Iterator[Hit]:
    theirs = [patient.name, *(found[1] for found in _PATIENT.finditer(sheet.text))]
    labelled = {found.start(1): found for found in _LABELLED.finditer(sheet.text)}
    for found in _SIGNED.finditer(sheet.text):
        name, start = _person(found)
        if not name or _belongs(name, theirs) or _THEIRS.search(sheet.cell_before(found.start())):
            continue
        letters = re.sub(r"[^A-Z]", "", found[2])
        credential = Hit("prescriber_credential", letters, (found.span(2),))
        rank = 3 if any(found.start() <= place <= start for place in labelled) else 2
        yield Hit("prescriber_name", name, ((start, found.end(1)),), rank, also=(credential,))
    for rank, pattern in ((1, _LABELLED), (0, _TITLED)):
        for found in pattern.finditer(sheet.text):
            name, start = _person(found)
            if name and not _belongs(name, theirs):
                span = (start, found.end(1))
                yield Hit("prescriber_name", name, (span,), rank, doubtful=rank == 0)


def _person(found: re.Match[str]) -> tuple[str, int]:
    """The name without what stands before it, and where it begins; blank when it is none."""
    name, start = found[1], found.start(1)
    while title := _TITLES.match(name):
        name, start = name[title.end() :], start + title.end()
    words = [word.strip(".'\u2019").lower() for word in name.split()]
    if len(words) < 2 or _NO_NAMES.intersection(words):
        return "", start
    return name, start


def _belongs(name: str, theirs: Sequence[str]) -> bool:
    """Could this be one of their names, or be shortened to it?"""
    words = _words(name)
    for other in map(_words, theirs):
        if not other:
            continue
        shared = [w for w in words if any(_same(w, o) for o in other)]
        if len(shared) >= min(2, len(words), len(other)):
            return True
    return False


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", name.casefold())


def _same(one: str, other: str) -> bool:
    return one == other or (1 in (len(one), len(other)) and one[0] == other[0])


def phones(sheet: Sheet, patient: Patient) -> Iterator[Hit]:
    theirs = re.sub(r"\D", "", patient.phone)[-10:]
    for found in _CALLED.finditer(sheet.text):
        digits = "".join(found.groups())
        before = sheet.cell_before(found.start()) + found[0]
        if digits != theirs and not _NOT_THE_PRACTICE.search(before):
            number = f"({found[1]}) {found[2]}-{found[3]}"
            yield Hit("prescriber_phone", number, (found.span(),))
