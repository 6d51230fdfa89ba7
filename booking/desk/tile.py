"""The next visit, on the client's page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from booking import selectors
from clinic import access
from clinic.people.tiles import Tile

if TYPE_CHECKING:
    from clinic.models import Client, User

AHEAD = 2  # the next one, and the one after it


def next_visit(user: User, client: Client) -> Tile | None:
    if not access.in_care_team(user):
        return None
    coming = list(selectors.upcoming(client)[:AHEAD])
    shown = {
        "appointment": coming[0] if coming else None,
        "then": coming[1] if len(coming) > 1 else None,
        "client": client,
        "may_book": access.works_at_desk(user),
    }
    return Tile("booking/desk/_tile.html", shown)
