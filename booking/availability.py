"""When somebody can come: working hours minus what is busy. docs/availability.md tells it in prose.

Pure. Instants are whole seconds since 1970 (UTC) and every span is half-open, so counting needs no
zone: it comes in once, when the wall-clock hours of a date are turned into instants.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from uuid import UUID
    from zoneinfo import ZoneInfo

Instant: TypeAlias = int
Span: TypeAlias = tuple[Instant, Instant]

MINUTE = 60


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
    """One therapist. The session may not touch `away`; nor may its buffers touch `blocked`."""

    periods: list[Period]
    away: list[Span] = field(default_factory=list)
    blocked: list[Span] = field(default_factory=list)


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

    A skipped time means the moment at which the clocks jump over it.
    """
    local = datetime.combine(day, at, zone)
    if exists(day, at, zone):
        return seconds(local.replace(fold=fold))
    # Read with the later offset it lies before the jump, with the earlier one after: halve.
    before = local.replace(fold=0).utcoffset()
    low, high = seconds(local.replace(fold=1)), seconds(local.replace(fold=0))
    while high - low > 1:
        middle = (low + high) // 2
        if moment(middle).astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high


def free_starts(
    session: Session,
    diaries: Mapping[UUID, Diary],
    rooms: Mapping[UUID, Sequence[Span]],
    window: Window,
    zone: ZoneInfo,
) -> list[Opening]:
    """Every start in the window with a therapist and at least one room free, in order of time."""
    length = session.minutes * MINUTE
    crowded = _shared(_clashes(session, busy) for busy in rooms.values())
    clock = _Clock(zone)
    found: dict[Instant, list[UUID]] = {}
    for therapist_id, diary in diaries.items():
        away = [(start - length + 1, end) for start, end in diary.away]
        closed = _merged([*_clashes(session, diary.blocked), *away, *crowded])
        for opens, closes in _working(diary.periods, window, clock):
            grid = _grid(opens, closes - length, session.step * MINUTE, window.earliest, closed)
            for starts in grid:
                for start in starts:
                    who = found.setdefault(start, [])
                    if not who or who[-1] != therapist_id:  # two periods may overlap
                        who.append(therapist_id)
    return [Opening(start, tuple(found[start])) for start in sorted(found)]


def working(periods: Sequence[Period], first: date, last: date, zone: ZoneInfo) -> list[Span]:
    """When somebody works on these dates, in order of time."""
    return sorted(_working(periods, Window(first, last, 0), _Clock(zone)))


def is_free(session: Session, start: Instant, blocked: Iterable[Span]) -> bool:
    """Whether nothing in `blocked` overlaps a session with its buffers that starts then."""
    begin = start - session.before * MINUTE
    end = start + (session.minutes + session.after) * MINUTE
    return all(other_end <= begin or end <= other_start for other_start, other_end in blocked)


def nearest(openings: Sequence[Opening], wanted: Instant, count: int) -> list[Opening]:
    """The openings closest to a time that was lost, in order of time."""
    closest = sorted(openings, key=lambda opening: (abs(opening.start - wanted), opening.start))
    return sorted(closest[:count], key=lambda opening: opening.start)


def _working(periods: Sequence[Period], window: Window, clock: _Clock) -> Iterator[Span]:
    day = window.first
    while day <= window.last:
        for period in periods:
            if period.applies_on(day):
                opens = clock.instant(day, period.starts, 0)
                closes = clock.instant(day, period.ends, 1)
                if opens < closes:
                    yield opens, closes
        day += timedelta(days=1)


def _clashes(session: Session, blocked: Iterable[Span]) -> list[Span]:
    """The starts at which the session or its buffers would touch something blocked."""
    reach = (session.minutes + session.after) * MINUTE
    before = session.before * MINUTE
    return _merged((start - reach + 1, end + before) for start, end in blocked)


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The same instants in as few spans as possible, in order."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def _shared(lists: Iterable[list[Span]]) -> list[Span]:
    """What all the (merged) lists have in common; with no list at all, everything."""
    common: list[Span] = [(-(2**62), 2**62)]
    for spans in lists:
        kept: list[Span] = []
        i = j = 0
        while i < len(common) and j < len(spans):
            start, end = max(common[i][0], spans[j][0]), min(common[i][1], spans[j][1])
            if start < end:
                kept.append((start, end))
            if common[i][1] < spans[j][1]:
                i += 1
            else:
                j += 1
        common = kept
    return common


def _grid(
    opens: Instant, last: Instant, step: int, earliest: Instant, closed: Sequence[Span]
) -> Iterator[range]:
    """The starts `opens`, `opens + step`, ... up to `last` that are not closed."""
    start = opens
    if start < earliest:
        start += -(-(earliest - start) // step) * step
    index = bisect_right(closed, start, key=lambda span: span[1])  # the first that ends later
    while start <= last:
        if index == len(closed):
            yield range(start, last + 1, step)
            return
        begin, end = closed[index]
        if start < begin:
            yield range(start, min(last + 1, begin), step)
        start += max(0, -(-(end - start) // step)) * step
        index += 1
