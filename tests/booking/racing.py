"""What race tests share: many at once on real connections, the laws of the diary, and a way to take
away what keeps them, so that each race can show that it would be lost without it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, local
from typing import TYPE_CHECKING

from django.db import connection

from booking.models import Appointment
from booking.visits import placement
from clinic.models import Room

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from uuid import UUID

    import pytest

CLASHES = (placement.THERAPIST_CLASH, placement.ROOM_CLASH)


def all_at_once(count: int, attempt: Callable[[int], str]) -> list[str]:
    """Run the attempts together, each on its own connection; what each came to.

    What is not caught by an attempt (a deadlock, say) is raised here.
    """
    together = Barrier(count)

    def one(number: int) -> str:
        try:
            together.wait(timeout=30)
            return attempt(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=count) as pool:
        return list(pool.map(one, range(count)))


def overlaps() -> int:
    """Pairs that block the same time of a therapist, or of a room without being one party."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM booking_appointment a JOIN booking_appointment b
              ON a.id < b.id AND a.blocked && b.blocked
             AND (a.therapist_id = b.therapist_id
                  OR (a.room_id = b.room_id AND a.party <> b.party))
             WHERE a.status NOT IN ('cancelled', 'noshow')
               AND b.status NOT IN ('cancelled', 'noshow')
            """
        )
        (count,) = cursor.fetchone()
    return int(count)


@contextmanager
def without_constraints() -> Iterator[None]:
    """Drop the exclusion constraints, and put them back when all is cleared away."""
    definitions = {}
    with connection.cursor() as cursor:
        for name in CLASHES:
            cursor.execute(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name]
            )
            (definitions[name],) = cursor.fetchone()
            cursor.execute(f"ALTER TABLE booking_appointment DROP CONSTRAINT {name}")
    try:
        yield
    finally:
        Appointment.objects.all().delete()
        with connection.cursor() as cursor:
            for name, definition in definitions.items():
                cursor.execute(
                    f"ALTER TABLE booking_appointment ADD CONSTRAINT {name} {definition}"
                )


@contextmanager
def unguarded(monkeypatch: pytest.MonkeyPatch, lookers: int) -> Iterator[None]:
    """No constraint, and no lock: all see the same free room before any of them writes.

    Afterwards each still looks, as a program without locks would.
    """
    looked, mine = Barrier(lookers), local()
    really = placement._rooms

    def look(party: Sequence[Appointment], *rest: object) -> Iterator[UUID]:
        if hasattr(mine, "has_looked"):
            return really(party, *rest)  # type: ignore[arg-type]
        mine.has_looked = True
        looked.wait(timeout=30)
        first = Room.objects.filter(location=party[0].location)[:1]
        return iter(first.values_list("pk", flat=True))

    with without_constraints(), monkeypatch.context() as patch:
        patch.setattr(placement, "_rooms", look)
        patch.setattr(placement, "lock_rooms", lambda *_rooms_and_days: None)
        patch.setattr(placement, "lock_therapist", lambda _pk: None)
        yield
