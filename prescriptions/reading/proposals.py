"""What a document seems to say: proposals for the reviewer's form, never decisions.

Only what the text says is proposed, with the words it came from and where they are. A scan
without text proposes nothing. Nothing is inferred: no code from a description, no name from a
signature. Where the words are uncertain, the proposal says so (`doubtful`).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from clinic.ids import npi
from prescriptions.codes import icd10
from prescriptions.reading import signatures, written_dates, written_orders
from prescriptions.reading.page_text import Hit, PageText
from prescriptions.reading.signatures import Patient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from prescriptions.reading.page_text import Box, Span

__all__ = ["Found", "Patient", "read"]

LONGEST_REASON = 300
NPI_DIGITS = 10
NEAR = 40  # letters: how close a "no" must be to apply to this word
# A second, different value raises doubt; a second reason only adds to the first.
ONE_ONLY = frozenset(
    (
        *("issued_on", "starts_on", "through_on", "order_text"),
        *("prescriber_name", "prescriber_npi", "prescriber_phone"),
    )
)

_CODE = re.compile(r"(?<![\w.])[A-Z0-9][0-9A-Za-z]{2}[.,][0-9A-Za-z]{1,4}(?!\w)")
_BARE_CODE = re.compile(r"(?<![\w.])[A-Z][0-9][0-9A-Z][0-9A-Z]{0,4}(?![\w.]\w|\w)")
_CODES_FOLLOW = re.compile(r"\b(?:icd(?:-?10)?(?:-?cm)?|dx|diagnos[ei]s)\b", re.IGNORECASE)
_DIGITS_READ_AS_LETTERS = str.maketrans("OoQlIiSsBZz", "00011155822")
_LETTERS_READ_AS_DIGITS = str.maketrans("01582", "OISBZ")

_NPI_LABEL = re.compile(
    r"(?P<whose>\b(?:group|facility|clinic|practice|organi[sz]ation|billing|type 2)\s+)?"
    r"\bNPI\b(?:\s*(?:no|number|num))?\s*[.#:=\t ]*"
    r"(?P<number>[0-9A-Za-z](?:[ -]?[0-9A-Za-z]){9})(?!\w)",
    re.IGNORECASE,
)
_TEN_DIGITS = re.compile(r"(?<![\d-])[12]\d{9}(?![\d-])")
_CALLED = re.compile(r"\b(?:phone|tel\w*|ph|fax|cell|mobile|call)\b[^\d\n]*$", re.IGNORECASE)

_MODALITIES = (("massage", r"\bmassages?\b"), ("manual", r"\bmanual\s+(?:\w+\s+)?therapy\b"))
_REFUSED = re.compile(r"\b(?:no|not|avoid|without|contraindicated|except|stop)\b", re.IGNORECASE)
_REASON = (
    re.compile(
        r"\b(?:reason(?:\s+for\s+\w+)?|medical\s+necessity|diagnos[ei]s|dx|indications?)"
        r"\s*:\s*([^\n;\t]{4,400})",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:massage|therapy)\b[^.\n\t]{0,80}?\bfor\s+([a-z](?:[^.;\n\t]|\.(?=\d)){4,300})",
        re.IGNORECASE,
    ),
)
_TO_CODE = re.compile(r"[\s,;:(-]*\b[A-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4}\b|\b).*$")
_A_SPAN = re.compile(r"^\W*(?:[\w-]+\s+){0,2}(?:days?|we?e?ks?|months?|visits?|sessions?)\b", re.I)


@dataclass(frozen=True)
class Found:
    """A proposal, its page, the words it came from, and their boxes on that page."""

    value: str
    page: int
    boxes: tuple[Box, ...] = ()
    quotes: tuple[str, ...] = ()
    doubtful: bool = False

    @property
    def quote(self) -> str:
        """All the words, with an ellipsis where there are others in between."""
        return " \u2026 ".join(self.quotes)

    @property
    def places(self) -> str:
        """The boxes in the format the viewer's script expects."""
        return json.dumps(self.boxes)


def read(
    document: Mapping[str, Any],
    *,
    patient: Patient = Patient(),  # noqa: B008 - frozen
    known: Callable[[set[str]], set[str]] = set,
) -> dict[str, Found]:
    """Proposals by form field name, from what `words.extract` returned.

    `known` says which of the given diagnosis codes exist; it is called once.
    """
    papers = [PageText.of(page) for page in document.get("pages", ())]
    hits: dict[str, list[tuple[int, Hit]]] = defaultdict(list)
    for number, paper in enumerate(papers):
        for hit in _hits(paper, patient):
            hits[hit.field].append((number, hit))
    found: dict[str, Found] = {}
    for field, those in hits.items():
        number, best = max(those, key=lambda one: one[1].rank)  # the first of the highest
        rivals = {hit.says or hit.value for _, hit in those if hit.rank == best.rank}
        doubt = field in ONE_ONLY and len(rivals) > 1
        for hit in (best, *best.also):
            found[hit.field] = _found(papers[number], number, hit, doubtful=doubt)
    return found | _codes(papers, known)


