from __future__ import annotations

from celery import shared_task

from clinic import duties
from treatment.followups import asking
from treatment.letters import drawing, sending
from treatment.notes import pdf, prints, reminders


@shared_task(name="treatment.remind_of_notes")
def remind_of_notes() -> None:
    reminders.remind()


@shared_task(name="treatment.ask_after_visits")
def ask_after_visits() -> None:
    asking.ask()


@shared_task(name=sending.DRAW)
def draw_letter(pk: str) -> None:
    drawing.draw(pk)


@shared_task(name="treatment.sweep_letters")
def sweep_letters() -> None:
    """PDFs of sent letters that a worker has not made yet."""
    duties.sweep(drawing.undrawn(), draw_letter)


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
