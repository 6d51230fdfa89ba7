"""An order in a prescriber's words -> visits and an end date.

`read("2 sessions per week for 6 weeks", start)` proposes 12 visits through start + 6 weeks - 1 day.
It only proposes: a reviewer confirms the numbers. Where the words can be read two ways it says so
(`confirm`), and where they leave the number or the end open it asks (`NeedsInformation`).
`order.py` holds the calendar arithmetic, this module the words.
"""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise

from prescriptions.reading.order import (
    Count,
    NeedsInformation,
    Order,
    Phase,
    Proposal,
    Rate,
    Unclear,
    Unit,
    plan,
)

__all__ = ["NeedsInformation", "Proposal", "Unclear", "parse", "read"]

_ONES = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
WORDS = {word: number for number, word in enumerate(_ONES.split(), start=1)}
WORDS |= {"sixteen": 16, "eighteen": 18, "twenty": 20, "twenty-four": 24, "thirty": 30}
TIMES = {"once": 1, "twice": 2, "thrice": 3}
ADVERBS = {"daily": "day", "weekly": "week", "monthly": "month", "yearly": "year"}
UNITS = {
    **dict.fromkeys(("d", "day", "days"), Unit.DAY),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), Unit.WEEK),
    **dict.fromkeys(("mo", "mos", "mth", "mths", "month", "months"), Unit.MONTH),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years", "annum"), Unit.YEAR),
}

_N = r"(?<![\d./])(\d{1,3})(?:-(\d{1,3}))?(?![\d/])"
_UNIT = rf"({'|'.join(sorted(UNITS, key=len, reverse=True))})\b\.?"
_VISITS = r"(?:times?|sessions?|visits?|treatments?|appointments?|appts?|massages?|tx)\b"
_KIND = r"(?:medical|therapeutic|massage|manual|therapy|total|more)\b"
_PER = r"(?:per|a|an|each|every|/)"

RATE = re.compile(
    rf"{_N}\s*(?:(?:x|{_VISITS}|{_KIND})\s*)*(?:in\s+)?{_PER}\s*(?:(other|\d{{1,2}})\s*-?\s*)?{_UNIT}"
    rf"|\bevery\s+(?:(other|\d{{1,2}})\s*)?{_UNIT}"
)
SPAN = re.compile(rf"{_N}\s*-?\s*(?:more\s+|consecutive\s+)?{_UNIT}")
TOTAL = re.compile(rf"{_N}\s*(?:{_KIND}\s*)*{_VISITS}|\btotal(?:\s+of)?:?\s*{_N}")
UNTIL = re.compile(r"\b(?:until|till|through|thru|ending|ends|expires)\s*(?:on\s*)?(\d[\d/-]{7,9})")
# How long one session is says nothing about how many there are.
LENGTH = re.compile(r"\d{1,3}\s*-?\s*(?:min(?:ute)?s?|h(?:ou)?rs?)\b\.?")
THEN = re.compile(r"\b(?:and\s+)?(?:then|followed\s+by|after\s+that)\b|;")
REPEATED = re.compile(r"\b(\d{1,3})\s*\((\d{1,3})\)")  # "two (2)"

OPEN_ENDED = re.compile(r"\bprn\b|\bp\.r\.n\b|\bas[\s-]+needed\b|\bwhen needed\b")
EVALUATE = re.compile(r"\beval(?:uate|uation)?\s*(?:and|&|\+|/)\s*treat\b|\bassess and treat\b")
AMBIGUOUS = re.compile(
    r"\bbi-?\s?(?:weekly|monthly|annual(?:ly)?)\b|\bsemi-?\s?(?:weekly|monthly)\b"
)


def read(text: str, start: date) -> Proposal | NeedsInformation:
    """Visits and through date of an order that starts on a day, or what to ask the prescriber."""
    order = parse(text)
    return order if isinstance(order, NeedsInformation) else plan(order, start)


def parse(text: str) -> Order | NeedsInformation:
    raw = re.sub(r"[\u2010-\u2015]", "-", " ".join(text.lower().split()))
    for pattern, why in (
        (OPEN_ENDED, Unclear.AS_NEEDED),
        (EVALUATE, Unclear.EVALUATE),
        (AMBIGUOUS, Unclear.AMBIGUOUS),
    ):
        if pattern.search(raw):
            return NeedsInformation(why)
    words = LENGTH.sub(" ", _tidy(raw))
    doubled = REPEATED.search(words)
    if doubled and doubled[1] != doubled[2]:
        return NeedsInformation(Unclear.AMBIGUOUS)
    words = REPEATED.sub(r"\1", words)
    words, ends_on = _take_end(words)
    phases = []
    for segment in _segments(words):
        phase = _phase(segment, has_end=ends_on is not None)
        if isinstance(phase, NeedsInformation):
            return phase
        phases.append(phase)
    if not phases:
        return NeedsInformation(Unclear.UNREADABLE)
    if len(phases) > 1 and any(phase.length is None for phase in phases[:-1]):
        return NeedsInformation(Unclear.NO_END)
    return Order(tuple(phases), ends_on)


