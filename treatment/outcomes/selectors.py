"""What signed notes say of a client's pain, visit by visit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from django.utils import timezone

from clinic import selectors as clinic_selectors
from clinic.models import Service
from treatment.followups import rules
from treatment.followups import selectors as follow_ups
from treatment.models import TreatmentNote, Visit
from treatment.notes import content, relief
from treatment.notes.selectors import is_of_session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from django.db.models import QuerySet

    from clinic.models import Client
    from treatment.function.selectors import History
    from treatment.notes.relief import Relief

MOST = 26  # visits: half a year of one a week


@dataclass(frozen=True, slots=True)
class Source:
    """Where it is known from how long a visit helped, and since when."""

    on: date
    is_note: bool = False  # of the next visit
    hours: int = 0  # after the visit, asked by message; 0: told in the account


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
    source: Source | None = None  # of the relief
    retained: int | None = None
    later: tuple[tuple[date, int], ...] = ()  # pain as told from home


def rows_of(client: Client) -> list[Row]:
    """The client's last treated visits that have a signed note, oldest first. Two queries."""
    return _rows(list(_treated(client)[:MOST])[::-1])


def rows_between(client: Client, since: date, until: date) -> list[Row]:
    """Those of these days, all of them, and what was known of them at the end. Two queries."""
    days = {"appointment__starts_at__date__gte": since, "appointment__starts_at__date__lte": until}
    with timezone.override(clinic_selectors.location().zone):
        visits = list(_treated(client).filter(**days))
    return _rows(visits[::-1], until)


def _treated(client: Client) -> QuerySet[Visit]:
    """Newest first; no consultations."""
    return (
        Visit.objects.filter(appointment__client=client.pk, status=Visit.Status.FINISHED)
        .exclude(appointment__option__service__kind=Service.Kind.CONSULTATION)
        .select_related("therapist", "appointment__location", "note")
        .prefetch_related("follow_ups")
        .order_by("-appointment__starts_at")
    )


def _signed(visit: Visit | None) -> TreatmentNote | None:
    """Its note, if it was signed for the session that took place."""
    note = getattr(visit, "note", None)
    if visit is None or note is None or not note.is_signed:
        return None
    return note if is_of_session(note, visit) else None


def _rows(visits: Sequence[Visit], known_by: date | None = None) -> list[Row]:
    """What a note tells of the visit before is of the very next one before, signed or not."""
    made = []
    for visit, following in zip_longest(visits, visits[1:]):
        note, told = _signed(visit), _signed(following)
        if note is None:
            continue
        day = visit.appointment.local_date
        before, after = (content.score(note.said, name) for name in ("pain_now", "pain_after"))
        helped, source = _relief(visit, following, known_by)
        next_before = content.score(told.said, "pain_now") if told else None
        row = Row(note, day, visit.therapist.name, before, after, relief=helped, source=source)
        made.append(
            replace(
                row,
                is_shown=visit.appointment.location.notes_in_portal,
                retained=relief.retained(before, after, next_before),
                later=tuple(follow_ups.scores_of(visit, visit.follow_ups.all(), known_by)),
            )
        )
    return made


def _relief(
    visit: Visit, following: Visit | None, known_by: date | None
) -> tuple[Relief, Source] | tuple[None, None]:
    """What the next visit's note says; until it says something, the last answer from home."""
    day = visit.appointment.local_date
    upto = following.appointment.local_date if following else None
    note = _signed(following)
    if note is not None and upto is not None:
        helped = relief.relief_of(note.said.get("relief", ""), day, upto)
        if helped is not None:
            return helped, Source(upto, is_note=True)
    told = follow_ups.told_of(visit, visit.follow_ups.all(), known_by)
    found = rules.relief_of(told, day, upto)
    return (found[0], Source(found[1].on, hours=found[1].hours)) if found else (None, None)


def since_the_first(history: History) -> list[Decimal | None]:
    """The means of what was measured at first, too."""
    return [
        (one.moved.last if one.moved else None) if place else one.mean
        for place, one in enumerate(history.measures)
    ]


def typical_of(rows: Sequence[Row]) -> tuple[Relief | None, int]:
    """The typical relief, and of how many visits."""
    known = [row.relief for row in rows if row.relief is not None]
    return relief.typical(known), min(len(known), relief.LATEST)
