"""When a client can come: working hours minus busy time. docs/availability.md explains it in prose.

Pure. Instants are whole seconds since 1970 (UTC) and every span is half-open, so the math needs no
zone: it is used once, when the wall-clock hours of a date become instants.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from uuid import UUID
    from zoneinfo import ZoneInfo

Instant: TypeAlias = int
Span: TypeAlias = tuple[Instant, Instant]
# An unbroken stretch of work: the opening that anchors its grid of starts, its beginning, its end.
Shift: TypeAlias = tuple[Instant, Instant, Instant]
Breaks: TypeAlias = tuple[tuple[time, time], ...]

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Period:
    """One line of the weekly pattern, wall-clock in the location's zone."""

    weekday: int  # date.weekday()
    starts: time
    ends: time
    effective_from: date | None = None
    effective_until: date | None = None  # inclusive
    breaks: Breaks = ()

    def applies_on(self, day: date) -> bool:
        return (
            day.weekday() == self.weekday
            and (self.effective_from is None or self.effective_from <= day)
            and (self.effective_until is None or day <= self.effective_until)
        )


@dataclass(frozen=True, slots=True)
class DateLine:
    """Hours of one date: instead of the weekly pattern (with no times: off), or on top of it."""

    day: date
    starts: time | None = None
    ends: time | None = None
    is_extra: bool = False


@dataclass(frozen=True, slots=True)
class Hours:
    """When one therapist works at one location. Do not change it once made: `on` caches."""

    zone: ZoneInfo
    periods: Sequence[Period] = ()
    dates: Sequence[DateLine] = ()
    closed: Collection[date] = ()  # no one works then, whatever else is set
    known: dict[date, tuple[Shift, ...]] = field(default_factory=dict, repr=False, compare=False)

    def on(self, day: date) -> tuple[Shift, ...]:
        """The stretches of work of a local date."""
        found = self.known.get(day)
        if found is None:
            found = self.known[day] = tuple(
                shift for line in self.lines(day) for shift in _shifts(day, *line, self.zone)
            )
        return found

    def lines(self, day: date) -> Iterator[tuple[time, time, Breaks]]:
        """The lines of hours of a local date, each with its breaks."""
        if day in self.closed:
            return
        special = [line for line in self.dates if line.day == day]
        if all(line.is_extra for line in special):
            for period in self.periods:
                if period.applies_on(day):
                    yield period.starts, period.ends, period.breaks
        for line in special:
            if line.starts is not None and line.ends is not None:
                yield line.starts, line.ends, ()


@dataclass(frozen=True, slots=True)
class Session:
    """What is requested, in elapsed minutes, and the clinic's rules for its start."""

    minutes: int
    before: int = 0
    after: int = 0
    step: int = 15
    adjoining: bool = False  # also at the first moment after a booking, off the grid
    cap: int | None = None  # most sessions of one therapist that start on one date


@dataclass(frozen=True, slots=True)
class Diary:
    """One therapist. The session may not touch `away`; nor may its buffers touch `blocked`."""

    hours: Hours
    away: list[Span] = field(default_factory=list)
    blocked: list[Span] = field(default_factory=list)
    started: list[Instant] = field(default_factory=list)  # of what blocks it; only a cap needs it


@dataclass(frozen=True, slots=True)
class Window:
    """Which starts may be offered: local dates, both included, and the notice required."""

    first: date
    last: date
    earliest: Instant  # a start is bookable from here on: now + notice

    def days(self) -> list[date]:
        return [
            self.first + timedelta(days=offset)
            for offset in range((self.last - self.first).days + 1)
        ]


class Opening(NamedTuple):
    """A start, and every therapist who could give the session then."""

    start: Instant
    therapist_ids: tuple[UUID, ...]


def seconds(moment: datetime) -> Instant:
    """A datetime as an instant; fractions are dropped."""
    return int(moment.timestamp())


def moment(instant: Instant) -> datetime:
    return datetime.fromtimestamp(instant, tz=UTC)


def exists(day: date, at: time, zone: ZoneInfo) -> bool:
    """Whether clocks show this time on that date; they skip an hour in spring."""
    local = datetime.combine(day, at, zone)
    return local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)


def instants(day: date, at: time, zone: ZoneInfo) -> list[Instant]:
    """Every moment at which clocks show this time: none if they skip it, two if they repeat it."""
    if not exists(day, at, zone):
        return []
    local = datetime.combine(day, at, zone)
    return sorted({seconds(local.replace(fold=0)), seconds(local.replace(fold=1))})


