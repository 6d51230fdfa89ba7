"""A plan of visits ("2 per week for 6 weeks") from free openings. See docs/booking.md.

Pure. Laws (tests/booking/series/test_series.py): never more visits than asked for, never more
in a block than the pace, never two on a day, every visit one of the openings; same question,
same answer.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING

from booking.times.availability import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from booking.times.availability import Instant, Opening

    Booked = tuple[Instant, UUID]

WEEK = 7
NOON, EVENING = time(12), time(17)
MINUTES = 60


class Part(StrEnum):
    ANY = ""
    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"

    def has(self, at: time) -> bool:
        if self is Part.ANY:
            return True
        part = Part.MORNING if at < NOON else Part.AFTERNOON if at < EVENING else Part.EVENING
        return self is part


@dataclass(frozen=True, slots=True)
class Pace:
    """At most this many visits in every block of this many days."""

    visits: int
    days: int = WEEK

    @classmethod
    def of(cls, per_week: Decimal) -> Pace:
        """2 -> two a week; 0.5 -> one in two weeks; the rest of a fraction is dropped."""
        if per_week >= 1:
            return cls(min(int(per_week), WEEK))
        weeks = int(1 / per_week) if per_week > 0 else 1
        return cls(1, WEEK * min(max(weeks, 1), 52))

    @property
    def apart(self) -> int:
        """Target days from one visit to the next: for two a week, at least two days."""
        return max(1, self.days // self.visits * 2 // 3)


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What the plan should be like. Blocks count from `starts_on`; both dates are included."""

    count: int
    pace: Pace
    starts_on: date
    first: date
    last: date
    weekdays: frozenset[int] = frozenset()  # date.weekday(); none: any
    part: Part = Part.ANY
    at: time | None = None
    same_therapist: bool = True
    taken: frozenset[date] = frozenset()  # days they already come; these count toward the pace
    coming: frozenset[date] = frozenset()  # days they come for something else; these do not

    def block(self, day: date) -> int:
        return (day - self.starts_on).days // self.pace.days

    def block_start(self, block: int) -> date:
        return self.starts_on + timedelta(days=block * self.pace.days)

    def offset(self, day: date) -> int:
        return (day - self.starts_on).days % self.pace.days

    def blocks(self) -> range:
        if self.last < self.first:
            return range(0)
        return range(self.block(self.first), self.block(self.last) + 1)

    def days_of(self, block: int) -> list[date]:
        """Its days within the requested dates."""
        begin = self.block_start(block)
        days = (begin + timedelta(days=n) for n in range(self.pace.days))
        return [day for day in days if self.first <= day <= self.last]

    @property
    def busy(self) -> frozenset[date]:
        """No second visit on a day they come, whatever for."""
        return self.taken | self.coming

    def load(self, block: int) -> int:
        """Visits there are in it already."""
        begin = self.block_start(block)
        end = begin + timedelta(days=self.pace.days)
        return sum(begin <= day < end for day in self.taken)

    def room_in(self, block: int) -> int:
        return max(0, self.pace.visits - self.load(block))


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """One visit of a plan, and how it differs from the others."""

    day: date
    start: Instant
    therapist_id: UUID
    other_day: bool = False
    other_time: bool = False
    other_therapist: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """`full` are the blocks where a visit was due but no time was free."""

    visits: tuple[PlannedVisit, ...]
    missing: int = 0
    full: tuple[date, ...] = ()  # the first day of each
    beyond: int = 0  # how many of the missing do not fit before the last day
    crowded: int = 0  # and how many because of the pace, given the visits they already have


@dataclass(frozen=True, slots=True)
class _Time:
    at: time
    start: Instant
    therapist_ids: tuple[UUID, ...]


@dataclass(slots=True)
class _Taste:
    """What a plan keeps constant: the offsets in each block, clock time and therapist."""

    offsets: tuple[int, ...] = ()
    at: time | None = None
    therapist_id: UUID | None = None


