"""What a change would do: tried out in a transaction that is taken back, read by the real code."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from booking import selectors
from booking.couples import pairs
from booking.diary import services, stranded
from booking.diary.changes import AN_HOUR
from clinic.models import ServiceOption, Therapist

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from booking.diary.changes import Change
    from booking.diary.stranded import Stranded
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
        """The class that marks it: nothing when it stays."""
        return "more" if self.change > 0 else "less" if self.change < 0 else ""


@dataclass(frozen=True, slots=True)
class Row:
    therapist: Therapist
    cells: list[Cell]

    @property
    def changes(self) -> bool:
        return any(cell.change for cell in self.cells)


@dataclass(slots=True)
class Effect:
    days: list[date]
    minutes: int
    rows: list[Row]
    stranded: list[Stranded] = field(default_factory=list)
    for_two: Cell = Cell(0, 0)  # rooms in which two can be treated together

    @property
    def changes(self) -> bool:
        return any(row.changes for row in self.rows)

    @property
    def total(self) -> Cell:
        cells = [cell for row in self.rows for cell in row.cells]
        return Cell(sum(cell.now for cell in cells), sum(cell.after for cell in cells))


def usual_option() -> ServiceOption | None:
    """The session that free time is counted in: the one nearest an hour that anybody gives."""
    options = selectors.bookable_options().filter(price_cents__gt=0)
    known = list(options.order_by("service__training_id", "service__position", "minutes"))
    plain = [option for option in known if option.service.training_id is None] or known
    return min(plain, key=lambda option: abs(option.minutes - AN_HOUR), default=None)


def effect(*, actor: User, change: Change) -> Effect:
    """Free sessions of the week in question, as it is and as it would be, and who is stranded.

    Raises:
        DomainError: the change cannot be made at all, for the reason `save` would give.
    """
    now = timezone.now()
    today = now.astimezone(change.location.zone).date()
    first = max(today, change.begins() or today)
    days = [first + timedelta(days=number) for number in range(WEEK)]
    with transaction.atomic():
        services.lock(change)
        usual = usual_option()
        option = change.sample() or usual
        before = _counts(option, change.location, days, now)
        fitted, wide = stranded.find(now), pairs.rooms_for_two(change.location).count()
        with transaction.atomic():
            change.write(actor)
            again = change.sample() or option
            after = _counts(again, change.location, days, now)
            left = stranded.by_change(fitted, stranded.find(now))
            visits = stranded.listed(left)
            for_two = Cell(wide, pairs.rooms_for_two(change.location).count())
            people = list(Therapist.objects.all())
            transaction.set_rollback(True)
    known = [t for t in people if t.pk in before or t.pk in after]
    none = [0] * WEEK
    rows = [
        Row(
            person,
            [
                Cell(*pair)
                for pair in zip(
                    before.get(person.pk, none), after.get(person.pk, none), strict=True
                )
            ],
        )
        for person in known
    ]
    return Effect(days, again.minutes if again else AN_HOUR, rows, visits, for_two)


def _counts(
    option: ServiceOption | None, location: Location, days: list[date], now: datetime
) -> dict[UUID, list[int]]:
    """How many sessions, one after the other, clients could still book of each on each day."""
    if option is None or not _is_offered(option):
        return {}
    free = selectors.free_times(
        option=option, start=days[0], end=days[-1], location=location, now=now
    )
    counts = {pk: [0] * len(days) for pk in free.busy.diaries}
    next_start: dict[UUID, int] = {}
    step = (option.buffer_before + option.minutes + option.buffer_after) * 60
    for opening in free.openings:
        day = selectors.local(opening, free.zone).date()
        for pk in opening.therapist_ids:
            if opening.start >= next_start.get(pk, 0):
                counts[pk][days.index(day)] += 1
                next_start[pk] = opening.start + step
    return counts


def _is_offered(option: ServiceOption) -> bool:
    return option.is_active and option.service.is_active
