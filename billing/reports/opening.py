"""How long a clinic is open: the time when at least one person works. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from booking.times.availability import MINUTE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from booking.times.availability import Hours, Span


def minutes_open(
    hours: Mapping[UUID, Hours], away: Mapping[UUID, Sequence[Span]], days: Iterable[date]
) -> int:
    """Elapsed minutes of these local dates, however many work at once; breaks and time off, when
    no one else works, do not count.
    """
    work: list[Span] = []
    every = list(days)
    for pk, one in hours.items():
        own = [(begin, end) for day in every for _anchor, begin, end in one.on(day)]
        work += without(own, away.get(pk, ()))
    return length(work) // MINUTE


def without(spans: Iterable[Span], away: Sequence[Span]) -> list[Span]:
    """What is left of spans of work, each in order, outside of the time off."""
    found: list[Span] = []
    off = sorted(away)
    for begin, end in spans:
        since = begin
        for start, stop in off:
            if stop <= since or end <= start:
                continue
            if since < start:
                found.append((since, start))
            since = max(since, stop)
        if since < end:
            found.append((since, end))
    return found


def length(spans: Iterable[Span]) -> int:
    """Seconds that are in any of the spans."""
    total, until = 0, -(2**62)
    for begin, end in sorted(spans):
        if end > until:
            total += end - max(begin, until)
            until = end
    return total
