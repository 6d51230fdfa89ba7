"""What merges a record has been through. Finding a client: `search.py`; a twin: `similar.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from clinic.models import Client, ClientMerge


def merges_of(client: Client) -> QuerySet[ClientMerge]:
    """The current merges into this record, newest first."""
    return client.merges.filter(undone_at=None).select_related("merged", "done_by").defer("record")
