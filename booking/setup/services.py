"""The only way to write the tables that shape the diary: hours, time off, rooms, prices, rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from booking.setup import conflicts
from booking.setup.errors import NewConflicts
from booking.visits import placement
from booking.waitlist import services as waitlist
from clinic.web.form_page import ChangedSince

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from booking.setup.changes import Change
    from clinic.models import User


@transaction.atomic
def save(*, actor: User, change: Change, accepted: Collection[UUID] = ()) -> int:
    """Make a change; returns how many visits it leaves to be moved, all of them `accepted`.

    Raises:
        ChangedSince: what its author saw is out of date.
        NewConflicts: visits would no longer fit that no one has agreed to leave.
        DomainError: it breaks one of its own rules.
    """
    lock(change)
    if change.current_version() != change.version:
        raise ChangedSince
    before = conflicts.find()
    change.write(actor)
    left = conflicts.added(before, conflicts.find())
    if not left.keys() <= set(accepted):
        raise NewConflicts(left)
    waitlist.enqueue_offers()  # more time may be free than before
    return len(left)


def lock(change: Change) -> None:
    """Lock the diaries it touches: a booking in progress is either seen, or comes after."""
    for pk in sorted(change.whose()):
        placement.lock_therapist(pk)
