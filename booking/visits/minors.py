"""Who may book for a minor. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from booking.errors import NeedsAdult, NeedsGuardian
from clinic.models import Client, Guardian, User

if TYPE_CHECKING:
    from datetime import date

GUARDS = frozenset({Guardian.Relationship.PARENT.value, Guardian.Relationship.LEGAL_GUARDIAN.value})


def expect_adult(birth_date: date, relationship: str, on: date) -> None:
    """Refuse a minor's visit that no adult stands behind. `relationship` blank: themselves.

    Raises:
        NeedsAdult: no parent or legal guardian books it.
    """
    if Client(birth_date=birth_date).is_minor_on(on) and relationship not in GUARDS:
        raise NeedsAdult


def expect_guarded(actor: object, client: Client, on: date) -> None:
    """Refuse a minor's visit that only they ask for: from their own login, or from none.

    A client whose date of birth is unknown may book: check-in asks for it (`readiness.py`).

    Raises:
        NeedsGuardian: an adult, or staff, has to ask for it.
    """
    alone = not isinstance(actor, User) or actor.pk == client.user_id
    if alone and client.is_minor_on(on):
        raise NeedsGuardian
