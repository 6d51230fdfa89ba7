"""What an audit row says, as bytes, and the keyed hashes that prove it. Pure.

Both are HMAC-SHA256 under a key derived from the clinic's own: who can write SQL but does not
hold the key can neither change a row nor make a chain that fits.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clinic.models import AuditEvent

FORMAT = 1
START = bytes(32)  # what the first link hangs on
PURPOSE = b"clinic audit chain"


def derived(key: bytes) -> bytes:
    """The key of this purpose, so that one secret is not used for two things."""
    return hmac.digest(key, PURPOSE, hashlib.sha256)


def content(event: AuditEvent) -> bytes:
    """One spelling of all that an event says: sorted keys, no spaces, UTC to the microsecond."""
    said = {
        "format": FORMAT,
        "event": str(event.event_id),
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": str(event.actor_id or ""),
        "action": event.action,
        "object": [event.object_type, event.object_id],
        "client": str(event.client_id or ""),
        "ip": str(event.ip or ""),
        "request": event.request_id,
        "detail": event.detail,
        "key": event.key_id,
    }
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def mac(key: bytes, event: AuditEvent) -> bytes:
    """What proves one event by itself."""
    return hmac.digest(derived(key), content(event), hashlib.sha256)


def link(key: bytes, position: int, previous: bytes, event: AuditEvent) -> bytes:
    """What ties an event to all that came before it."""
    said = b"".join((position.to_bytes(8, "big"), previous, content(event), bytes(event.mac)))
    return hmac.digest(derived(key), said, hashlib.sha256)


def same(one: bytes, other: bytes) -> bool:
    return hmac.compare_digest(one, other)
