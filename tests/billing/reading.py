"""What is so now, read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing import selectors
from clinic.people import owed

if TYPE_CHECKING:
    from clinic.models import Client
    from treatment.models import Visit


def fresh(visit: Visit) -> Visit:
    return selectors.visits().get(pk=visit.pk)


def owes(client: Client) -> list[tuple[str, int]]:
    """Of which kind each due is, and its cents."""
    return [(due.kind, due.cents) for due in owed.of(client.pk).dues]
