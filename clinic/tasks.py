from __future__ import annotations

import logging
from datetime import timedelta
from time import monotonic

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from clinic import duties, health
from clinic.audit import chaining
from clinic.messaging import outbox
from clinic.privacy import services as privacy
from clinic.rotation import keys
from clinic.rotation import services as rotation

logger = logging.getLogger(__name__)

SWEEP_BATCH = 200
ROTATE_FOR = 45  # seconds at a time: other work must not wait for it


@shared_task(name=outbox.DELIVER)
def deliver_message(pk: str) -> None:
    outbox.deliver(pk)


@shared_task(name="clinic.sweep_messages")
def sweep_messages() -> None:
    """Find what the broker lost, what is now due, and what a dead worker left."""
    outbox.expire()
    outbox.give_up_on_dead_workers()
    duties.sweep(outbox.ready(), deliver_message, since=timedelta(0))


@shared_task(name="clinic.heartbeat")
def heartbeat() -> None:
    """Beat put it on the queue and a worker took it off: both are alive."""
    cache.set(health.HEARTBEAT, timezone.now().isoformat(), timeout=health.HEARTBEAT_SECONDS)


@shared_task(name="clinic.seal_audit")
def seal_audit() -> None:
    """Chain the new audit rows; a long queue in several steps."""
    done = number = chaining.extend_chain()
    while number == chaining.BATCH:
        number = chaining.extend_chain()
        done += number
    if done and (found := chaining.head()):
        # Logs usually leave this machine: a head in them later shows whether the end was cut off.
        logger.info("audit head %s", found)


@shared_task(name="clinic.rotate_keys")
def rotate_keys() -> None:
    """Continue re-encrypting, if requested; beat runs it again until all is done."""
    if not rotation.is_running():
        return
    keys.require()
    until = monotonic() + ROTATE_FOR
    done = lost = 0
    for step in rotation.reencrypt_all():
        done, lost = done + step.done, lost + step.lost
        if monotonic() > until or not rotation.is_running():
            break
    remaining = rotation.remaining()
    logger.info("keys: %s re-encrypted, %s left, %s cannot be opened", done, remaining, lost)
    if not done:  # nothing left can be opened
        rotation.set_running(running=False)


@shared_task(name=privacy.CREATE_ARCHIVE)
def create_archive(pk: str) -> None:
    privacy.create_archive(pk)


@shared_task(name="clinic.sweep_exports")
def sweep_exports() -> None:
    """Continue unfinished archives, and remove expired ones."""
    duties.sweep(privacy.unfinished(), create_archive)
    for old in privacy.expired(timezone.now()).select_related("document")[:SWEEP_BATCH]:
        privacy.remove_export(old)