@dataclass(slots=True)
class _Desk:
    """The plan while it is being built."""

    wish: PlanRequest
    days: dict[date, list[_Time]]
    taste: _Taste = field(default_factory=_Taste)
    chosen: dict[date, PlannedVisit] = field(default_factory=dict)
    occupied: list[date] = field(default_factory=list)  # in order: chosen and taken

    def take(self, day: date) -> None:
        self.chosen[day] = self.best(day)
        insort(self.occupied, day)

    def gap(self, day: date) -> int:
        """Days to the nearest visit on either side."""
        index = bisect_left(self.occupied, day)
        near = self.occupied[max(0, index - 1) : index + 1]
        return min((abs((day - other).days) for other in near), default=WEEK * 60)

    def best(self, day: date) -> PlannedVisit:
        taste, part = self.taste, self.wish.part

        def cost(pick: tuple[_Time, UUID]) -> tuple[bool, bool, int, Instant]:
            when, who = pick
            stranger = taste.therapist_id is not None and who != taste.therapist_id
            off = _minutes_between(when.at, taste.at)
            return not part.has(when.at), stranger, off, when.start

        picks = [(when, who) for when in self.days[day] for who in when.therapist_ids]
        when, who = min(picks, key=cost)
        return self.marked(day, when.at, when.start, who)

    def marked(self, day: date, at: time, start: Instant, who: UUID) -> PlannedVisit:
        taste = self.taste
        return PlannedVisit(
            day,
            start,
            who,
            other_day=self.wish.offset(day) not in taste.offsets,
            other_time=taste.at is not None and at != taste.at,
            other_therapist=taste.therapist_id is not None and who != taste.therapist_id,
        )


def propose(
    wish: PlanRequest,
    free: Sequence[Opening],
    zone: ZoneInfo,
    like: Sequence[Booked] = (),
) -> Plan:
    """The plan closest to the wish that the openings allow.

    First the same weekdays in every block; where one of them is full, another day of that block, as
    far from the other visits as the pace asks; days closer together only when the count needs them.
    `like` are visits to resemble, when some are added to a plan.
    """
    days = _by_day(wish, free, zone)
    desk = _Desk(wish, days, occupied=sorted(wish.taken))
    desk.taste = _resembling(wish, like, zone) if like else _taste(wish, days)
    left = {block: wish.room_in(block) for block in wish.blocks()}
    for block in left:
        for day in _regular(desk, block, left[block]):
            desk.take(day)
            left[block] -= 1
    for block in left:
        _fill(desk, block, left, wish.pace.apart)
    if len(desk.chosen) < wish.count:
        for block in left:
            if len(desk.chosen) < wish.count:
                most = wish.count - len(desk.chosen)
                _fill(desk, block, left, 1, most=most, any_day=True)
    visits = tuple(desk.chosen[day] for day in sorted(desk.chosen))[: wish.count]
    return _with_reasons(wish, visits)


def replacements(
    wish: PlanRequest,
    lost: Sequence[Booked],
    kept: Iterable[Instant],
    free: Sequence[Opening],
    zone: ZoneInfo,
) -> list[PlannedVisit | None]:
    """For each time that was not available, the nearest one: that day, otherwise close to it."""
    days = _by_day(wish, free, zone)
    used = set(wish.busy) | {_local_day(start, zone) for start in kept}
    found: list[PlannedVisit | None] = []
    for start, therapist_id in lost:
        local = moment(start).astimezone(zone)
        taste = _Taste((wish.offset(local.date()),), local.time(), therapist_id)
        desk = _Desk(wish, days, taste, occupied=sorted(used))
        load = Counter(wish.block(day) for day in used - wish.coming)

        want = local.date()

        def cost(
            day: date, desk: _Desk = desk, load: Counter[int] = load, want: date = want
        ) -> tuple[bool, bool, int, date]:
            crowded = load[wish.block(day)] >= wish.pace.visits
            close = desk.gap(day) < wish.pace.apart
            return crowded, close and day != want, abs((day - want).days), day

        open_days = [day for day in days if day not in used]
        if not open_days:
            found.append(None)
            continue
        visit = desk.best(min(open_days, key=cost))
        used.add(visit.day)
        found.append(visit)
    return found


