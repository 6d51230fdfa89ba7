from __future__ import annotations

from celery import shared_task

from clinic import duties
from intake.scans import services as scans
from intake.tablet import services as tablet

# Scanning and cleaning time out on their own before these (seconds).
SOFT, HARD = 240, 290


@shared_task(name="intake.end_idle_tablets")
def end_idle_tablets() -> None:
    """End what nobody came back to: a tablet that was switched off asks for no page any more."""
    tablet.end_idle()


@shared_task(name=scans.PROCESS, soft_time_limit=SOFT, time_limit=HARD)
def process_scan(pk: str) -> None:
    scans.process(pk)


@shared_task(name="intake.sweep_scans")
def sweep_scans() -> None:
    """Find what the broker lost, what a dead worker left, and what is waiting for the scanner."""
    duties.sweep(scans.unfinished(), process_scan)
