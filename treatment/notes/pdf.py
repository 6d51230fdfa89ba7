"""A signed note as a PDF. Same note, same bytes. For workers only: it loads the printer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic.documents import letterhead, printing
from treatment.notes import sheet

if TYPE_CHECKING:
    from clinic.documents.printing import Printed
    from treatment.notes.sheet import Sheet

STYLESHEET = "css/note-pdf.css"


def render(page: Sheet) -> Printed:
    return printing.render(
        page.html,
        stylesheet=STYLESHEET,
        seed=f"{sheet.TEMPLATE} {page.mark}".encode(),
        pictures={letterhead.PICTURE: page.logo.content} if page.logo else {},
    )