@lru_cache(maxsize=4096)  # therapists mostly share their hours
def to_instant(day: date, at: time, zone: ZoneInfo, *, fold: int) -> Instant:
    """The instant a clock shows this time; of a repeated one the first (fold 0) or second (1).

    A skipped time means the moment at which the clocks jump over it.
    """
    local = datetime.combine(day, at, zone)
    if exists(day, at, zone):
        return seconds(local.replace(fold=fold))
    # With the later offset it falls before the jump, with the earlier one after: bisect.
    before = local.replace(fold=0).utcoffset()
    low, high = seconds(local.replace(fold=1)), seconds(local.replace(fold=0))
    while high - low > 1:
        middle = (low + high) // 2
        if moment(middle).astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high


@lru_cache(maxsize=4096)
def closing(day: date, at: time, zone: ZoneInfo) -> Instant:
    """The instant when hours that end at this time are over; for a repeated time, the second.

    If the clocks go back to exactly this time, it is the first: nothing they repeat falls
    before the end.
    """
    last = to_instant(day, at, zone, fold=1)
    before = moment(last - 1).astimezone(zone)
    again = before.date() == day and before.time() >= at
    return to_instant(day, at, zone, fold=0) if again else last


def free_starts(
    session: Session,
    diaries: Mapping[UUID, Diary],
    rooms: Mapping[UUID, Sequence[Span]],
    window: Window,
) -> list[Opening]:
    """Every start in the window with a therapist and at least one room free, in order of time."""
    crowded = _crowded(session, list(rooms.values()))
    days = window.days()
    found: defaultdict[Instant, int] = defaultdict(int)  # who: a bit for each therapist
    people = [(1 << place, pk) for place, pk in enumerate(diaries)]
    for bit, therapist_id in people:
        diary = diaries[therapist_id]
        for start in _starts_of(session, diary, crowded, days, window.earliest):
            found[start] |= bit
    who = {bits: tuple([pk for bit, pk in people if bits & bit]) for bits in set(found.values())}
    return [Opening(start, who[found[start]]) for start in sorted(found)]


def _starts_of(
    session: Session, diary: Diary, crowded: Sequence[Span], days: Sequence[date], earliest: Instant
) -> set[Instant]:
    """When one therapist could begin; `crowded` are the starts that no room allows."""
    length, step = session.minutes * MINUTE, session.step * MINUTE
    away = [(start - length + 1, end) for start, end in diary.away]
    closed = _merged([*_clashes(session, diary.blocked), *away, *crowded])
    ends = [end for _start, end in closed]
    full = _full(diary, session.cap)
    adjoining = _adjoining(session, diary, closed)
    found: set[Instant] = set()
    for day in days:
        if day in full:
            continue
        for anchor, begin, end in diary.hours.on(day):
            first, last = max(begin, earliest), end - length
            found.update(*_grid(anchor, first, last, step, closed, ends))
            if adjoining:
                found.update(start for start in adjoining if first <= start <= last)
    return found


def by_day(openings: Iterable[Opening], zone: ZoneInfo) -> dict[date, list[Opening]]:
    """The openings of each local date that has any; they must be in time order."""
    days: dict[date, list[Opening]] = {}
    midnight, today = -(2**62), list[Opening]()
    for opening in openings:
        if opening.start >= midnight:
            day = moment(opening.start).astimezone(zone).date()
            midnight = to_instant(day + timedelta(days=1), time(), zone, fold=0)
            today = days[day] = []
        today.append(opening)
    return days


def is_free(session: Session, start: Instant, blocked: Iterable[Span]) -> bool:
    """Whether nothing in `blocked` overlaps a session with its buffers that starts then."""
    begin = start - session.before * MINUTE
    end = start + (session.minutes + session.after) * MINUTE
    return all(other_end <= begin or end <= other_start for other_start, other_end in blocked)


def is_at_work(session: Session, start: Instant, diary: Diary) -> bool:
    """Whether someone works through the whole session that starts then, on or off the grid."""
    end = start + session.minutes * MINUTE
    day = moment(start).astimezone(diary.hours.zone).date()
    return any(
        begin <= start and end <= finish for _anchor, begin, finish in diary.hours.on(day)
    ) and all(away_end <= start or end <= away for away, away_end in diary.away)


