"""What clients owe, read in one go for as many as are on a page. No app is imported from here.

owed.register(read)      in the AppConfig.ready of the app that keeps the money
owed.owed_by(ids)        on any page: every id asked for has an answer
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import date
    from uuid import UUID

    Read = Callable[[Collection[UUID]], Mapping[UUID, "Owed"]]

VISIT, FEE = "visit", "fee"


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that a client still has to pay."""

    what: str  # in words: "Visit", "Rest of a visit", "No-show fee"
    day: date  # where the clinic is
    cents: int
    appointment_id: UUID
    kind: str  # VISIT or FEE: no health plan pays a fee


@dataclass(frozen=True, slots=True)
class Owed:
    """All that a client owes, the oldest first; and apart from it, what the clinic owes them."""

    dues: tuple[Due, ...] = ()
    credit_cents: int = 0  # paid beyond what a visit costs, and not given back yet

    @property
    def cents(self) -> int:
        return sum(due.cents for due in self.dues)


NOTHING = Owed()


def _nobody_keeps_money(_client_ids: Collection[UUID]) -> Mapping[UUID, Owed]:
    return {}


_read: Read = _nobody_keeps_money


def register(read: Read) -> None:
    """Register the read: a constant number of queries for any number of clients."""
    global _read
    _read = read


def owed_by(client_ids: Collection[UUID]) -> dict[UUID, Owed]:
    """What each of these clients owes; `NOTHING` for who owes nothing."""
    found = _read(client_ids) if client_ids else {}
    return {pk: found.get(pk, NOTHING) for pk in client_ids}


def of(client_id: UUID) -> Owed:
    """What one client owes."""
    return owed_by([client_id])[client_id]
