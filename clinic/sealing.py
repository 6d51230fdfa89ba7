"""The chain over the audit rows: one writer makes it, and anybody with the key can check it.

A row is proven by its own `mac` as soon as it is written. A seal puts it in its place behind all
that were sealed before, so that a missing row shows too. Requests never wait for this: the worker
seals every few seconds, one at a time (docs/adr/0006).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone

from clinic import chain
from clinic.crypto import keyring
from clinic.models import AuditEvent, AuditSeal

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK = 0x61756469  # "audi": an advisory lock, held by whoever seals
BATCH = 2000
# No transaction lives longer: statements and idle ones are cut off after a minute.
LATEST_COMMIT = timedelta(hours=1)
UNSEALED_FOR = timedelta(minutes=10)  # longer than this without a seal is worth a word
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
def seal(limit: int = BATCH) -> int:
    """Chain what has been written since; how many rows. 0 too when somebody else is at it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
    last = AuditSeal.objects.order_by("-position").first()
    ring, now = keyring(), timezone.now()
    # Ids are given out in one order and committed in another: look back as far as one may be late.
    floor = AuditSeal.objects.filter(sealed_at__lt=now - LATEST_COMMIT).aggregate(Max("event"))
    waiting = AuditEvent.objects.filter(
        ~Exists(AuditSeal.objects.filter(event=OuterRef("pk"))),
        pk__gt=floor["event__max"] or 0,
    ).order_by("pk")[:limit]
    position, previous = (last.position, bytes(last.link)) if last else (0, chain.START)
    seals = []
    for event in waiting:
        position += 1
        previous = chain.link(ring.keys[ring.current], position, previous, event)
        seals.append(
            AuditSeal(
                position=position, event=event, key_id=ring.current, link=previous, sealed_at=now
            )
        )
    AuditSeal.objects.bulk_create(seals)
    return len(seals)


def head() -> Head | None:
    last = AuditSeal.objects.order_by("-position").first()
    return Head(last.position, bytes(last.link)) if last else None


def verify(expected: Head | None = None) -> Iterator[Fault]:
    """All that is wrong with rows and chain, in order; nothing when all is as it was written.

    `expected` is a head that was kept elsewhere: the chain must still run through it.
    """
    ring = keyring()
    position, previous, seen = 0, chain.START, expected is None
    seals = AuditSeal.objects.select_related("event").order_by("position")
    for seal_ in seals.iterator(chunk_size=CHUNK):
        if seal_.position != position + 1:
            yield Fault(f"links {position + 1} to {seal_.position - 1} are missing")
        position, event = seal_.position, seal_.event
        key = ring.keys.get(seal_.key_id)
        if (fault := _changed(event)) is not None:
            yield Fault(fault, position, event.pk)
        elif key is None:
            yield Fault(f"the key {seal_.key_id} is not in the ring", position, event.pk)
        elif not chain.same(chain.link(key, position, previous, event), bytes(seal_.link)):
            yield Fault("the link does not fit what comes before it", position, event.pk)
        previous = bytes(seal_.link)
        if expected is not None and position == expected.position:
            seen = True
            if not chain.same(previous, expected.link):
                yield Fault("the link is not the one that was kept", position, event.pk)
    if not seen and expected is not None:
        yield Fault(f"the chain ends before {expected.position}", position)
    yield from _unsealed()


def _unsealed() -> Iterator[Fault]:
    late = timezone.now() - UNSEALED_FOR
    sealed = Exists(AuditSeal.objects.filter(event=OuterRef("pk")))
    for event in AuditEvent.objects.filter(~sealed).order_by("pk").iterator(chunk_size=CHUNK):
        if (fault := _changed(event)) is not None:
            yield Fault(fault, event=event.pk)
        elif event.at < late:
            yield Fault("it was never sealed", event=event.pk)


def _changed(event: AuditEvent) -> str | None:
    key = keyring().keys.get(event.key_id)
    if key is None:
        return f"the key {event.key_id or '(none)'} is not in the ring"
    return None if chain.same(chain.mac(key, event), bytes(event.mac)) else "it was changed"


def first(faults: Iterator[Fault], number: int) -> list[Fault]:
    return list(islice(faults, number))
