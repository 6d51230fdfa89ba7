"""Doors for the worker and the beat. Each finds its work in the tables."""

from __future__ import annotations

from celery import shared_task

from prescriptions import receiving, renewals, selectors

SWEEP_BATCH = 100
# Scanning, cleaning or reading: each ends by its own clock before these (seconds).
SOFT, HARD = 240, 290


@shared_task(name=receiving.PROCESS, soft_time_limit=SOFT, time_limit=HARD)
def process_upload(pk: str) -> None:
    receiving.process(pk)


@shared_task(name=receiving.READ, soft_time_limit=SOFT, time_limit=HARD)
def read_words(pk: str) -> None:
    receiving.read_words(pk)


@shared_task(name="prescriptions.sweep_uploads")
def sweep_uploads() -> None:
    """Find what the broker lost, what a dead worker left, and what waits for the scanner."""
    for pk in receiving.overdue().values_list("pk", flat=True)[:SWEEP_BATCH]:
        process_upload.delay(str(pk))
    for pk in receiving.unread().values_list("pk", flat=True)[:SWEEP_BATCH]:
        read_words.delay(str(pk))


@shared_task(name="prescriptions.prompt_renewals")
def prompt_renewals() -> None:
    renewals.prompt(selectors.clinic_today())
