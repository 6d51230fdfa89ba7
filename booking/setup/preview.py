"""What a change would do: tried in a transaction that is rolled back, read by the real code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from booking import selectors
from booking.setup import conflicts, services
from booking.setup.changes import AN_HOUR
from booking.times import search
from booking.visits import parties
from clinic.models import ServiceOption, Therapist

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from booking.setup.changes import Change
    from booking.setup.conflicts import Conflict
    from clinic.models import Location, User

WEEK = 7


@dataclass(frozen=True, slots=True)
class Cell:
    now: int
    after: int

    @property
    def change(self) -> int:
        return self.after - self.now

    @property
    def tone(self) -> str:
        """The CSS class that marks a change; none if it stays the same."""
        return "more" if self.change > 0 else "less" if self.change < 0 else ""


@dataclass(frozen=True, slots=True)
class TherapistEffect:
    therapist: Therapist
    cells: list[Cell]

    @property
    def changes(self) -> bool:
        return any(cell.change for cell in self.cells)


@dataclass(slots=True)
class Effect:
    days: list[date]
    minutes: int
    rows: list[TherapistEffect]
    conflicts: list[Conflict]  # that the change adds
    for_two: Cell  # rooms in which two can be treated together

    @property
    def changes(self) -> bool:
        return any(row.changes for row in self.rows)

    @property
    def total(self) -> Cell:
        cells = [cell for row in self.rows for cell in row.cells]
        return Cell(sum(cell.now for cell in cells), sum(cell.after for cell in cells))


def usual_option() -> ServiceOption | None:
    """The session used to count free time: the one closest to an hour that anyone offers."""
    options = selectors.bookable_options().filter(price_cents__gt=0)
    known = list(options.order_by("service__training_id", "service__position", "minutes"))
    plain = [option for option in known if option.service.training_id is None] or known
    return min(plain, key=lambda option: abs(option.minutes - AN_HOUR), default=None)


def effect(*, actor: User, change: Change) -> Effect:
    """Free sessions in the week in question, now and after the change, and what will not fit.

    Raises:
        DomainError: the change cannot be made, for the reason `save` would give.
    """
    now = timezone.now()
    today = now.astimezone(change.location.zone).date()
    first = max(today, change.begins() or today)
    days = [first + timedelta(days=number) for number in range(WEEK)]
    with transaction.atomic():
        services.lock(change)
        option = change.sample() or usual_option()
        before = _counts(option, change.location, days, now)
        fitted, wide = conflicts.find(now), parties.rooms_for_two(change.location).count()
        with transaction.atomic():
            change.write(actor)
            option = change.sample() or option
            after = _counts(option, change.location, days, now)
            added = conflicts.listed(conflicts.added(fitted, conflicts.find(now)))
            for_two = Cell(wide, parties.rooms_for_two(change.location).count())
            people = [one for one in Therapist.objects.all() if one.pk in before or one.pk in after]
            transaction.set_rollback(True)
    rows = [TherapistEffect(one, _cells(before.get(one.pk), after.get(one.pk))) for one in people]
    return Effect(days, option.minutes if option else AN_HOUR, rows, added, for_two)


def _cells(before: list[int] | None, after: list[int] | None) -> list[Cell]:
    none = [0] * WEEK
    return [Cell(*pair) for pair in zip(before or none, after or none, strict=True)]


def _counts(
    option: ServiceOption | None, location: Location, days: list[date], now: datetime
) -> dict[UUID, list[int]]:
    """How many sessions, back to back, clients could still book with each therapist each day."""
    if option is None or not (option.is_active and option.service.is_active):
        return {}
    free = search.free_times(option=option, start=days[0], end=days[-1], location=location, now=now)
    counts = {pk: [0] * len(days) for pk in free.busy.diaries}
    next_start: dict[UUID, int] = {}
    step = (option.buffer_before + option.minutes + option.buffer_after) * 60
    for opening in free.openings:
        day = search.local(opening, free.zone).date()
        for pk in opening.therapist_ids:
            if opening.start >= next_start.get(pk, 0):
                counts[pk][days.index(day)] += 1
                next_start[pk] = opening.start + step
    return counts
