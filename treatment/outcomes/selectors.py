"""What signed notes say of a client's pain, visit by visit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import TYPE_CHECKING

from django.utils import timezone

from clinic import selectors as clinic_selectors
from clinic.models import Service
from treatment.models import TreatmentNote, Visit
from treatment.notes import content, relief

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from django.db.models import QuerySet

    from clinic.models import Client
    from treatment.notes.relief import Relief

MOST = 26  # visits: half a year of one a week


@dataclass(frozen=True, slots=True)
class Row:
    """One visit. It holds what was learned of it at the next one, too."""

    note: TreatmentNote
    day: date
    therapist: str
    before: int | None
    after: int | None
    is_shown: bool = False  # to the client, in the portal
    relief: Relief | None = None
    retained: int | None = None


def rows_of(client: Client) -> list[Row]:
    """The client's last treated visits that have a signed note, oldest first. One query."""
    return _rows(list(_treated(client)[:MOST])[::-1])


def rows_between(client: Client, since: date, until: date) -> list[Row]:
    """Those of these days, all of them, and what was known of them at the end. One query."""
    days = {"appointment__starts_at__date__gte": since, "appointment__starts_at__date__lte": until}
    with timezone.override(clinic_selectors.location().zone):
        visits = list(_treated(client).filter(**days))
    return _rows(visits[::-1])


def _treated(client: Client) -> QuerySet[Visit]:
    """Newest first; no consultations."""
    return (
        Visit.objects.filter(appointment__client=client.pk, status=Visit.Status.FINISHED)
        .exclude(appointment__option__service__kind=Service.Kind.CONSULTATION)
        .select_related("therapist", "appointment__location", "note")
        .order_by("-appointment__starts_at")
    )


def _signed(visit: Visit | None) -> TreatmentNote | None:
    """Its note, if it was signed for the session that took place."""
    note = getattr(visit, "note", None)
    if visit is None or note is None or not note.is_signed or visit.started_at is None:
        return None
    signed_for = datetime.fromisoformat(note.figures["started"])
    return note if signed_for.date() == visit.started_at.date() else None


def _rows(visits: Sequence[Visit]) -> list[Row]:
    """What a note tells of the visit before is of the very next one before, signed or not."""
    made = []
    for visit, following in zip_longest(visits, visits[1:]):
        note, told = _signed(visit), _signed(following)
        if note is None:
            continue
        day = visit.appointment.local_date
        before, after = (content.score(note.said, name) for name in ("pain_now", "pain_after"))
        helped = left = None
        if told is not None:
            asked = following.appointment.local_date
            helped = relief.relief_of(told.said.get("relief", ""), day, asked)
            left = relief.retained(before, after, content.score(told.said, "pain_now"))
        shown = visit.appointment.location.notes_in_portal
        made.append(Row(note, day, visit.therapist.name, before, after, shown, helped, left))
    return made


def typical_of(rows: Sequence[Row]) -> tuple[Relief | None, int]:
    """The typical relief, and of how many visits."""
    known = [row.relief for row in rows if row.relief is not None]
    return relief.typical(known), min(len(known), relief.LATEST)
