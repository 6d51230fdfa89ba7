"""Doors for the beat. Each finds its work in the tables, so a lost run costs nothing."""

from __future__ import annotations

from celery import shared_task

from prescriptions import renewals, selectors


@shared_task(name="prescriptions.prompt_renewals")
def prompt_renewals() -> None:
    renewals.prompt(selectors.clinic_today())
