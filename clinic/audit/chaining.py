"""The chain over the audit rows: one writer makes it, and anyone with the key can check it.

A row is proven by its own `mac` as soon as it is written. A link then ties it to all
earlier ones, so that a missing row shows too. Requests never wait for this: the worker
chains every few seconds, one at a time (docs/adr/0006).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone

from clinic.audit import chain
from clinic.models import AuditEvent, AuditSeal
from clinic.vault.crypto import keyring

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK = 0x61756469  # "audi": an advisory lock, held by the one that chains
BATCH = 2000
# No transaction lives longer: statements and idle ones are cut off after a minute.
LATEST_COMMIT = timedelta(hours=1)
UNCHAINED_FOR = timedelta(minutes=10)  # longer than this without a link is reported
CHUNK = 5000


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and where."""

    what: str
    position: int | None = None
    event: int | None = None

    def __str__(self) -> str:
        places = {"event": self.event, "position": self.position}
        where = ", ".join(f"{name} {place}" for name, place in places.items() if place is not None)
        return f"{where}: {self.what}" if where else self.what


@dataclass(frozen=True, slots=True)
class Head:
    """The last link. Kept elsewhere, it shows whether the end of the chain was cut off."""

    position: int
    link: bytes

    def __str__(self) -> str:
        return f"{self.position}:{self.link.hex()}"


@transaction.atomic
def extend_chain(limit: int = BATCH) -> int:
    """Chain the new rows; returns how many. Also 0 when someone else is chaining."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
    last = AuditSeal.objects.order_by("-position").first()
    keys, now = keyring(), timezone.now()
    # Ids are assigned in one order and committed in another: look back as far as one may be late.
    floor = AuditSeal.objects.filter(sealed_at__lt=now - LATEST_COMMIT).aggregate(Max("event"))
    waiting = AuditEvent.objects.filter(
        ~Exists(AuditSeal.objects.filter(event=OuterRef("pk"))),
        pk__gt=floor["event__max"] or 0,
    ).order_by("pk")[:limit]
    position, previous = (last.position, bytes(last.link)) if last else (0, chain.START)
    links = []
    for event in waiting:
        position += 1
        previous = chain.link(keys.current_key, position, previous, event)
        links.append(
            AuditSeal(
                position=position, event=event, key_id=keys.current, link=previous, sealed_at=now
            )
        )
    AuditSeal.objects.bulk_create(links)
    return len(links)


def head() -> Head | None:
    last = AuditSeal.objects.order_by("-position").first()
    return Head(last.position, bytes(last.link)) if last else None


def verify(expected: Head | None = None) -> Iterator[Fault]:
    """Everything wrong with rows and chain, in order; nothing if all is as written.

    `expected` is a head kept elsewhere: the chain must still include it.
    """
    keys = keyring()
    position, previous, seen = 0, chain.START, expected is None
    links = AuditSeal.objects.select_related("event").order_by("position")
    for tie in links.iterator(chunk_size=CHUNK):
        if tie.position != position + 1:
            yield Fault(f"links {position + 1} to {tie.position - 1} are missing")
        position, event = tie.position, tie.event
        key = keys.keys.get(tie.key_id)
        if (fault := _changed(event)) is not None:
            yield Fault(fault, position, event.pk)
        elif key is None:
            yield Fault(f"the key {tie.key_id} is not in DOCUMENT_KEYS", position, event.pk)
        elif not chain.same(chain.link(key, position, previous, event), bytes(tie.link)):
            yield Fault("the link does not match the one before it", position, event.pk)
        previous = bytes(tie.link)
        if expected is not None and position == expected.position:
            seen = True
            if not chain.same(previous, expected.link):
                yield Fault("the link is not the one that was recorded", position, event.pk)
    if not seen and expected is not None:
        yield Fault(f"the chain ends before {expected.position}", position)
    yield from _unchained()


def _unchained() -> Iterator[Fault]:
    late = timezone.now() - UNCHAINED_FOR
    chained = Exists(AuditSeal.objects.filter(event=OuterRef("pk")))
    for event in AuditEvent.objects.filter(~chained).order_by("pk").iterator(chunk_size=CHUNK):
        if (fault := _changed(event)) is not None:
            yield Fault(fault, event=event.pk)
        elif event.at < late:
            yield Fault("it was never chained", event=event.pk)


def _changed(event: AuditEvent) -> str | None:
    key = keyring().keys.get(event.key_id)
    if key is None:
        return f"the key {event.key_id or '(none)'} is not in DOCUMENT_KEYS"
    return None if chain.same(chain.mac(key, event), bytes(event.mac)) else "it was changed"


def first(faults: Iterator[Fault], number: int) -> list[Fault]:
    return list(islice(faults, number))
