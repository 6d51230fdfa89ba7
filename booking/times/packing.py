"""Which times pack the diary well: those that leave no gap too short to sell. Pure.

It only ranks; `booking.times.availability` decides whether a time is available.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from booking.times.availability import MINUTE, moment

if TYPE_CHECKING:
    from booking.times.availability import Diary, Instant, Session, Shift

FAR = 2**62


def leaves_gap(
    session: Session, start: Instant, diary: Diary, shortest: Session, earliest: Instant = 0
) -> bool:
    """Whether a session that starts then leaves free time next to it that no one could book.

    `shortest` is the shortest session on offer; what lies before `earliest` is lost anyway.
    """
    end = start + session.minutes * MINUTE
    day = moment(start).astimezone(diary.hours.zone).date()
    around = [shift for shift in diary.hours.on(day) if shift[1] <= start and end <= shift[2]]
    return bool(around) and all(
        _dead_before(session, start, diary, shortest, shift, earliest)
        or _dead_after(session, start, diary, shortest, shift)
        for shift in around
    )


def _dead_before(
    session: Session,
    start: Instant,
    diary: Diary,
    shortest: Session,
    shift: Shift,
    earliest: Instant,
) -> bool:
    anchor, begin, _end = shift
    until = start - session.before * MINUTE
    opens = max(begin, earliest, *(back for away, back in diary.away if away < until))
    booked = max((end for _start, end in diary.blocked if end <= until), default=-FAR)
    if max(opens, booked) >= until:
        return False
    latest = until - (shortest.minutes + shortest.after) * MINUTE
    return not _can_start(shortest, anchor, opens, booked, latest)


def _dead_after(
    session: Session, start: Instant, diary: Diary, shortest: Session, shift: Shift
) -> bool:
    anchor, _begin, closes = shift
    end = start + session.minutes * MINUTE
    since = end + session.after * MINUTE
    closes = min(closes, *(away for away, back in diary.away if back > since), FAR)
    booked = min((begin for begin, _end in diary.blocked if begin >= since), default=FAR)
    if since >= min(closes, booked):
        return False
    length = shortest.minutes * MINUTE
    latest = min(closes - length, booked - length - shortest.after * MINUTE)
    return not _can_start(shortest, anchor, -FAR, since, latest)


def _can_start(
    shortest: Session, anchor: Instant, opens: Instant, booked: Instant, latest: Instant
) -> bool:
    """Whether a start is offered from `opens` on, clear of what is `booked` before it."""
    step = shortest.step * MINUTE
    after_booking = booked + shortest.before * MINUTE
    first = max(opens, after_booking)
    on_grid = max(anchor, anchor + -(-(first - anchor) // step) * step)
    adjoins = shortest.adjoining and after_booking >= opens
    return on_grid <= latest or (adjoins and after_booking <= latest)
