"""Find a diagnosis code by its start or by words, with a query on every keystroke.

One query for a code or the start of a word, two for several words. A release comes with
the answers worked out (`codes.index`) (`finding`), so a common word costs no more than a rare one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection

from clinic.selectors import clinic_today
from prescriptions.codes import icd10, index
from prescriptions.codes.index import FOUND, INSIDE, Searched

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_WORDS = 8

# In the order of the pattern index, whatever the server's locale, so nothing is sorted.
BY_CODE = """
    SELECT code, description, also FROM prescriptions_diagnosiscode
     WHERE code LIKE %s AND place IS NOT NULL ORDER BY code USING ~<~ LIMIT %s
"""
BY_START = """
    SELECT known.code, known.description, known.also
      FROM prescriptions_diagnosisstart AS start
     CROSS JOIN unnest(start.codes) WITH ORDINALITY AS best (code, number)
      JOIN prescriptions_diagnosiscode AS known ON known.code = best.code
     WHERE start.start = %s ORDER BY best.number
"""
# Five or more letters may match inside words: find the starts that end with them.
FIELDS = """
    SELECT start, opening, anywhere FROM prescriptions_diagnosisstart
     WHERE start = ANY(%s) OR start LIKE ANY(%s)
"""
BY_PLACE = """
    SELECT place, code, description, also FROM prescriptions_diagnosiscode WHERE place = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Offer:
    """A complete code that fits what was typed."""

    code: str
    description: str
    called: str  # the other name that matched, if one did


def find_codes(words: str) -> list[Offer]:
    """Billable codes that start with what was typed, or whose names have all the words."""
    code = icd10.tidy(words)
    if index.looks_like_a_code(code) and (rows := _read(BY_CODE, f"{code}%", FOUND)):
        return [Offer(code, description, "") for code, description, _also in rows]
    typed = list(dict.fromkeys(index.fold(words).split()))[:MOST_WORDS]
    if not typed:
        return []
    found = _best(typed[0]) if len(typed) == 1 else _with_all(typed)
    return [Offer(one.code, one.description, one.called(typed)) for one in found]


def refusal(words: str, found: Sequence[Offer]) -> str:
    """Why what was typed cannot be used as a code, if it looks like one."""
    code = icd10.tidy(words)
    is_start = bool(found) and found[0].code.startswith(code)
    if not icd10.SHAPE.fullmatch(code) or not index.looks_like_a_code(code):
        return ""
    if found and not is_start:  # found by its words, such as B12
        return ""
    complete = is_start and found[0].code == code
    known = {code: icd10.Known(complete)} if is_start else {}
    return icd10.check(code, icd10.Table(known), clinic_today()).message


def _read(query: str, *values: str | int | list[str] | list[int]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _best(word: str) -> list[Searched]:
    if found := _read(BY_START, word):
        return [Searched(*row) for row in found]
    return _with_all([word]) if len(word) > max(INSIDE) else []


def _with_all(typed: list[str]) -> list[Searched]:
    endings = [f"%{word}" for word in typed if len(word) > max(INSIDE)]
    known = {
        start: (index.unpack(opening), index.unpack(anywhere))
        for start, opening, anywhere in _read(FIELDS, typed, endings)
    }
    places = index.with_all(known, typed)
    rows = _read(BY_PLACE, places) if places else []
    found = {place: Searched(*row) for place, *row in rows}
    # A new release may load between the two queries: then fewer are found, but none wrong.
    return [
        found[place]
        for place in places
        if place in found and all(word in found[place].words for word in typed)
    ]
