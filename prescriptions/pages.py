"""Pages of a clean PDF as pictures, for the viewer: no plug-in, nothing that runs."""

from __future__ import annotations

import io
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pypdfium2

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 1500  # pixels; zoomed to 250 % it is still sharp on the review desk
MAX_HEIGHT = 4000
PROOF = 200  # pixels; pictures are decoded whole all the same
# PDFium may be entered by one thread at a time.
_pdfium = threading.Lock()


class Unreadable(Exception):
    """PDFium cannot open the document or draw the page."""


@contextmanager
def _opened(pdf: bytes) -> Iterator[pypdfium2.PdfDocument]:
    with _pdfium:
        try:
            document = pypdfium2.PdfDocument(pdf)
            try:
                yield document
            finally:
                document.close()
        except pypdfium2.PdfiumError as error:
            raise Unreadable from error


def count(pdf: bytes) -> int:
    """How many pages the viewer will find. Raises Unreadable."""
    with _opened(pdf) as document:
        return len(document)


def draw_all(pdf: bytes) -> Iterator[int]:
    """Draw every page small, only to see that it can be done; yields the pages done.

    Raises:
        Unreadable: one cannot be drawn.
    """
    with _opened(pdf) as document:
        for number, page in enumerate(document, start=1):
            page.render(scale=PROOF / max(*page.get_size(), 1), may_draw_forms=False)
            page.close()
            yield number


def render(pdf: bytes, number: int, *, turn: int = 0) -> bytes:
    """Page `number` (from 1) as PNG, turned clockwise by 0, 90, 180 or 270 degrees.

    Raises:
        IndexError: there is no such page.
        Unreadable: it cannot be drawn.
    """
    with _opened(pdf) as document:
        if not 1 <= number <= len(document):
            raise IndexError(number)
        page = document[number - 1]
        width, height = (max(side, 1) for side in page.get_size())
        scale = min(WIDTH / width, MAX_HEIGHT / height)
        image = page.render(scale=scale, rotation=turn, may_draw_forms=False).to_pil()
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=3)
    return out.getvalue()


def text(pdf: bytes) -> list[str]:
    """The text of each page; blank where a page is only a picture. Raises Unreadable."""
    with _opened(pdf) as document:
        return [page.get_textpage().get_text_bounded() for page in document]
