from __future__ import annotations

from celery import shared_task

from clinic import duties
from treatment.notes import pdf, prints, reminders


@shared_task(name="treatment.remind_of_notes")
def remind_of_notes() -> None:
    reminders.remind()


@shared_task(name=prints.PRINT)
def print_note(pk: str) -> None:
    """Make the PDF once; a second copy of the task finds nothing to do."""
    if row := duties.claim(prints.unprinted(), pk):
        with duties.trying(row):
            page = prints.page_of(row)
            prints.keep(row, page, pdf.render(page))


@shared_task(name="treatment.sweep_prints")
def sweep_prints() -> None:
    """PDFs of notes that have not been made."""
    duties.sweep(prints.unprinted(), print_note)
