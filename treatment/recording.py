"""What may be recorded of a session. Pure; units are counted from it in billing/units.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from treatment.errors import NoMinutes, TooManyMinutes, WrongTimes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

T = TypeVar("T")
SECONDS = 60


def whole_minutes(started_at: datetime, stopped_at: datetime) -> int:
    """Elapsed whole minutes; seconds are dropped, as they are when units are counted."""
    return int((stopped_at - started_at).total_seconds()) // SECONDS


def checked(
    started_at: datetime,
    stopped_at: datetime,
    minutes: Mapping[T, int],
    *,
    now: datetime,
    hands_on: bool = True,
) -> dict[T, int]:
    """The minutes that count, techniques without any left out.

    Raises:
        WrongTimes: stop is not after start, or lies in the future.
        NoMinutes: a hands-on session without a minute.
        TooManyMinutes: the hands were on longer than the clock says.
    """
    if not started_at < stopped_at <= now:
        raise WrongTimes
    kept = {technique: count for technique, count in minutes.items() if count > 0}
    if hands_on and not kept:
        raise NoMinutes
    total, elapsed = sum(kept.values()), whole_minutes(started_at, stopped_at)
    if total > elapsed:
        raise TooManyMinutes(total, elapsed)
    return kept
