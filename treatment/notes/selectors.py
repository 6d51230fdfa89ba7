from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from treatment.models import TreatmentNote, Visit
from treatment.notes import content

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet

    from clinic.models import Therapist
    from treatment.notes.content import Field

# Sessions of before there were notes are not asked about.
ASKED = timedelta(days=14)


def note_of(visit: Visit) -> TreatmentNote | None:
    return (
        TreatmentNote.objects.filter(visit=visit)
        .select_related("signed_by")
        .prefetch_related("addenda")
        .first()
    )


def is_of_session(note: TreatmentNote, visit: Visit) -> bool:
    """Whether a signed note tells of the session that took place: one that was taken back and
    recorded again on another day keeps its note."""
    signed_for = datetime.fromisoformat(note.figures["started"])
    return visit.started_at is not None and signed_for.date() == visit.started_at.date()


def readable() -> QuerySet[TreatmentNote]:
    """Notes that their client may read: signed, where the clinic shows them."""
    shown = {"signed_at__isnull": False, "visit__appointment__location__notes_in_portal": True}
    return (
        TreatmentNote.objects.filter(**shown)
        .select_related(
            "visit__therapist",
            "visit__appointment__client",
            "visit__appointment__option__service",
        )
        .prefetch_related("visit__minutes__technique", "addenda")
    )


def unsigned(therapist: Therapist) -> QuerySet[Visit]:
    """A therapist's finished sessions whose note is not signed yet, oldest first."""
    recent = Q(note=None, stopped_at__gt=timezone.now() - ASKED)
    return (
        Visit.objects.filter(therapist=therapist, status=Visit.Status.FINISHED)
        .filter(recent | Q(note__isnull=False, note__signed_at=None))
        .select_related("appointment__client", "appointment__location")
        .order_by("stopped_at")
    )


def lines(fields: Sequence[Field], said: Mapping[str, str]) -> list[tuple[Field, str]]:
    """What a note says, in its order, as people read it; without what it does not say."""
    spoken = [(field, content.spoken(field, said.get(field.name, ""))) for field in fields]
    return [(field, words) for field, words in spoken if words]
