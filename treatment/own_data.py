"""What we keep of a client's sessions, for export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clinic.privacy.export import Part, facts, who
from treatment.models import Visit

if TYPE_CHECKING:
    from clinic.models import Client


def sessions(client: Client) -> Part:
    found = (
        Visit.objects.filter(appointment__client=client)
        .select_related("therapist", "finished_by", "late_by")
        .prefetch_related("minutes__technique", "corrections__by")
        .prefetch_related("acknowledgments")
        .prefetch_related("note__addenda__by", "note__signed_by")
        .order_by("arrived_at")
    )
    return Part(
        [
            facts(one, "status", "arrived_at", "started_at", "stopped_at", "times_reason")
            | facts(one, "late_at", "late_reason", "late_missing")
            | {
                "therapist": one.therapist.title,
                "finished_by": who(one.finished_by, client),
                "late_by": who(one.late_by, client),
                "corrections": [
                    facts(entry, "kind", "at", "reason", "before", "after")
                    | {"by": who(entry.by, client)}
                    for entry in one.corrections.all()
                ],
                "note": _note(one, client),
                "confirmed": [
                    facts(word, "number", "at", "shown", "name", "drawing")
                    for word in one.acknowledgments.all()
                ],
                "minutes": {row.technique.name: row.minutes for row in one.minutes.all()},
            }
            for one in found
        ]
    )


def _note(visit: Visit, client: Client) -> dict[str, Any] | None:
    """What was written of the visit, a draft too, and what was added."""
    note = getattr(visit, "note", None)
    if note is None:
        return None
    return facts(note, "said", "signed_name", "signed_at") | {
        "addenda": [
            facts(one, "number", "name", "at", "text") | {"by": who(one.by, client)}
            for one in note.addenda.all()
        ]
    }
