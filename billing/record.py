"""What the client's page at the desk says of money: the balance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic import access
from clinic.people import owed
from clinic.people.tiles import Tile

if TYPE_CHECKING:
    from clinic.models import Client, User

MOST = 3  # dues that are named


def balance(user: User, client: Client) -> Tile | None:
    """What is owed, by what for; only for those who handle money."""
    if not access.handles_money(user):
        return None
    found = owed.of(client.pk)
    rest = found.dues[MOST:]
    shown = {
        "owed": found,
        "dues": found.dues[:MOST],
        "more": len(rest),
        "more_cents": sum(due.cents for due in rest),
    }
    return Tile("billing/_tile.html", shown)