def _tidy(text: str) -> str:
    words = text.replace("\u00d7", "x").replace("*", "x")
    words = re.sub(r"\bq\.?\s?(\d{1,2})?\s*(?=(?:w|wk|week|mo|month)s?\b)", r"every \1 ", words)
    words = re.sub(r"\bfortnightly\b|\b(?:every|a) fortnight\b", "every 2 weeks", words)
    words = re.sub(rf"\b(?:for|over|in|within) an? (?={_UNIT})", "for 1 ", words)
    for word, number in sorted(WORDS.items(), key=lambda item: -len(item[0])):
        words = re.sub(rf"\b{word}(?:\b|(?=x\b))", str(number), words)  # "twox" as well
    for word, number in TIMES.items():
        words = re.sub(rf"\b{word}\b", f"{number}x", words)
    words = re.sub(r"(\d)\s*(?:-|\bto\b|\bor\b)\s*(\d{1,3})(?![\d/-])", r"\1-\2", words)
    for adverb, unit in ADVERBS.items():
        # "2x weekly" is twice a week; "weekly" by itself is once.
        words = re.sub(rf"(\d\s*(?:x|{_VISITS}))\s*{adverb}\b", rf"\1 per {unit}", words)
        words = re.sub(rf"\b{adverb}\b", f"every {unit}", words)
    return re.sub(r"\s+", " ", words).strip()


def _take_end(words: str) -> tuple[str, date | None]:
    """The end date the prescriber wrote, if any, and the words without it."""
    found = UNTIL.search(words)
    if not found:
        return words, None
    rest = words[: found.start()] + words[found.end() :]
    parts = [int(part) for part in re.split(r"[/-]", found[1].strip("/-"))]
    try:
        if len(str(parts[0])) == 4:
            return rest, date(*parts)
        month, day, year = parts
        return rest, date(year, month, day)
    except (TypeError, ValueError):
        return words, None


def _segments(words: str) -> list[str]:
    """One piece per phase: split at "then", and where a second rate begins."""
    pieces: list[str] = []
    for piece in THEN.split(words):
        starts = [found.start() for found in RATE.finditer(piece)][1:]
        edges = [0, *starts, len(piece)]
        pieces += [piece[a:b] for a, b in pairwise(edges)]
    return [piece for piece in pieces if re.search(r"[a-z0-9]", piece)]


def _phase(segment: str, *, has_end: bool) -> Phase | NeedsInformation:
    rate, segment = _take_rate(segment)
    lengths = [_count(found[1], found[2]) for found in SPAN.finditer(segment)]
    units = [UNITS[found[3]] for found in SPAN.finditer(segment)]
    segment = SPAN.sub(" ", segment)
    totals = [_count(f[1] or f[3], f[2] or f[4]) for f in TOTAL.finditer(segment)]
    leftover = TOTAL.sub(" ", segment)
    if len(lengths) > 1 or len(totals) > 1 or 0 in (c.high for c in (*lengths, *totals)):
        return NeedsInformation(Unclear.UNREADABLE)
    if rate and rate.count.high == 0:
        return NeedsInformation(Unclear.UNREADABLE)
    if not rate and not totals:
        return NeedsInformation(Unclear.UNREADABLE)
    if rate and not lengths and not totals and not has_end:
        return NeedsInformation(Unclear.NO_END)
    return Phase(
        rate=rate,
        length=lengths[0] if lengths else None,
        unit=units[0] if units else Unit.WEEK,
        total=totals[0] if totals else None,
        doubtful=bool(re.search(r"\d", leftover)),
    )


def _take_rate(segment: str) -> tuple[Rate | None, str]:
    found = RATE.search(segment)
    if not found:
        return None, segment
    low, high, every, unit, bare_every, bare_unit = found.groups()
    count = _count(low or "1", high)
    gap = every or bare_every or "1"
    rate = Rate(count, 2 if gap == "other" else max(int(gap), 1), UNITS[unit or bare_unit])
    return rate, segment[: found.start()] + " " + segment[found.end() :]


def _count(low: str, high: str | None) -> Count:
    return Count(int(low), max(int(low), int(high or low)))
