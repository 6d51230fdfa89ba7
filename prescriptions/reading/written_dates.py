"""Dates in a document, told apart by the words before them; a bare date proposes nothing."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from prescriptions.reading.page_text import Hit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prescriptions.reading.page_text import PageText

CENTURY = 2000
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_MONTH = rf"(?:{'|'.join(MONTHS)})[a-z]{{0,6}}\.?"
DAY = (
    r"(?<![\d/-])(\d{1,2}[/-]\d{1,2}[/-](?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2}"
    rf"|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}|\d{{1,2}}\s+{_MONTH},?\s+\d{{4}})(?![\d/-]\d|\d)"
)
_GAP = r"(?:\s+(?:on|is|date|of))*[\s:._-]{0,24}"
_START = (
    r"(?:valid\s+(?:from|beginning)|effective(?:\s+(?:date|from))?"
    r"|(?:start|begin)(?:s|ning|ing)?(?:\s+date)?)"
)
_THROUGH = r"(?:until|till|through|thru)"
_END = (
    rf"(?:(?:valid|good)\s+(?:to|for|{_THROUGH})|{_THROUGH}|end(?:s|ing)?(?:\s+date)?"
    r"|expir(?:es|ation(?:\s+date)?|ing|y))"
)
_ISSUED = re.compile(
    rf"\b(?:(date(?:\s+(?:of\s+(?:order|issue|prescription|referral)|written|issued|signed))?)"
    rf"|dated|issued|written|signed)\b[^\d\n]{{0,24}}?{DAY}",
    re.IGNORECASE,
)
_SIGNED = re.compile(rf"\bsigned\s+by\b[^\d\n]{{0,80}}?{DAY}", re.IGNORECASE)
_STARTS = re.compile(rf"\b{_START}{_GAP}{DAY}", re.IGNORECASE)
_ENDS = re.compile(rf"\b{_END}{_GAP}{DAY}", re.IGNORECASE)
_FROM_TO = re.compile(
    rf"\b(?:valid|effective|dates?)(?:\s+(?:of\s+)?(?:from|treatment|service))*[\s:]*{DAY}"
    rf"\s*(?:-|\u2013|to|{_THROUGH})\s*{DAY}",
    re.IGNORECASE,
)
# "Date" with one of these around it is the day of something else.
_OTHER_BEFORE = re.compile(
    r"\b(?:birth|start|begin(?:ning)?|effective|end|expir\w+|due|visit|injury|accident|onset|loss"
    r"|surgery|service|print(?:ed)?|fax|appointment|patient)\s*$",
    re.IGNORECASE,
)
_OTHER_AFTER = re.compile(
    r"\A\s*(?:of|for)\s+(?!order|issue|prescription|referral|signature)|\A.*\b(?:birth|dob)\b",
    re.IGNORECASE,
)
# What may expire without ending the order.
_OTHER_END = re.compile(
    r"\b(?:licen[cs]e|lic|dea|card|policy|insurance|registration|coverage|plan|member\w*|npi)\b",
    re.IGNORECASE,
)


def dates(paper: PageText) -> Iterator[Hit]:
    for pattern in (_ISSUED, _SIGNED):
        for found in pattern.finditer(paper.text):
            if _is_of_the_order(paper, found):
                yield from _hit("issued_on", found, found.lastindex or 0)
    for found in _STARTS.finditer(paper.text):
        yield from _hit("starts_on", found, 1)
    for found in _ENDS.finditer(paper.text):
        if not _OTHER_END.search(paper.cell_before(found.start())):
            yield from _hit("through_on", found, 1)
    for found in _FROM_TO.finditer(paper.text):
        yield from _hit("starts_on", found, 1)
        yield from _hit("through_on", found, 2)


def _is_of_the_order(paper: PageText, found: re.Match[str]) -> bool:
    if _OTHER_BEFORE.search(paper.cell_before(found.start())):
        return False
    between = found[0][: found.start(found.lastindex or 0) - found.start()]
    label = found[1] if found.re is _ISSUED and found[1] else ""
    rest = between[len(label) :] if label else between
    # A range of days is when it is valid, not when it was written.
    return not _OTHER_AFTER.search(rest) and not _FROM_TO.match(paper.text, found.start())


def _hit(field: str, found: re.Match[str], group: int) -> Iterator[Hit]:
    if day := parse(found[group]):
        yield Hit(field, day.isoformat(), (found.span(),))


def parse(text: str) -> date | None:
    """A date as written in the US (month first), or with the year first."""
    if named := re.search(_MONTH, text, re.IGNORECASE):
        numbers = [int(number) for number in re.findall(r"\d+", text)]
        numbers.insert(0, MONTHS.index(named[0][:3].lower()) + 1)
        month, day, year = numbers
    else:
        parts = [int(part) for part in re.split(r"[/-]", text)]
        month, day, year = (*parts[1:], parts[0]) if text[4:5] == "-" else parts
    try:
        return date(year if year > 99 else CENTURY + year, month, day)
    except ValueError:
        return None
