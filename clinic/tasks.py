from __future__ import annotations

import logging
from smtplib import SMTPException
from time import monotonic

from celery import shared_task
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from clinic import health, keys, messages, rights, rotation, sealing

logger = logging.getLogger(__name__)

SWEEP_BATCH = 200
ROTATE_FOR = 45  # seconds at a time: other work must not wait for it


@shared_task(name=messages.DELIVER)
def deliver_message(pk: str) -> None:
    """Send one message; no row means it was sent, withdrawn, or another worker holds it."""
    with transaction.atomic(durable=True):
        waiting = messages.due().filter(pk=pk).select_for_update(skip_locked=True, no_key=True)
        if message := waiting.first():
            try:
                messages.send(message)
            except (SMTPException, OSError, ValueError) as error:
                logger.warning("message %s was not taken: %s", pk, type(error).__name__)
                messages.failed(message, error)


@shared_task(name="clinic.sweep_messages")
def sweep_messages() -> None:
    """Find what the broker lost, and what has become due."""
    messages.expire()
    for pk in messages.due().order_by("not_before").values_list("pk", flat=True)[:SWEEP_BATCH]:
        deliver_message.delay(str(pk))


@shared_task(name="clinic.heartbeat")
def heartbeat() -> None:
    """Beat put it on the queue and a worker took it off: both are alive."""
    cache.set(health.HEARTBEAT, timezone.now().isoformat(), timeout=health.HEARTBEAT_SECONDS)


@shared_task(name="clinic.seal_audit")
def seal_audit() -> None:
    """Chain what has been written down since; a long queue in several steps."""
    done = number = sealing.seal()
    while number == sealing.BATCH:
        number = sealing.seal()
        done += number
    if done and (found := sealing.head()):
        # Logs usually leave this machine: a head in them shows later whether the end was cut off.
        logger.info("audit head %s", found)


@shared_task(name="clinic.rotate_keys")
def rotate_keys() -> None:
    """Go on sealing anew, if a manager has asked for it; the beat comes again until all is done."""
    if not rotation.is_taking_over():
        return
    keys.require()
    until = monotonic() + ROTATE_FOR
    done = lost = 0
    for step in rotation.run():
        done, lost = done + step.done, lost + step.lost
        if monotonic() > until or not rotation.is_taking_over():
            break
    remaining = rotation.left()
    logger.info("keys: %s sealed anew, %s left, %s cannot be opened", done, remaining, lost)
    if not done:  # all that is left cannot be opened
        rotation.take_over(going=False)


@shared_task(name=rights.PUT_TOGETHER)
def put_together(pk: str) -> None:
    rights.put_together(pk)


@shared_task(name="clinic.sweep_exports")
def sweep_exports() -> None:
    """Go on with archives that were left lying, and remove those that are too old."""
    for pk in rights.overdue().values_list("pk", flat=True)[:SWEEP_BATCH]:
        put_together.delay(str(pk))
    rights.give_up()
    for old in rights.expired(timezone.now()).select_related("document")[:SWEEP_BATCH]:
        rights.remove_export(old)
