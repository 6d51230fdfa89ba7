"""Pages of a clean PDF as images for the viewer: no plug-in, nothing executable."""

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
    from collections.abc import Iterable, Iterator

    from PIL import Image

WIDTH = 1500  # pixels; still sharp on the review desk when zoomed to 250%
MAX_HEIGHT = 4000
QUALITY = 80  # of a JPEG
SKETCH = 0.4  # of that: enough to tell two pages apart
PATIENCE = 10.0  # seconds for one page, including waiting for the ones before it
# PDFium can be used by only one thread at a time.
_pdfium = threading.Lock()


class Unreadable(Exception):
    """PDFium cannot open the document or render the page, or not in time."""


@contextmanager
def opened(pdf: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """Open the document with exclusive use of PDFium. Raises Unreadable."""
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
    """Render every page as the viewer will, only to check that it works; yields the pages done.

    Raises:
        Unreadable: one cannot be rendered, or takes too long.
    """
    with opened(pdf) as document:
        for number, page in enumerate(document, start=1):
            draw(page, _scale(page))
            page.close()
            yield number


def sketches(pdf: bytes, indexes: Iterable[int]) -> Iterator[tuple[int, Image.Image]]:
    """Small grey pictures of some pages (from 0), with whatever lies above them.

    Raises:
        Unreadable: as for `draw_all`.
    """
    with opened(pdf) as document:
        for index in indexes:
            page = document[index]
            yield index, draw(page, _scale(page) * SKETCH, grey=True)
            page.close()


def prints(pdf: bytes) -> Iterator[bytes]:
    """Every page as a JPEG, sharp enough to be printed on Letter paper.

    Raises:
        Unreadable: as for `draw_all`.
    """
    with opened(pdf) as document:
        for page in document:
            out = io.BytesIO()
            draw(page, _scale(page)).save(out, "JPEG", quality=QUALITY)
            page.close()
            yield out.getvalue()


def text_inside(pdf: bytes, index: int, box: tuple[float, float, float, float]) -> str:
    """The words within left, bottom, right, top of a page (from 0), without the spaces.

    Raises:
        Unreadable: as for `draw_all`.
    """
    with opened(pdf) as document:
        found = document[index].get_textpage().get_text_bounded(*box)
    return "".join(found.split())


def render(pdf: bytes, number: int) -> bytes:
    """Page `number` (from 1) as PNG.

    Raises:
        IndexError: there is no such page.
        Unreadable: it cannot be rendered, or takes too long.
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
    """A page at `scale` pixels per point, in steps, so a page built to render for hours is dropped.

    Raises:
        Unreadable: it takes longer than we allow.
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
    # A copy, because the bitmap's memory is freed with the document.
    drawn: Image.Image = bitmap.to_pil().copy()
    return drawn
