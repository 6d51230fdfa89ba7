from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _

from treatment.models import Exercise, ExerciseTick, TreatmentNote, Visit
from treatment.selfcare import regions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from clinic.models import Client

FIELD = "given"  # of a note: the ids of what was given, with spaces between them
WEEK, FORTNIGHT = 7, 14  # days


@dataclass(frozen=True, slots=True)
class Offer:
    """One that a therapist may give."""

    exercise: Exercise
    is_ordered: bool  # for a region that is to be treated

    @property
    def value(self) -> str:
        return self.exercise.pk.hex

    @property
    def label(self) -> StrOrPromise:
        if self.exercise.is_retired:
            return _("%(title)s (no longer offered)") % {"title": self.exercise.title}
        return self.exercise.title


@dataclass(frozen=True, slots=True)
class Given:
    """What a client takes home, as it was worded at the visit of that day."""

    exercise: Exercise
    day: date
    week: Sequence[tuple[date, bool]] = field(default_factory=tuple)  # whether it was done

    @property
    def is_done_today(self) -> bool:
        return bool(self.week) and self.week[-1][1]

    @property
    def times(self) -> int:
        return sum(done for _day, done in self.week)


# ---- The library ----


def in_use() -> QuerySet[Exercise]:
    return Exercise.objects.filter(retired_at=None)


def newest(pk: UUID) -> Exercise | None:
    """The wording that is in use of what this row is a wording of, or the last one that was."""
    line = Exercise.objects.filter(pk=pk).values("line")
    rows = list(Exercise.objects.filter(line__in=line).order_by("-created_at"))
    return next((one for one in rows if not one.is_retired), rows[0] if rows else None)


def retired() -> list[Exercise]:
    """The last wording of each that is offered no more."""
    rows = Exercise.objects.exclude(line__in=in_use().values("line"))
    return sorted(
        rows.order_by("line", "-created_at").distinct("line"), key=lambda one: one.title.lower()
    )


def titles() -> tuple[tuple[str, str], ...]:
    """Each that may be in a note, retired ones too, by what the note says."""
    rows = Exercise.objects.order_by("position", "title", "created_at").values_list("pk", "title")
    return tuple((pk.hex, title) for pk, title in rows)


def offers(places: Iterable[str], chosen: str = "") -> list[Offer]:
    """For a note: those for these places of the body first; a retired one only where chosen."""
    wanted, kept = regions.of_places(places), set(ids_in(chosen))
    found = [
        Offer(one, bool(wanted.intersection(one.regions)))
        for one in Exercise.objects.all()
        if not one.is_retired or one.pk in kept
    ]
    return sorted(found, key=lambda offer: not offer.is_ordered)


def ids_in(value: str) -> list[UUID]:
    """What a note says was given; what is no id is passed over."""
    found = []
    for part in value.split():
        try:
            found.append(UUID(hex=part))
        except ValueError:
            continue
    return found


def renewed(said: Mapping[str, str]) -> dict[str, str]:
    """What an earlier note says, in the wordings that are in use by now; without retired ones."""
    ids = ids_in(said.get(FIELD, ""))
    if not ids:
        return dict(said)
    lines = dict(Exercise.objects.filter(pk__in=ids).values_list("pk", "line"))
    now = dict(in_use().filter(line__in=lines.values()).values_list("line", "pk"))
    kept = dict.fromkeys(now[lines[pk]].hex for pk in ids if lines.get(pk) in now)
    return {**said, FIELD: " ".join(kept)}


def chosen_in(said: Mapping[str, str]) -> list[Exercise]:
    """What a note says was given, in its order."""
    ids = ids_in(said.get(FIELD, ""))
    found = Exercise.objects.in_bulk(ids) if ids else {}
    return [found[pk] for pk in dict.fromkeys(ids) if pk in found]


# ---- What a client was given ----


def given_to(client: Client, today: date | None = None) -> list[Given]:
    """What was given at signed visits that took place, each once, newest visit first.

    `today` adds the seven days up to it. Three queries.
    """
    notes = (
        TreatmentNote.objects.filter(
            visit__appointment__client=client.pk,
            signed_at__isnull=False,
            visit__status=Visit.Status.FINISHED,
        )
        .select_related("visit__appointment__location")
        .order_by("-visit__appointment__starts_at")
    )
    days: dict[UUID, date] = {}
    for note in notes:
        for pk in ids_in(note.said.get(FIELD, "")):
            days.setdefault(pk, note.visit.appointment.local_date)
    rows = Exercise.objects.in_bulk(days)
    found: dict[UUID, Given] = {}
    done = _done(client, today) if today else {}
    for pk, day in days.items():
        if one := rows.get(pk):
            week = _week(today, done.get(one.line, set())) if today else ()
            found.setdefault(one.line, Given(one, day, week))
    return list(found.values())


def _done(client: Client, today: date) -> dict[UUID, set[date]]:
    found: dict[UUID, set[date]] = defaultdict(set)
    for line, day in _ticks(client, today, WEEK):
        found[line].add(day)
    return found


def _week(today: date, done: set[date]) -> list[tuple[date, bool]]:
    days = [today - timedelta(days=back) for back in reversed(range(WEEK))]
    return [(day, day in done) for day in days]


def _ticks(client: Client, today: date, days: int) -> QuerySet[ExerciseTick, tuple[UUID, date]]:
    span = (today - timedelta(days=days - 1), today)
    rows = ExerciseTick.objects.filter(client=client.pk, day__range=span)
    return rows.values_list("exercise__line", "day").distinct()


@dataclass(frozen=True, slots=True)
class Practice:
    """How often a client ticked what they were given, in the last two weeks."""

    times: int
    by_title: Sequence[tuple[str, int]]


def practice_of(client: Client, today: date) -> Practice | None:
    """None where nothing was given."""
    given = given_to(client)
    if not given:
        return None
    counted = Counter(line for line, _day in _ticks(client, today, FORTNIGHT))
    rows = [(one.exercise.title, counted[one.exercise.line]) for one in given]
    known = [(title, times) for title, times in rows if times]
    return Practice(sum(times for _title, times in known), known)
