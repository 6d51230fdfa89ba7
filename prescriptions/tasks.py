"""Tasks for the worker and beat. Each finds its work in the tables."""

from __future__ import annotations

from celery import shared_task

from clinic import duties
from prescriptions import renewals, selectors
from prescriptions.codes import services as codes
from prescriptions.uploading import receiving

# Scanning, cleaning, and reading each time out on their own before these (seconds).
SOFT, HARD = 240, 290


@shared_task(name=receiving.PROCESS, soft_time_limit=SOFT, time_limit=HARD)
def process_upload(pk: str) -> None:
    receiving.process(pk)


@shared_task(name=receiving.READ, soft_time_limit=SOFT, time_limit=HARD)
def read_words(pk: str) -> None:
    receiving.read_words(pk)


@shared_task(name=codes.LOAD, soft_time_limit=SOFT, time_limit=HARD)
def load_codes(pk: str) -> None:
    codes.load(pk)


@shared_task(name="prescriptions.sweep_codes")
def sweep_codes() -> None:
    """Find releases whose day has come, and what was lost."""
    duties.sweep(codes.unloaded(), load_codes)


@shared_task(name="prescriptions.sweep_uploads")
def sweep_uploads() -> None:
    """Find what the broker lost, what a dead worker left, and what is waiting for the scanner."""
    duties.sweep(receiving.unfinished(), process_upload)
    duties.sweep(receiving.unread(), read_words)


@shared_task(name="prescriptions.prompt_renewals")
def prompt_renewals() -> None:
    renewals.prompt(selectors.clinic_today())
