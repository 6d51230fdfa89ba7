from __future__ import annotations

from celery import shared_task

from treatment.followups import asking
from treatment.notes import reminders


@shared_task(name="treatment.remind_of_notes")
def remind_of_notes() -> None:
    reminders.remind()


@shared_task(name="treatment.ask_after_visits")
def ask_after_visits() -> None:
    asking.ask()
