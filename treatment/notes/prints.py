"""The PDF of a signed note: made when asked for, and again once the note says more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from clinic import duties
from clinic.celery import enqueue
from clinic.documents import store as documents
from clinic.models import Document
from treatment.models import NotePrint, TreatmentNote
from treatment.notes import sheet
from treatment.notes.errors import NoteNotSigned

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from clinic.documents.printing import Printed
    from treatment.notes.sheet import Sheet

PRINT = "treatment.print_note"


def unprinted() -> QuerySet[NotePrint]:
    return NotePrint.objects.filter(file__isnull=True)


@transaction.atomic
def ask(note: TreatmentNote) -> NotePrint:
    """The note's PDF as of now; without a `file` while a worker makes it.

    Raises:
        NoteNotSigned.
    """
    if not note.is_signed:
        raise NoteNotSigned
    mark = sheet.of(note).mark
    NotePrint.objects.get_or_create(note=note, defaults={"mark": ""})
    row = NotePrint.objects.select_for_update(no_key=True, of=("self",)).get(note=note)
    if row.mark != mark:  # never printed, or the note says more by now
        gone, row.mark, row.file = row.file, mark, None
        duties.start_over(row)
        row.save()
        if gone is not None:
            documents.remove(actor=None, document=gone)
        enqueue(PRINT, str(row.pk))
    return row


def page_of(row: NotePrint) -> Sheet:
    """What a worker prints: the note as it is when the work begins."""
    found = TreatmentNote.objects.select_related("signed_by").prefetch_related("addenda")
    return sheet.of(found.get(pk=row.note_id))


@transaction.atomic
def keep(row: NotePrint, page: Sheet, printed: Printed) -> None:
    """Keep what was printed, unless another worker has started over."""
    current = duties.lock(row)
    if current is None:
        return
    stored = documents.store(
        actor=None,
        content=printed.content,
        kind=Document.Kind.TREATMENT_NOTE,
        name="treatment-note.pdf",
        content_type="application/pdf",
        pages=printed.pages,
    )
    duties.done(current, file=stored, mark=page.mark)
