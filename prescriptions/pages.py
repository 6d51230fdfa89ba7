"""Pages of a clean PDF as pictures, for the viewer: no plug-in, nothing that runs."""

from __future__ import annotations

import io
import math
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pypdfium2
from pypdfium2 import internal, raw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import Image

WIDTH = 1500  # pixels; zoomed to 250 % it is still sharp on the review desk
MAX_HEIGHT = 4000
PATIENCE = 10.0  # seconds for one page, waiting for the ones before it included
# PDFium may be entered by one thread at a time.
_pdfium = threading.Lock()


class Unreadable(Exception):
    """PDFium cannot open the document or draw the page, or not in time."""


@contextmanager
def opened(pdf: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """The document, with PDFium to oneself. Raises Unreadable."""
    if not _pdfium.acquire(timeout=PATIENCE):
        raise Unreadable
    try:
        document = pypdfium2.PdfDocument(pdf)
        try:
            yield document
        finally:
            document.close()
    except pypdfium2.PdfiumError as error:
        raise Unreadable from error
    finally:
        _pdfium.release()


def count(pdf: bytes) -> int:
    """How many pages the viewer will find. Raises Unreadable."""
    with opened(pdf) as document:
        return len(document)


def draw_all(pdf: bytes) -> Iterator[int]:
    """Draw every page as the viewer will, only to see that it can be done; yields the pages done.

    Raises:
        Unreadable: one cannot be drawn, or takes too long.
    """
    with opened(pdf) as document:
        for number, page in enumerate(document, start=1):
            draw(page, _scale(page))
            page.close()
            yield number


def render(pdf: bytes, number: int) -> bytes:
    """Page `number` (from 1) as PNG.

    Raises:
        IndexError: there is no such page.
        Unreadable: it cannot be drawn, or takes too long.
    """
    with opened(pdf) as document:
        if not 1 <= number <= len(document):
            raise IndexError(number)
        page = document[number - 1]
        image = draw(page, _scale(page))
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)  # of a photo: half the time of 3, the same size
    return out.getvalue()


def _scale(page: pypdfium2.PdfPage) -> float:
    width, height = (max(side, 1) for side in page.get_size())
    return float(min(WIDTH / width, MAX_HEIGHT / height))


def draw(page: pypdfium2.PdfPage, scale: float, *, grey: bool = False) -> Image.Image:
    """A page at `scale` pixels a point, in steps: a drawing made to last for hours is given up.

    Raises:
        Unreadable: it takes longer than our patience.
    """
    width, height = (max(math.ceil(side * scale), 1) for side in page.get_size())
    kind = raw.FPDFBitmap_Gray if grey else raw.FPDFBitmap_BGR
    bitmap = pypdfium2.PdfBitmap.new_native(width, height, kind)
    bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
    ends = time.monotonic() + PATIENCE
    pause = raw.IFSDK_PAUSE(version=1)
    internal.set_callback(pause, "NeedToPauseNow", lambda _pause: time.monotonic() > ends)
    flags = raw.FPDF_ANNOT | (raw.FPDF_GRAYSCALE if grey else 0)
    status = raw.FPDF_RenderPageBitmap_Start(bitmap, page, 0, 0, width, height, 0, flags, pause)
    raw.FPDF_RenderPage_Close(page)
    if status != raw.FPDF_RENDER_DONE:
        raise Unreadable
    # A copy: the bitmap's memory goes with the document.
    drawn: Image.Image = bitmap.to_pil().copy()
    return drawn
