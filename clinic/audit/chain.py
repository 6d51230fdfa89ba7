"""An audit row's content as bytes, and the keyed hashes that prove it. Pure.

Both are HMAC-SHA256 under a key derived from the clinic's own: someone who can write SQL but
lacks the key can neither change a row nor forge a matching chain.
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
START = bytes(32)  # what the first link attaches to
PURPOSE = b"clinic audit chain"


def derived(key: bytes) -> bytes:
    """The key for this purpose, so that one secret is not used for two."""
    return hmac.digest(key, PURPOSE, hashlib.sha256)


def content(event: AuditEvent) -> bytes:
    """The canonical form of an event: sorted keys, no spaces, UTC to the microsecond."""
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
    """Proves one event on its own."""
    return hmac.digest(derived(key), content(event), hashlib.sha256)


def link(key: bytes, position: int, previous: bytes, event: AuditEvent) -> bytes:
    """Ties an event to everything before it."""
    said = b"".join((position.to_bytes(8, "big"), previous, content(event), bytes(event.mac)))
    return hmac.digest(derived(key), said, hashlib.sha256)


def same(one: bytes, other: bytes) -> bool:
    return hmac.compare_digest(one, other)
