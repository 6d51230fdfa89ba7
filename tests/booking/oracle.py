"""Availability the slow way: look at every minute. No arithmetic that the core could share."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from booking.availability import Diary, Session, Span, Window


def minutes_of(spans: Sequence[Span]) -> set[int]:
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
            away, blocked = minutes_of(diary.away), minutes_of(diary.blocked)
            for period in diary.periods:
                if not period.applies_on(day):
                    continue
                after_opening = [at for at, clock in shown if clock >= period.starts]
                before_closing = [at for at, clock in shown if clock < period.ends]
                if not after_opening or not before_closing:
                    continue
                opens, closes = min(after_opening), max(before_closing) + 60
                for start in range(opens, closes, 60):
                    given = set(range(start, start + session.minutes * 60, 60))
                    taken = set(
                        range(
                            start - session.before * 60,
                            start + (session.minutes + session.after) * 60,
                            60,
                        )
                    )
                    if (
                        (start - opens) % (session.step * 60) == 0
                        and start >= window.earliest
                        and max(given) < closes
                        and not given & away
                        and not taken & blocked
                        and any(not taken & busy for busy in room_minutes)
                    ):
                        found.setdefault(start, set()).add(therapist_id)
        day += timedelta(days=1)
    return found
