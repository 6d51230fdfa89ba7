"""Which keys this clinic's data needs. A lost one is loud at the start, not at the first read."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, ProgrammingError

from clinic.crypto import CannotDecrypt, keyring
from clinic.models import EncryptionKey

CANARY, CONTEXT = b"canary", b"key"


def require() -> None:
    """Note the key in use, and make sure that every earlier one is there too.

    Raises:
        ImproperlyConfigured: a key that has sealed something is not in DOCUMENT_KEYS, or another
            one stands there under its name.
    """
    ring = keyring()
    known = {row.key_id: bytes(row.canary) for row in EncryptionKey.objects.all()}
    lost = sorted(name for name, canary in known.items() if not _opens(canary))
    if lost:
        message = (
            f"DOCUMENT_KEYS lacks what this clinic's data was encrypted with: {', '.join(lost)}."
            " Put the key back (behind the new one, after a comma). Without it documents and"
            " health answers stay shut for good."
        )
        raise ImproperlyConfigured(message)
    if ring.current not in known:
        EncryptionKey.objects.get_or_create(
            key_id=ring.current, defaults={"canary": ring.seal(CANARY, CONTEXT)}
        )


def require_if_possible() -> None:
    """As `require`; but with the database away or not yet migrated there is nothing to ask."""
    try:
        require()
    except (OperationalError, ProgrammingError):
        return


def _opens(canary: bytes) -> bool:
    try:
        return keyring().open(canary, CONTEXT) == CANARY
    except CannotDecrypt:
        return False
