"""What is kept of a client's sessions, for the archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic.export import Part, facts, who
from treatment.models import Visit

if TYPE_CHECKING:
    from clinic.models import Client


def sessions(client: Client) -> Part:
    found = (
        Visit.objects.filter(appointment__client=client)
        .select_related("therapist", "finished_by")
        .prefetch_related("minutes__technique")
        .order_by("arrived_at")
    )
    return Part(
        [
            facts(one, "status", "arrived_at", "started_at", "stopped_at")
            | {
                "therapist": one.therapist.title,
                "finished_by": who(one.finished_by, client),
                "minutes": {row.technique.name: row.minutes for row in one.minutes.all()},
            }
            for one in found
        ]
    )
