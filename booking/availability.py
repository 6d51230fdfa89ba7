"""When somebody can come: working hours minus what is busy. Pure; docs/availability.md tells it in prose.

Instants are whole seconds since 1970 (UTC) and every span is half-open, so that counting needs no zone: the
zone comes in once, when the wall-clock hours of a date are turned into instants.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

Instant: TypeAlias = int
Span: TypeAlias = tuple[Instant, Instant]

MINUTE = 60
HALF_DAY = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that can be booked, with who gives the session and where."""

    start: datetime
    end: datetime
    therapist_id: UUID
    room_id: UUID


@dataclass(frozen=True, slots=True)
class Period:
    """One line of the weekly pattern, wall-clock in the location's zone."""

    weekday: int  # date.weekday()
    starts: time
    ends: time
    effective_from: date | None = None
    effective_until: date | None = None  # inclusive

    def applies_on(self, day: date) -> bool:
        return (
            day.weekday() == self.weekday
            and (self.effective_from is None or self.effective_from <= day)
            and (self.effective_until is None or day <= self.effective_until)
        )


@dataclass(frozen=True, slots=True)
class Session:
    """What is asked for, in elapsed minutes."""

    minutes: int
    before: int = 0
    after: int = 0
    step: int = 15


@dataclass(frozen=True, slots=True)
class Diary:
    """One therapist. `away` must not touch the session; `blocked` must not touch its buffers either."""

    periods: Sequence[Period]
    away: Sequence[Span] = ()
    blocked: Sequence[Span] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """Which starts may be offered: local dates, both included, and the notice that is due."""

    first: date
    last: date
    earliest: Instant  # a start is bookable from here on: now + notice


@dataclass(frozen=True, slots=True)
class Opening:
    """A start, and everyone who could give the session then."""

    start: Instant
    therapist_ids: tuple[UUID, ...]


@dataclass(slots=True)
class _Clock:
    """Wall-clock to instants, each asked for once: therapists mostly share their hours."""

    zone: ZoneInfo
    known: dict[tuple[date, time, int], Instant] = field(default_factory=dict)

    def instant(self, day: date, at: time, fold: int) -> Instant:
        key = (day, at, fold)
        if key not in self.known:
            self.known[key] = to_instant(day, at, self.zone, fold=fold)
        return self.known[key]


def seconds(moment: datetime) -> Instant:
    """A datetime as an instant; fractions are dropped."""
    return int(moment.timestamp())


def moment(instant: Instant) -> datetime:
    return datetime.fromtimestamp(instant, tz=UTC)


def exists(day: date, at: time, zone: ZoneInfo) -> bool:
    """Whether clocks show this time on that date; they skip an hour in spring."""
    local = datetime.combine(day, at, zone)
    return local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)


def to_instant(day: date, at: time, zone: ZoneInfo, *, fold: int) -> Instant:
    """The instant a clock shows this time; of a repeated one the first (fold 0) or second (1).

    A skipped time means the moment the clocks jump.
    """
    local = datetime.combine(day, at, zone).replace(fold=fold)
    if exists(day, at, zone):
        return int(local.timestamp())
    return _jump(datetime.combine(day, at, zone), zone)


def _jump(inside: datetime, zone: ZoneInfo) -> Instant:
    """When the clocks jump over a skipped time: where the offset changes, found by halving."""
    low = int((inside.replace(tzinfo=UTC) - HALF_DAY).timestamp())
    high = int((inside.replace(tzinfo=UTC) + HALF_DAY).timestamp())
    # Offsets before and after the jump differ, which is what makes the time a skipped one.
    before = inside.replace(fold=0).utcoffset()
    offset = inside.replace(fold=0).utcoffset() or timedelta()
    low = int(inside.replace(tzinfo=UTC).timestamp() - offset.total_seconds()) - 6 * 3600
    high = low + 12 * 3600
    while high - low > 1:
        middle = (low + high) // 2
        if moment(middle).astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high
