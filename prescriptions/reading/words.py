"""The words of a clean PDF and their positions, for `reading.py` to make proposals from.

PDFium reads the text layer; Debian's tesseract reads pages that are only a picture, where it is
installed. No Django here: this runs in a child process that may be killed.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import time
import unicodedata
from typing import TYPE_CHECKING, Any, NamedTuple

from pypdfium2 import PdfiumError, raw

from prescriptions.reading import page_images

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pypdfium2
    from PIL import Image

MAX_PAGES = 5  # an order is on the first ones
MAX_LETTERS = 20_000  # of one page
FEW = 20  # words: fewer are a fax header or a stamp on a picture
DPI = 200
MAX_EDGE = 3000  # pixels of the picture that is read
PAGE_SECONDS, OCR_SECONDS = 20.0, 60.0  # for one look at a page, for all of a document
ENOUGH = 8  # plain words: the picture stands upright
GUESSED = 40  # percent confidence: below it, a word does not count as read
UNSURE = 75  # percent: below it, a person is asked to double-check
UNREAD = "\N{REPLACEMENT CHARACTER}"  # marks an unreadable word: nothing is joined across it
GRID = 1_000_000  # steps to a page's edge when PDFium turns places into our fractions


_Edges = tuple[float, float, float, float]  # left, top, right, bottom


class Word(NamedTuple):
    """Its box in fractions of the displayed page, from the top left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    line: int
    sure: bool = True

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


def extract(pdf: bytes, *, ocr: bool = True) -> dict[str, Any]:
    """Words in reading order, as JSON can hold them; see docs/prescriptions.md, "Reading".

    Raises:
        Unreadable: PDFium cannot open it.
    """
    read, by_ocr = [], False
    program = tesseract() if ocr else None
    ends = time.monotonic() + OCR_SECONDS
    for number in range(min(page_images.count(pdf), MAX_PAGES)):
        picture = None
        with page_images.opened(pdf) as document:
            page = document[number]
            width, height = page.get_size()
            words = _text_layer(page)
            if program and len(words) < FEW:
                picture = _picture(page)
        if program and picture and len(seen := _ocr(program, picture, ends)) > len(words):
            words, by_ocr = seen, True
        rows = [[*word[:1], *(round(edge, 5) for edge in word[1:5]), *word[5:]] for word in words]
        read.append({"width": round(width, 2), "height": round(height, 2), "words": rows})
    found = any(page["words"] for page in read)
    return {"source": "ocr" if by_ocr else "pdf" if found else "none", "pages": read}


def tesseract() -> str | None:
    """The program that reads pictures, if installed."""
    return shutil.which("tesseract")


def _text_layer(page: pypdfium2.PdfPage) -> list[Word]:
    textpage = page.get_textpage()
    words: list[Word] = []
    runs = [0.0, 0.0, 0.0, 0.0]  # how far the letters run right, down, left, up
    text, boxes = "", list[_Edges]()
    for index in range(min(textpage.count_chars(), MAX_LETTERS)):
        letter = chr(raw.FPDFText_GetUnicode(textpage, index))
        if letter.isspace() or unicodedata.category(letter)[0] == "C":
            words += _word(page, text, boxes, runs)
            text, boxes = "", []
            continue
        text += letter
        try:
            boxes.append(textpage.get_charbox(index, loose=True))
        except PdfiumError:
            continue  # a letter without a position, such as one PDFium split from a ligature
    words += _word(page, text, boxes, runs)
    return _in_lines(words, turn=max(range(4), key=runs.__getitem__))


def _word(
    page: pypdfium2.PdfPage, text: str, boxes: list[_Edges], runs: list[float]
) -> Iterator[Word]:
    """One word, unless it is off the page that people see."""
    if not text or not boxes:
        return
    edges = [_seen(page, box) for box in boxes]
    left, top = min(edge[0] for edge in edges), min(edge[1] for edge in edges)
    right, bottom = max(edge[2] for edge in edges), max(edge[3] for edge in edges)
    if 0 <= (left + right) / 2 <= 1 and 0 <= (top + bottom) / 2 <= 1:
        across, down = edges[-1][0] - edges[0][0], edges[-1][1] - edges[0][1]
        runs[:] = [run + far for run, far in zip(runs, (across, down, -across, -down), strict=True)]
        yield Word(text, max(left, 0.0), max(top, 0.0), min(right, 1.0), min(bottom, 1.0), 0)


