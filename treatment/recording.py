"""Which session times and minutes are valid. Pure; billing/units.py counts units from them.

One session by itself is looked at here, its neighbors in `plausibility.py`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from treatment.errors import NoMinutes, NoSuchTime, TooManyMinutes, WrongTimes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, time
    from zoneinfo import ZoneInfo

T = TypeVar("T")
SECONDS = 60


def whole_minutes(started_at: datetime, stopped_at: datetime) -> int:
    """Elapsed whole minutes; seconds are dropped, as in counting units."""
    # In one zone Python would subtract what the clocks show, an hour off on two nights a year.
    elapsed = stopped_at.astimezone(UTC) - started_at.astimezone(UTC)
    return int(elapsed.total_seconds()) // SECONDS


def checked(
    started_at: datetime,
    stopped_at: datetime,
    minutes: Mapping[T, int],
    *,
    now: datetime,
    hands_on: bool = True,
) -> dict[T, int]:
    """The minutes that count, leaving out techniques without any.

    Raises:
        WrongTimes: stop is not after start, or is in the future.
        NoMinutes: a hands-on session without any minutes.
        TooManyMinutes: more hands-on minutes than elapsed minutes.
    """
    if not started_at.astimezone(UTC) < stopped_at.astimezone(UTC) <= now:
        raise WrongTimes
    kept = {technique: count for technique, count in minutes.items() if count > 0}
    if hands_on and not kept:
        raise NoMinutes
    total, elapsed = sum(kept.values()), whole_minutes(started_at, stopped_at)
    if total > elapsed:
        raise TooManyMinutes(total, elapsed)
    return kept


def moment_of(
    day: date, shown: time, zone: ZoneInfo, *, not_before: datetime | None = None
) -> datetime:
    """The moment at which a clock in the clinic shows this time, in UTC.

    Of a time that clocks show twice (the night in fall) it is the first; the second, if only that
    one is not before the other moment given.

    Raises:
        NoSuchTime: clocks skip it (the night in spring).
    """
    local = datetime.combine(day, shown, zone)
    first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise NoSuchTime(shown)
    if not_before is not None and first < not_before.astimezone(UTC) <= second:
        return second
    return first


def off_time(
    booked: tuple[datetime, datetime], started_at: datetime, stopped_at: datetime
) -> tuple[int, int]:
    """Whole minutes that it began after the booked start, and ended before the booked end."""
    late = whole_minutes(booked[0], started_at)
    early = whole_minutes(stopped_at, booked[1])
    return max(0, late), max(0, early)


def floor_minute(moment: datetime) -> datetime:
    """Without seconds: people read and type whole minutes."""
    return moment.astimezone(UTC) - timedelta(
        seconds=moment.second, microseconds=moment.microsecond
    )
