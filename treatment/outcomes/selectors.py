"""What signed notes say of a client's pain, visit by visit."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from clinic.models import Service
from treatment import relief
from treatment.models import TreatmentNote
from treatment.notes import content

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from clinic.models import Client
    from treatment.relief import Relief

MOST = 26  # visits: half a year of one a week


@dataclass(frozen=True, slots=True)
class Row:
    """One visit. What is known only at the next one is of this visit all the same."""

    visit_id: object
    day: date
    therapist: str
    before: int | None
    after: int | None
    is_shown: bool = False  # to the client, in the portal
    relief: Relief | None = None
    retained: int | None = None


def rows_of(client: Client) -> list[Row]:
    """The client's last treated visits with a signed note, oldest first. One query."""
    notes = (
        TreatmentNote.objects.filter(
            visit__appointment__client=client.pk, signed_at__isnull=False, visit__status="finished"
        )
        .exclude(visit__appointment__option__service__kind=Service.Kind.CONSULTATION)
        .select_related("visit__therapist", "visit__appointment__location")
        .order_by("-visit__appointment__starts_at")[:MOST]
    )
    return _rows(list(notes)[::-1])


def _rows(notes: Sequence[TreatmentNote]) -> list[Row]:
    made = []
    for note, following in zip_longest(notes, notes[1:]):
        day = note.visit.appointment.local_date
        before, after = (content.score(note.said, name) for name in ("pain_now", "pain_after"))
        helped = left = None
        if following is not None:
            asked = following.visit.appointment.local_date
            helped = relief.relief_of(following.said.get("relief", ""), day, asked)
            left = relief.retained(before, after, content.score(following.said, "pain_now"))
        shown = note.visit.appointment.location.notes_in_portal
        name = note.visit.therapist.name
        row = Row(note.visit_id, day, name, before, after, shown, helped, left)
        made.append(row)
    return made


def typical_of(rows: Sequence[Row]) -> Relief | None:
    return relief.typical([row.relief for row in rows if row.relief is not None])
