"""What other programs write against RFC 5545, put so that nothing busy is lost. No Django.

Anyone who protects a diary reads too much rather than too little: of two entries that say they are
the same event, and are not, both are busy.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLD = re.compile(rb"\r?\n[ \t]")
# A zone with a colon must be quoted (3.2), or everything after that colon is read as the time.
BARE_ZONE = re.compile(
    rb'^([A-Z-]+(?:;[^:"\r\n]*)?;TZID=)([^";:\r\n]*:[^";\r\n]*)(?=(?:;[^:"\r\n]*)?:[0-9]{8})',
    re.I | re.M,
)


def mended(content: bytes) -> bytes:
    """The text with its zones quoted."""
    return BARE_ZONE.sub(rb'\1"\2"', FOLD.sub(b"", content))


def tell_apart(events: Iterable[Any]) -> None:
    """Give each of several events with one UID one of its own.

    Without RECURRENCE-ID they are several events, though 3.8.4.7 forbids it: the last version keeps
    the UID, and with it what RECURRENCE-ID changes. With RECURRENCE-ID, a higher SEQUENCE is a
    newer version of the same occurrence; the same SEQUENCE twice is not.
    """
    taken: set[tuple[object, ...]] = set()
    for number, event in enumerate(sorted(events, key=_sequence, reverse=True)):
        event["SEQUENCE"] = _sequence(event)  # one that is no number would hide the event
        uid, replaces = str(event.get("UID") or ""), event.get("RECURRENCE-ID")
        key: tuple[object, ...] = (uid,)
        if replaces is not None:
            key = (uid, getattr(replaces, "dt", None), event["SEQUENCE"])
        if uid and None not in key and key not in taken:
            taken.add(key)
            continue
        event["UID"] = f"{uid}#{number}"
        event.pop("RECURRENCE-ID", None)


def _sequence(event: Any) -> int:
    try:
        return int(event.get("SEQUENCE") or 0)
    except (TypeError, ValueError):
        return 0
