"""Who wrote it: names with a credential, and the practice's phone. Never the patient's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prescriptions.reading.credentials import CREDENTIALS
from prescriptions.reading.page_text import Hit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prescriptions.reading.page_text import PageText

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
_OTHERS = re.compile(r"\b(?:patient|pt|client|re|cc|insured|guardian|parent)\b[^\t\n]*$", re.I)
_TITLES = re.compile(
    r"^(?:Dr|By|Signed|Electronically|Attending|Ordering|Referring|Sincerely|Name"
    rf"|{_ROLE})\b\.?:? ",
    re.IGNORECASE,
)
# Words from letterheads and forms: a name with one of them is not a person.
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
    r"(?:[ ,;]{0,2}(?:ext(?:ension)?\b[.:=]{0,2}|x|#)[ ]?(\d{1,7})(?!\d))?"
)
_CALLED = re.compile(
    rf"\b(?:(?:tele)?phone|tel|ph|call|voice|office)\b[^\d(\n\t]{{0,12}}\s*{_PHONE}", re.I
)
_NOT_THE_PRACTICE = re.compile(
    r"\b(?:patient|pt|client|home|cell|mobile|emergency|guardian|parent|pharmacy|insur\w+)\b", re.I
)


@dataclass(frozen=True)
class Patient:
    """The patient's own details: these are not the prescriber's."""

    name: str = ""
    phone: str = ""


def prescribers(paper: PageText, patient: Patient) -> Iterator[Hit]:
    patients = [patient.name, *(found[1] for found in _PATIENT.finditer(paper.text))]
    labelled = {found.start(1): found for found in _LABELLED.finditer(paper.text)}
    for found in _SIGNED.finditer(paper.text):
        name, start = _person(found)
        if not name or _belongs(name, patients) or _OTHERS.search(paper.cell_before(found.start())):
            continue
        letters = re.sub(r"[^A-Z]", "", found[2])
        credential = Hit("prescriber_credential", letters, (found.span(2),))
        rank = 3 if any(found.start() <= place <= start for place in labelled) else 2
        yield Hit("prescriber_name", name, ((start, found.end(1)),), rank, also=(credential,))
    for rank, pattern in ((1, _LABELLED), (0, _TITLED)):
        for found in pattern.finditer(paper.text):
            name, start = _person(found)
            if name and not _belongs(name, patients):
                span = (start, found.end(1))
                yield Hit("prescriber_name", name, (span,), rank, doubtful=rank == 0)


def _person(found: re.Match[str]) -> tuple[str, int]:
    """The name without the text before it, and where it begins; blank if it is not a name."""
    name, start = found[1], found.start(1)
    while title := _TITLES.match(name):
        name, start = name[title.end() :], start + title.end()
    words = [word.strip(".'\u2019").lower() for word in name.split()]
    if len(words) < 2 or _NO_NAMES.intersection(words):
        return "", start
    return name, start


def _belongs(name: str, patients: Sequence[str]) -> bool:
    """Could this be one of their names, or a short form of one?"""
    words = _words(name)
    for other in map(_words, patients):
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


def phones(paper: PageText, patient: Patient) -> Iterator[Hit]:
    patients = re.sub(r"\D", "", patient.phone)[-10:]
    for found in _CALLED.finditer(paper.text):
        digits = "".join(found.group(1, 2, 3))
        before = paper.cell_before(found.start()) + found[0]
        if digits != patients and not _NOT_THE_PRACTICE.search(before):
            extension = f" ext. {found[4]}" if found[4] else ""
            number = f"({found[1]}) {found[2]}-{found[3]}{extension}"
            yield Hit("prescriber_phone", number, (found.span(),))