def marked(wish: PlanRequest, booked: Sequence[Booked], zone: ZoneInfo) -> list[PlannedVisit]:
    """These visits, each with how it differs from most of them."""
    if not booked:
        return []
    desk = _Desk(wish, {}, _resembling(wish, booked, zone))
    found = []
    for start, who in booked:
        local = moment(start).astimezone(zone)
        found.append(desk.marked(local.date(), local.time().replace(fold=0), start, who))
    return found


def over_pace(wish: PlanRequest, days: Iterable[date]) -> list[date]:
    """The first days of the blocks that hold more visits than the pace."""
    load = Counter(wish.block(day) for day in [*days, *wish.taken])
    return [wish.block_start(block) for block in sorted(load) if load[block] > wish.pace.visits]


def _by_day(wish: PlanRequest, free: Sequence[Opening], zone: ZoneInfo) -> dict[date, list[_Time]]:
    """The openings of the days that may be used, in order."""
    days: dict[date, list[_Time]] = defaultdict(list)
    for opening in free:
        if not opening.therapist_ids:
            continue
        local = moment(opening.start).astimezone(zone)
        day = local.date()
        if wish.first <= day <= wish.last and day not in wish.busy:
            at = local.time().replace(fold=0)
            days[day].append(_Time(at, opening.start, tuple(opening.therapist_ids)))
    return dict(sorted(days.items()))


def _taste(wish: PlanRequest, days: dict[date, list[_Time]]) -> _Taste:
    """The offsets, clock time and therapist that fit most of the diary."""
    by_offset: dict[int, Counter[UUID]] = defaultdict(Counter)
    anyone: Counter[int] = Counter()
    for day, times in days.items():
        fitting = [when for when in times if wish.part.has(when.at)]
        who = {pk for when in fitting for pk in when.therapist_ids}
        by_offset[wish.offset(day)].update(who)
        anyone[wish.offset(day)] += bool(fitting)

    def cost(picked: tuple[int, ...]) -> tuple[int, bool, int, int, int, list[int]]:
        return _pattern_cost(wish, picked, by_offset, anyone)

    offsets = min(combinations(range(wish.pace.days), wish.pace.visits), key=cost)
    return _Taste(offsets, *_clock_and_who(wish, days, offsets))


def _resembling(wish: PlanRequest, like: Sequence[Booked], zone: ZoneInfo) -> _Taste:
    """What most of these visits have in common."""
    local = [moment(start).astimezone(zone) for start, _who in like]
    offsets = Counter(wish.offset(when.date()) for when in local)
    usual = sorted(offsets, key=lambda offset: (-offsets[offset], offset))[: wish.pace.visits]
    at = Counter(when.time().replace(fold=0) for when in local).most_common(1)[0][0]
    who = Counter(pk for _start, pk in like).most_common(1)[0][0]
    return _Taste(tuple(sorted(usual)), at, who if wish.same_therapist else None)


def _pattern_cost(
    wish: PlanRequest,
    picked: tuple[int, ...],
    by_offset: dict[int, Counter[UUID]],
    anyone: Counter[int],
) -> tuple[int, bool, int, int, int, list[int]]:
    """Asked-for weekdays first, then far enough apart, then what is free, then the soonest.

    Days they already come are not free, but are the best to continue with: they count twice.
    """
    length = wish.pace.days
    unasked = sum(not _asked_for(wish, offset) for offset in picked)
    following = [*picked[1:], picked[0] + length]
    gap = min(after - before for before, after in zip(picked, following, strict=True))
    alone: Counter[UUID] = Counter()
    if wish.same_therapist:
        for offset in picked:
            alone.update(by_offset[offset])
    familiar = 2 * sum(wish.offset(day) in picked for day in wish.taken)
    together = sum(anyone[offset] for offset in picked) + familiar
    by_one = max(alone.values(), default=0) + familiar
    since = wish.offset(wish.first)
    soonest = sorted((offset - since) % length for offset in picked)
    return unasked, gap < wish.pace.apart, -by_one, -together, -gap, soonest


