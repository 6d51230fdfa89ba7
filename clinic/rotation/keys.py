"""Which keys this clinic's data needs. A lost one fails at startup, not at the first read."""

from __future__ import annotations

from celery import signals
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, ProgrammingError

from clinic.models import EncryptionKey
from clinic.vault.crypto import CannotDecrypt, keyring

CANARY, CONTEXT = b"canary", b"key"


def require() -> None:
    """Record the key in use, and check that every earlier one is present.

    Raises:
        ImproperlyConfigured: a key that encrypted something is not in DOCUMENT_KEYS, or another
            one is there under its name.
    """
    keys = keyring()
    known = {row.key_id: bytes(row.canary) for row in EncryptionKey.objects.all()}
    lost = sorted(name for name, canary in known.items() if not _opens(canary))
    if lost:
        message = (
            f"DOCUMENT_KEYS lacks what this clinic's data was encrypted with: {', '.join(lost)}."
            " Put the key back (after the new one, separated by a comma). Without it, documents"
            " and health answers can never be opened."
        )
        raise ImproperlyConfigured(message)
    if keys.current not in known:
        EncryptionKey.objects.get_or_create(
            key_id=keys.current, defaults={"canary": keys.encrypt(CANARY, CONTEXT)}
        )


def require_if_possible() -> None:
    """Like `require`, but does nothing if the database is down or not yet migrated."""
    try:
        require()
    except (OperationalError, ProgrammingError):
        return


@signals.worker_init.connect
def require_in_worker(**_: object) -> None:
    """A worker without the keys would fail on every document, so it does not start.

    Celery logs what a receiver raises, and continues; it does not catch this.

    Raises:
        SystemExit: as `require`, in its words.
    """
    try:
        require_if_possible()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from error


def _opens(canary: bytes) -> bool:
    try:
        return keyring().decrypt(canary, CONTEXT) == CANARY
    except CannotDecrypt:
        return False
