"""The one door to the tables that shape the diary: hours, time off, rooms, prices, rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from booking import placing
from booking.diary import stranded
from booking.diary.errors import ChangedMeanwhile, WouldStrand
from booking.waitlist import services as waitlist

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from booking.diary.changes import Change
    from clinic.models import User


@transaction.atomic
def save(*, actor: User, change: Change, accepted: Collection[UUID] = ()) -> int:
    """Make a change; returns how many visits it leaves to be moved, all of them `accepted`.

    Raises:
        ChangedMeanwhile: what its author had before them is not what stands.
        WouldStrand: visits would lose their place that nobody has agreed to leave.
        DomainError: it breaks a rule of its own.
    """
    lock(change)
    if change.current() != change.shown:
        raise ChangedMeanwhile
    before = stranded.find()
    change.write(actor)
    left = stranded.by_change(before, stranded.find())
    if not left.keys() <= set(accepted):
        raise WouldStrand(left)
    waitlist.ring()  # more time may be free than before
    return len(left)


def lock(change: Change) -> None:
    """Queue for the diaries it touches: a booking under way is either seen, or comes after."""
    for pk in sorted(change.whose()):
        placing.lock_therapist(pk)
