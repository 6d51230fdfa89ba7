"""Who may book for somebody under age. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from booking.errors import NeedsAdult, NeedsGuardian
from clinic.models import Client, Guardian, User

if TYPE_CHECKING:
    from datetime import date

GUARDS = frozenset({Guardian.Relationship.PARENT.value, Guardian.Relationship.LEGAL_GUARDIAN.value})


def is_minor(birth_date: date, on: date) -> bool:
    return Client(birth_date=birth_date).is_minor_on(on)


def expect_adult(birth_date: date, relationship: str, on: date) -> None:
    """Refuse a minor's visit that nobody of age stands behind. `relationship` blank: themselves.

    Raises:
        NeedsAdult: no parent or legal guardian books it.
    """
    if is_minor(birth_date, on) and relationship not in GUARDS:
        raise NeedsAdult


def expect_guarded(actor: object, client: Client, on: date) -> None:
    """Refuse a minor's visit that only they themselves ask for: by their own login, or by none.

    Raises:
        NeedsGuardian: somebody else, or staff, has to ask for it.
    """
    alone = not isinstance(actor, User) or actor.pk == client.user_id
    if alone and is_minor(client.birth_date, on):
        raise NeedsGuardian