def _found(paper: PageText, number: int, hit: Hit, *, doubtful: bool = False) -> Found:
    return Found(
        value=hit.value,
        page=number + 1,
        boxes=tuple(chain.from_iterable(paper.boxes(span) for span in hit.spans)),
        quotes=tuple(dict.fromkeys(paper.quote(span) for span in hit.spans)),
        doubtful=doubtful or hit.doubtful or not all(map(paper.sure, hit.spans)),
    )


def _hits(paper: PageText, patient: Patient) -> Iterator[Hit]:
    yield from _npis(paper)
    yield from written_dates.dates(paper)
    yield from signatures.prescribers(paper, patient)
    yield from signatures.phones(paper, patient)
    yield from written_orders.orders(paper)
    yield from _modality(paper)
    yield from _reason(paper)


def _codes(papers: list[PageText], known: Callable[[set[str]], set[str]]) -> dict[str, Found]:
    """The codes of the first page that has any; anything like a code is looked up both ways."""
    readings = [list(_like_codes(paper)) for paper in papers]
    real = known({code for page in readings for _, both in page for code in both})
    for number, (paper, page) in enumerate(zip(papers, readings, strict=True)):
        spans: dict[str, Span] = {}
        doubtful = False
        for span, (plain, mended) in page:
            code = plain if plain in real else mended
            if code in real and code not in spans and len(spans) < icd10.MAX_CODES:
                spans[code] = span
                doubtful |= code != plain
        if spans:
            hit = Hit("codes", ", ".join(spans), tuple(spans.values()), doubtful=doubtful)
            return {"codes": _found(paper, number, hit)}
    return {}


def _like_codes(paper: PageText) -> Iterator[tuple[Span, tuple[str, str]]]:
    """Each with the code as written, and as it would be with 0 for O and 1 for l."""
    hits = [found.span() for found in _CODE.finditer(paper.text)]
    for start, end in paper.rows():  # without the dot only where the text says codes follow
        if label := _CODES_FOLLOW.search(paper.text, start, end):
            hits += [found.span() for found in _BARE_CODE.finditer(paper.text, label.end(), end)]
    for span in sorted(hits):
        text = paper.text[slice(*span)]
        plain, mended = icd10.tidy(text), icd10.tidy(_mend(text))
        if icd10.SHAPE.fullmatch(mended):
            yield span, (plain, mended)


def _mend(code: str) -> str:
    """A letter, two characters that are nearly always digits, then digits where possible."""
    head, tail = code[:1], code[1:].replace(",", ".")
    return head.translate(_LETTERS_READ_AS_DIGITS) + tail.translate(_DIGITS_READ_AS_LETTERS)


def _npis(paper: PageText) -> Iterator[Hit]:
    labelled = set()
    for found in _NPI_LABEL.finditer(paper.text):
        written = npi.tidy(found["number"])
        number = written.translate(_DIGITS_READ_AS_LETTERS)
        if not number.isascii() or not number.isdigit() or len(number) != NPI_DIGITS:
            continue
        if number != written and not npi.is_valid(number):
            continue  # letters that look like digits count only if the check digit agrees
        labelled.add(number)
        sure = number == written and npi.is_valid(number)
        rank = 1 if found["whose"] else 2
        yield Hit("prescriber_npi", number, (found.span(),), rank, doubtful=not sure)
    for found in _TEN_DIGITS.finditer(paper.text):
        called = _CALLED.search(paper.cell_before(found.start()))
        if found[0] not in labelled and npi.is_valid(found[0]) and not called:
            # One number in ten passes the check digit by chance.
            yield Hit("prescriber_npi", found[0], (found.span(),), doubtful=True)


def _modality(paper: PageText) -> Iterator[Hit]:
    for rank, (value, pattern) in enumerate(reversed(_MODALITIES)):
        for found in re.finditer(pattern, paper.text, re.IGNORECASE):
            # Prefer a mention without "no" or "not" around it.
            before = paper.text[max(found.start() - NEAR, 0) : found.start()].rpartition("\n")[2]
            after = paper.text[found.end() : found.end() + NEAR].partition("\n")[0]
            refused = bool(_REFUSED.search(f"{before} {after}"))
            place = rank + (0 if refused else len(_MODALITIES))
            yield Hit("modality", value, (found.span(),), place, doubtful=refused)


def _reason(paper: PageText) -> Iterator[Hit]:
    for rank, pattern in enumerate(reversed(_REASON)):
        for said in pattern.finditer(paper.text):
            rest = _TO_CODE.sub("", said[1])[:LONGEST_REASON]
            value = " ".join(rest.strip(" .,()").split())
            if len(value) > 1 and not _A_SPAN.search(value):
                start = said.start(1) + len(rest) - len(rest.lstrip(" .,()"))
                end = said.start(1) + len(rest.rstrip(" .,()"))
                yield Hit("reason", value, ((start, end),), rank)
