"""Pages of a clean PDF as pictures, for the viewer: no plug-in, nothing that runs."""

from __future__ import annotations

import io
import threading

import pypdfium2

WIDTH = 1500  # pixels; zoomed to 250 % it is still sharp on the review desk
MAX_HEIGHT = 4000
# PDFium may be entered by one thread at a time.
_pdfium = threading.Lock()


def render(pdf: bytes, number: int, *, turn: int = 0) -> bytes:
    """Page `number` (from 1) as PNG, turned clockwise by 0, 90, 180 or 270 degrees.

    Raises:
        IndexError: there is no such page.
    """
    with _pdfium:
        document = pypdfium2.PdfDocument(pdf)
        try:
            if not 1 <= number <= len(document):
                raise IndexError(number)
            page = document[number - 1]
            width, height = page.get_size()
            scale = min(WIDTH / width, MAX_HEIGHT / height)
            image = page.render(scale=scale, rotation=turn, may_draw_forms=False).to_pil()
        finally:
            document.close()
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=3)
    return out.getvalue()


def text(pdf: bytes) -> list[str]:
    """The text of each page; blank where a page is only a picture."""
    with _pdfium:
        document = pypdfium2.PdfDocument(pdf)
        try:
            return [page.get_textpage().get_text_bounded() for page in document]
        finally:
            document.close()