def is_full(diary: Diary, day: date, cap: int) -> bool:
    """Whether a therapist has as many sessions on a local date as anyone may have."""
    return day in _full(diary, cap)


def nearest(openings: Sequence[Opening], wanted: Instant, count: int) -> list[Opening]:
    """The openings closest to a time that was lost, in time order."""
    closest = sorted(openings, key=lambda opening: (abs(opening.start - wanted), opening.start))
    return sorted(closest[:count], key=lambda opening: opening.start)


def _shifts(day: date, starts: time, ends: time, breaks: Breaks, zone: ZoneInfo) -> Iterator[Shift]:
    """One line of hours, cut at its breaks; the grid stays anchored at the opening."""
    opens, closes = to_instant(day, starts, zone, fold=0), closing(day, ends, zone)
    at = opens
    for pause, resume in sorted(
        (to_instant(day, begin, zone, fold=0), closing(day, end, zone)) for begin, end in breaks
    ):
        if pause < resume:  # a break inside a skipped hour does not happen
            if at < min(pause, closes):
                yield opens, at, min(pause, closes)
            at = max(at, resume)
    if at < closes:
        yield opens, at, closes


def _full(diary: Diary, cap: int | None) -> Collection[date]:
    """The local dates on which a therapist has as many sessions as anyone may have."""
    if cap is None:
        return ()
    zone = diary.hours.zone
    counts = Counter(moment(start).astimezone(zone).date() for start in diary.started)
    return {day for day, count in counts.items() if count >= cap}


def _adjoining(session: Session, diary: Diary, closed: Sequence[Span]) -> list[Instant]:
    """The first moment after each booking at which a session could start, where it is open."""
    if not session.adjoining:
        return []
    starts = {end + session.before * MINUTE for _start, end in diary.blocked}
    return [start for start in sorted(starts) if not _covers(closed, start)]


def _covers(spans: Sequence[Span], instant: Instant) -> bool:
    index = bisect_right(spans, instant, key=lambda span: span[1])  # the first that ends later
    return index < len(spans) and spans[index][0] <= instant


def _clashes(session: Session, blocked: Iterable[Span]) -> list[Span]:
    """The starts at which the session or its buffers would touch something blocked."""
    reach = (session.minutes + session.after) * MINUTE - 1
    before = session.before * MINUTE
    return [(start - reach, end + before) for start, end in blocked]


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The same instants in as few spans as possible, in order."""
    in_order = sorted(spans)
    if not in_order:
        return []
    merged: list[Span] = []
    begin, end = in_order[0]
    for start, stop in in_order:
        if start > end:
            merged.append((begin, end))
            begin, end = start, stop
        elif stop > end:
            end = stop
    merged.append((begin, end))
    return merged


def _crowded(session: Session, rooms: list[Sequence[Span]]) -> list[Span]:
    """The starts at which no room is free; with no rooms at all, every start."""
    common: list[Span] = [(-(2**62), 2**62)]
    for blocked in sorted(rooms, key=len):  # what the quietest room leaves is little, or nothing
        if not common:
            break
        common = _shared(common, _merged(_clashes(session, blocked)))
    return common


def _shared(one: list[Span], other: list[Span]) -> list[Span]:
    """What two merged lists have in common."""
    found: list[Span] = []
    ends = [end for _start, end in other]
    for begin, end in one:
        index = bisect_right(ends, begin)  # the first that ends later
        while index < len(other) and other[index][0] < end:
            found.append((max(begin, other[index][0]), min(end, ends[index])))
            index += 1
    return found


def _grid(
    anchor: Instant,
    first: Instant,
    last: Instant,
    step: int,
    closed: Sequence[Span],
    ends: Sequence[Instant],
) -> list[range]:
    """The starts `anchor`, `anchor + step`, ... from `first` to `last` that are not closed.

    `ends` are the ends of what is closed.
    """
    start = anchor
    if start < first:
        start += -(-(first - start) // step) * step
    open_starts = []
    for index in range(bisect_right(ends, start), len(ends)):  # from the first that ends later
        begin, end = closed[index]
        if start < begin:
            if begin > last:
                break
            open_starts.append(range(start, begin, step))
        if start < end:
            start += -(-(end - start) // step) * step
        if start > last:
            return open_starts
    open_starts.append(range(start, last + 1, step))
    return open_starts
