"""Where a document says how many visits, how often, and for how long, as input for `sig.py`."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from prescriptions.reading import sig
from prescriptions.reading.order import Order
from prescriptions.reading.page_text import Hit
from prescriptions.reading.words import UNREAD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prescriptions.reading.page_text import PageText, Span

LONGEST = 200
MOST = 400  # sentences of one page; a full page of prose has fewer
LABELS = r"(?:rx|sig|orders?|frequency|plan|treatment(?: plan)?|prescription)"

_LABEL = re.compile(rf"\s*(?:{LABELS})\s*[:\-]\s*", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[a-z)])\.(?=\s)|\.\s*$", re.IGNORECASE)
# Skip anything that has neither a number nor one of these words.
_WORTH_READING = re.compile(
    rf"\d|\b(?:{'|'.join((*sig.WORDS, *sig.TIMES))})\b|(?:week|month|dai)ly|prn|needed|treat|every",
    re.IGNORECASE,
)
_OURS = re.compile(r"\bmassages?\b|\bmanual\b|\bMMT\b", re.IGNORECASE)
_VISITS = re.compile(r"\b(?:sessions?|visits?|treatments?|appointments?|appts?|tx)\b", re.I)
_MEDICINE = re.compile(
    r"\b(?:tab(?:let)?s?|caps?(?:ules?)?|pills?|mg|mcg|ml|doses?|drops|puffs?|inject\w*|refills?"
    r"|by mouth|p\.?o)\b",
    re.IGNORECASE,
)
_OTHERS = re.compile(r"\b(?:physical|occupational|speech)\s+therapy\b|\bacupuncture\b", re.I)
_NOT_SO = re.compile(
    r"\b(?:no|not|never|without|exceed|previous(?:ly)?|prior|completed|history|had)\b", re.I
)
_CONTINUES = re.compile(
    r"\s*(?:for|over|in|within|x|\u00d7|until|then|and then|per|a|each|every|weeks?|months?"
    r"|total)\b",
    re.IGNORECASE,
)
_REST = r"\s*[:\t]\s*([^\n\t;]+)"
_OFTEN = re.compile(r"\b(?:frequency|how often)" + _REST, re.IGNORECASE)
_LONG = re.compile(r"\b(?:duration|how long|length of treatment)" + _REST, re.IGNORECASE)
_MANY = re.compile(
    r"\b(?:number of (?:visits|sessions|treatments)|total (?:visits|sessions)|visits)" + _REST,
    re.IGNORECASE,
)


def orders(paper: PageText) -> Iterator[Hit]:
    for span in islice(_sentences(paper), MOST):
        yield from _hit(paper, (span,))
        if _is_open(paper.text[slice(*span)]) and (below := paper.goes_on(span)):
            rest = next(iter(_split(paper, below)), None)
            if rest and _CONTINUES.match(paper.text, rest[0]):
                yield from _hit(paper, (span, rest), more=1)
    yield from _of_a_form(paper)


def _is_open(text: str) -> bool:
    """Mentions visits, but lacks the number, frequency, or duration."""
    if not (_WORTH_READING.search(text) or _OURS.search(text) or _VISITS.search(text)):
        return False
    parsed = sig.parse(text)
    return not isinstance(parsed, Order) or parsed.phases[-1].length is None


def _of_a_form(paper: PageText) -> Iterator[Hit]:
    """Frequency, duration, and number from separate boxes, put side by side."""
    often, long, many = (pattern.search(paper.text) for pattern in (_OFTEN, _LONG, _MANY))
    parts = [found for found in (often, long, many) if found]
    if len(parts) < 2:
        return
    spans = tuple(_trimmed(paper, found.span(1)) for found in parts)
    texts = [paper.text[slice(*span)] for span in spans]
    if many and re.fullmatch(r"\d+", texts[-1]):
        texts[-1] = f"total {texts[-1]}"
    yield from _ranked(paper, ", ".join(texts), spans, more=1, labelled=True)


def _sentences(paper: PageText) -> Iterator[Span]:
    cells = list(paper.cells())
    for cell in cells:
        yield from _split(paper, cell)
    for row in paper.rows():
        if row not in cells:  # a line of several cells, read across
            yield from _split(paper, row)


def _split(paper: PageText, span: Span) -> Iterator[Span]:
    start = span[0]
    ends = [found.start() for found in _SENTENCE_END.finditer(paper.text, *span)]
    for end in (*ends, span[1]):
        piece = _trimmed(paper, (start, end))
        if piece[0] < piece[1]:
            yield piece
        start = end + 1


def _trimmed(paper: PageText, span: Span) -> Span:
    text = paper.text[slice(*span)]
    start = span[0] + len(text) - len(text.lstrip(f" .,\t{UNREAD}"))
    return start, max(span[0] + len(text.rstrip(f" .,\t{UNREAD}")), start)


def _hit(paper: PageText, spans: tuple[Span, ...], *, more: int = 0) -> Iterator[Hit]:
    text = " ".join(" ".join(paper.text[slice(*span)].split()) for span in spans)
    label = _LABEL.match(text)
    tidy = text[label.end() :] if label else text
    yield from _ranked(paper, tidy, spans, more=more, labelled=bool(label))


def _ranked(
    paper: PageText, text: str, spans: tuple[Span, ...], *, more: int, labelled: bool
) -> Iterator[Hit]:
    """The words as a proposal, ranked by how surely they are about these visits."""
    if not 0 < len(text) <= LONGEST or UNREAD in text or not _WORTH_READING.search(text):
        return
    if _MEDICINE.search(text):
        return
    ours, visits = bool(_OURS.search(text)), bool(_VISITS.search(text))
    parsed = sig.parse(text)
    complete = isinstance(parsed, Order)
    if not complete:
        asks = isinstance(parsed, sig.NeedsInformation) and parsed.why != sig.Unclear.UNREADABLE
        if not asks or not (ours or visits or labelled):
            return
    others = bool(_OTHERS.search(text)) and not ours
    rank = 10 * complete + 4 * ours + 2 * (visits or labelled) + more - 6 * others
    doubtful = not complete or others or bool(_NOT_SO.search(text))
    says = str(parsed) if complete else ""
    yield Hit("order_text", text, spans, rank, doubtful=doubtful, says=says)