def _seen(page: pypdfium2.PdfPage, box: _Edges) -> _Edges:
    """From points of the page as it was drawn to fractions of it as PDFium turns and crops it."""
    x, y = raw.c_int(), raw.c_int()
    corners = []
    for across, up in (box[:2], box[2:]):
        raw.FPDF_PageToDevice(page, 0, 0, GRID, GRID, 0, across, up, x, y)
        corners.append((x.value / GRID, y.value / GRID))
    (x0, x1), (y0, y1) = (sorted(edges) for edges in zip(*corners, strict=True))
    return x0, y0, x1, y1


def _turned(box: _Edges, turn: int) -> _Edges:
    """The box after so many counterclockwise quarter turns of the page."""
    left, top, right, bottom = box
    for _ in range(turn % 4):
        left, top, right, bottom = top, 1 - right, bottom, 1 - left
    return left, top, right, bottom


def _in_lines(words: list[Word], turn: int = 0) -> list[Word]:
    """In reading order: a form's answers next to their labels, however late they were drawn."""
    upright = [(word._replace(**_edges(_turned(word[1:5], turn))), word) for word in words]
    lines: list[list[tuple[Word, Word]]] = []
    for pair in sorted(upright, key=lambda pair: pair[0].middle):
        if lines and _beside(lines[-1][-1][0], pair[0]):
            lines[-1].append(pair)
        else:
            lines.append([pair])
    return [
        word._replace(line=number)
        for number, line in enumerate(lines)
        for _, word in sorted(line, key=lambda pair: pair[0].left)
    ]


def _edges(box: _Edges) -> dict[str, Any]:
    return dict(zip(("left", "top", "right", "bottom"), box, strict=True))


def _beside(one: Word, other: Word) -> bool:
    return abs(one.middle - other.middle) < min(one.height, other.height) / 2


def _picture(page: pypdfium2.PdfPage) -> Image.Image | None:
    scale = min(DPI / 72, MAX_EDGE / max(*page.get_size(), 1))
    try:
        return page_images.draw(page, scale, grey=True)
    except page_images.Unreadable:
        return None


def _ocr(program: str, picture: Image.Image, ends: float) -> list[Word]:
    """What tesseract reads, even if the picture is sideways or upside down."""
    best: list[Word] = []
    for turn in (0, 1, 3, 2):
        upright = picture.rotate(90 * turn, expand=True) if turn else picture
        words = _run(program, upright, ends - time.monotonic())
        if _plain(words) > _plain(best):
            best = [word._replace(**_edges(_turned(word[1:5], -turn))) for word in words]
        if _plain(best) >= ENOUGH:
            break
    return best


def _plain(words: list[Word]) -> int:
    return sum(word.sure and len(word.text) >= 3 for word in words)


def _run(program: str, picture: Image.Image, seconds: float) -> list[Word]:
    """Nothing when it fails or takes too long."""
    grey = io.BytesIO()
    picture.save(grey, "PPM")  # a gray PGM: no time lost on compression
    kept = {name: os.environ[name] for name in ("PATH", "TESSDATA_PREFIX") if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603 - found on PATH, and given nothing but a picture
            # One column of lines of any size: what is side by side stays on one line.
            [program, "-", "-", "-l", "eng", "--dpi", str(DPI), "--psm", "4", "tsv"],
            input=grey.getvalue(),
            env=kept | {"OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8"},
            capture_output=True,
            timeout=min(seconds, PAGE_SECONDS),
            check=True,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return []
    return list(_of_tsv(done.stdout.decode("utf-8", "replace"), picture.width, picture.height))


def _of_tsv(tsv: str, width: int, height: int) -> Iterator[Word]:
    rows = csv.DictReader(io.StringIO(tsv), delimiter="\t", quoting=csv.QUOTE_NONE)
    lines: dict[tuple[str | None, ...], int] = {}
    letters = 0
    for row in rows:
        try:
            sure = float(row["conf"])
            left, top, wide, high = (int(row[edge]) for edge in ("left", "top", "width", "height"))
        except (KeyError, TypeError, ValueError):
            continue  # not a row of the table: tesseract's own messages
        text = "".join((row.get("text") or "").split())
        if sure < 0 or not any(letter.isalnum() for letter in text):
            continue  # a block or a line of the page, or specks
        letters += len(text)
        if letters > MAX_LETTERS:
            return
        line = tuple(row.get(part) for part in ("block_num", "par_num", "line_num"))
        yield Word(
            text if sure >= GUESSED else UNREAD,
            *(max(left / width, 0.0), max(top / height, 0.0)),
            *(min((left + wide) / width, 1.0), min((top + high) / height, 1.0)),
            lines.setdefault(line, len(lines)),
            sure >= UNSURE,
        )
