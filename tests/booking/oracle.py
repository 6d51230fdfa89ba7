"""Availability the slow way: look at every minute. No arithmetic that the core could share."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from booking.times.availability import Diary, Hours, Session, Span, Window

Minutes = set[int]


def minutes_of(spans: Iterable[Span]) -> Minutes:
    return {minute for start, end in spans for minute in range(start, end, 60)}


def local_minutes(day: date, zone: ZoneInfo) -> list[tuple[int, time]]:
    """Every minute that clocks show on this date: its instant and what they show."""
    around = int(datetime.combine(day, time(), UTC).timestamp())
    found = []
    for instant in range(around - 15 * 3600, around + 39 * 3600, 60):
        shown = datetime.fromtimestamp(instant, UTC).astimezone(zone)
        if shown.date() == day:
            found.append((instant, shown.time()))
    return found


def between(starts: time, ends: time, shown: list[tuple[int, time]]) -> list[int]:
    """From the first minute that shows the beginning (or more) to the last before the end."""
    since = [at for at, clock in shown if clock >= starts]
    until = [at for at, clock in shown if clock < ends]
    return list(range(min(since), max(until) + 60, 60)) if since and until else []


def lines_on(day: date, hours: Hours, shown: list[tuple[int, time]]) -> list[tuple[int, Minutes]]:
    """What is worked on a date: each line's opening, and its minutes without the breaks."""
    if day in hours.closed:
        return []
    lines = []
    special = [line for line in hours.dates if line.day == day]
    if not [line for line in special if not line.is_extra]:
        lines += [(p.starts, p.ends, p.breaks) for p in hours.periods if p.applies_on(day)]
    lines += [(line.starts, line.ends, ()) for line in special if line.starts and line.ends]
    found = []
    for starts, ends, breaks in lines:
        if minutes := between(starts, ends, shown):
            pauses = {minute for pause in breaks for minute in between(*pause, shown)}
            found.append((minutes[0], set(minutes) - pauses))
    return found


def sessions_on(day: date, diary: Diary, zone: ZoneInfo) -> int:
    return [datetime.fromtimestamp(at, UTC).astimezone(zone).date() for at in diary.started].count(
        day
    )


def given(session: Session, start: int) -> Minutes:
    return set(range(start, start + session.minutes * 60, 60))


def taken(session: Session, start: int) -> Minutes:
    begin = start - session.before * 60
    return set(range(begin, start + (session.minutes + session.after) * 60, 60))


def may_start(session: Session, start: int, opening: int, diary: Diary) -> bool:
    """Whether it is on the grid, or right after a booking where the clinic offers that too."""
    on_grid = start >= opening and (start - opening) % (session.step * 60) == 0
    ready = [end + session.before * 60 for _begin, end in diary.blocked]
    return on_grid or (session.adjoining and start in ready)


def brute_force(
    session: Session,
    diaries: Mapping[UUID, Diary],
    rooms: Mapping[UUID, Sequence[Span]],
    window: Window,
    zone: ZoneInfo,
) -> dict[int, set[UUID]]:
    room_minutes = [minutes_of(spans) for spans in rooms.values()]
    found: dict[int, set[UUID]] = {}
    day = window.first
    while day <= window.last:
        shown = local_minutes(day, zone)
        for therapist_id, diary in diaries.items():
            if session.cap is not None and sessions_on(day, diary, zone) >= session.cap:
                continue
            away, blocked = minutes_of(diary.away), minutes_of(diary.blocked)
            for opening, work in lines_on(day, diary.hours, shown):
                for start in work:
                    if (
                        may_start(session, start, opening, diary)
                        and start >= window.earliest
                        and given(session, start) <= work - away
                        and not taken(session, start) & blocked
                        and any(not taken(session, start) & busy for busy in room_minutes)
                    ):
                        found.setdefault(start, set()).add(therapist_id)
        day += timedelta(days=1)
    return found


def leaves_gap(
    session: Session, start: int, diary: Diary, shortest: Session, day: date, earliest: int
) -> bool:
    """Whether minutes beside a session stay free in which no start of the shortest one lies."""
    shown = local_minutes(day, diary.hours.zone)
    away, blocked = minutes_of(diary.away), minutes_of(diary.blocked)
    mine = taken(session, start)
    around = [
        (opening, work)
        for opening, work in lines_on(day, diary.hours, shown)
        if given(session, start) <= work
    ]

    def wasted(opening: int, work: Minutes, at: int, step: int) -> bool:
        gap: Minutes = set()
        while at in work and at >= earliest and at not in away | blocked:
            gap.add(at)
            at += step
        return bool(gap) and not _sells(gap, opening, diary, shortest, mine)

    return bool(around) and all(
        wasted(opening, work, min(mine) - 60, -60) or wasted(opening, work, max(mine) + 60, 60)
        for opening, work in around
    )


def _sells(gap: Minutes, opening: int, diary: Diary, shortest: Session, mine: Minutes) -> bool:
    blocked = minutes_of(diary.blocked) | mine
    ready = [max(mine) + 60 + shortest.before * 60]
    return any(
        given(shortest, start) <= gap
        and not taken(shortest, start) & blocked
        and (may_start(shortest, start, opening, diary) or (shortest.adjoining and start in ready))
        for start in gap
    )