def _asked_for(wish: PlanRequest, offset: int) -> bool:
    if not wish.weekdays:
        return True
    return (wish.starts_on + timedelta(days=offset)).weekday() in wish.weekdays


def _clock_and_who(
    wish: PlanRequest, days: dict[date, list[_Time]], offsets: tuple[int, ...]
) -> tuple[time | None, UUID | None]:
    """The clock time free on most of these days, and who is free then most often."""
    counts: Counter[tuple[time, UUID | None]] = Counter()
    order: dict[UUID | None, int] = {None: 0}
    for day, times in days.items():
        if wish.offset(day) not in offsets:
            continue
        here: set[tuple[time, UUID | None]] = set()  # when clocks go back, a time appears twice
        for when in times:
            if wish.at is None and not wish.part.has(when.at):
                continue
            for who in when.therapist_ids:
                order.setdefault(who, len(order))
                here.add((when.at, who if wish.same_therapist else None))
        counts.update(here)
    if not counts:
        return wish.at, None

    def cost(pick: tuple[time, UUID | None]) -> tuple[int, int, time, int]:
        at, who = pick
        return _minutes_between(at, wish.at), -counts[pick], at, order[who]

    best = min(counts, key=cost)
    return wish.at or best[0], best[1]


def _regular(desk: _Desk, block: int, most: int) -> list[date]:
    """The block's days of the pattern that are available."""
    wish = desk.wish
    days = [
        day
        for day in wish.days_of(block)
        if wish.offset(day) in desk.taste.offsets and day in desk.days
    ]
    return [day for day in days if day not in desk.chosen][:most]


def _fill(
    desk: _Desk,
    block: int,
    left: dict[int, int],
    apart: int,
    *,
    most: int = WEEK,
    any_day: bool = False,
) -> None:
    """Other days of a block where visits are still due."""
    wish = desk.wish
    inside = wish.days_of(block)
    regular = [day for day in inside if wish.offset(day) in desk.taste.offsets]
    missed = [day for day in regular if day not in desk.chosen]
    while left[block] > 0 and most > 0:
        # If weekdays were requested, another one is used only to replace a full one.
        if wish.weekdays and not any_day and not missed:
            return
        open_days = [day for day in inside if day in desk.days and day not in desk.chosen]
        spaced = [day for day in open_days if desk.gap(day) >= apart]
        if not spaced:
            return
        aim = missed[0] if missed else None

        def cost(day: date, aim: date | None = aim) -> tuple[bool, int, date]:
            unasked = not _asked_for(wish, wish.offset(day))
            return unasked, abs((day - aim).days) if aim else -min(desk.gap(day), WEEK), day

        desk.take(min(spaced, key=cost))
        missed = missed[1:]
        left[block] -= 1
        most -= 1


def _with_reasons(wish: PlanRequest, visits: tuple[PlannedVisit, ...]) -> Plan:
    """What could not be placed, and why."""
    missing = wish.count - len(visits)
    if not missing:
        return Plan(visits)
    placed = Counter(wish.block(visit.day) for visit in visits)
    full: list[date] = []
    capacity = whole = 0
    for block in wish.blocks():
        inside = wish.days_of(block)
        usable = sum(day not in wish.busy for day in inside)
        due = min(wish.room_in(block), usable)
        if len(inside) * 2 < wish.pace.days:  # a partial last block does not have to be filled
            due = min(due, placed[block])
            whole += due
        else:
            whole += min(wish.pace.visits, sum(day not in wish.coming for day in inside))
        capacity += due
        if placed[block] < due:
            full.append(max(wish.block_start(block), wish.first))
    unplaced = max(0, wish.count - capacity)
    crowded = min(unplaced, whole - capacity)
    return Plan(visits, missing, tuple(full), unplaced - crowded, crowded)


def _local_day(start: Instant, zone: ZoneInfo) -> date:
    return moment(start).astimezone(zone).date()


def _minutes_between(at: time, wanted: time | None) -> int:
    if wanted is None:
        return 0
    return abs((at.hour - wanted.hour) * MINUTES + at.minute - wanted.minute)
