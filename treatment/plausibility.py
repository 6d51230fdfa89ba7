"""Is this session possible beside the others of its day, and is it likely? Pure.

What cannot have been is refused, naming what is in the way. What can have been but seldom is asks
for a word, which is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from treatment.errors import AlreadyElsewhere, BeforeArrival, InTheFuture
from treatment.recording import floor_minute, whole_minutes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

FAR = timedelta(minutes=30)  # from the booked start
OVER = 30  # minutes longer than booked
EARLY = timedelta(minutes=10)  # a start this long before the check-in is only unlikely


@dataclass(frozen=True, slots=True)
class Times:
    arrived_at: datetime
    started_at: datetime
    stopped_at: datetime


@dataclass(frozen=True, slots=True)
class Booked:
    start: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class Neighbor:
    """Another session of that day: of the same therapist, in the same room, or both."""

    started_at: datetime
    stopped_at: datetime  # of one that is in progress: now, or its booked length if that is over
    client: str  # a name, if the reader may know it
    therapist: str
    in_progress: bool = False
    same_therapist: bool = False
    same_room: bool = False

    def overlaps(self, times: Times) -> bool:
        return self.started_at < times.stopped_at and times.started_at < self.stopped_at


class Doubt(StrEnum):
    """Why a session is unlikely."""

    FAR_FROM_BOOKED = "far_from_booked"
    LONG = "long"
    BEFORE_CHECK_IN = "before_check_in"
    ARRIVAL_CHANGED = "arrival_changed"
    ROOM_IN_USE = "room_in_use"
    LATE = "late"


def expect_possible(times: Times, others: Iterable[Neighbor], *, now: datetime) -> None:
    """Refuse what cannot have been.

    Raises:
        InTheFuture: the arrival is still to come. (`recording.checked` looks at the stop.)
        BeforeArrival: it began well before the client was there.
        AlreadyElsewhere: the therapist was in another session.
    """
    if times.arrived_at > now:
        raise InTheFuture
    if floor_minute(times.arrived_at) - times.started_at > EARLY:
        raise BeforeArrival(times.started_at, times.arrived_at)
    # It arrived before it ended, however early the start: the client was there.
    if floor_minute(times.arrived_at) >= times.stopped_at:
        raise BeforeArrival(times.started_at, times.arrived_at)
    for other in others:
        if other.same_therapist and other.overlaps(times):
            stop = None if other.in_progress else other.stopped_at
            raise AlreadyElsewhere(
                therapist=other.therapist, client=other.client, start=other.started_at, stop=stop
            )


def doubts(
    times: Times,
    booked: Booked,
    others: Iterable[Neighbor],
    *,
    checked_in_at: datetime | None = None,
    late: bool = False,
) -> list[Doubt]:
    """What about it is unlikely. `checked_in_at` is the arrival as the desk recorded it."""
    changed = checked_in_at is not None and floor_minute(checked_in_at) != floor_minute(
        times.arrived_at
    )
    length = whole_minutes(times.started_at, times.stopped_at)
    found = {
        Doubt.LATE: late,
        Doubt.FAR_FROM_BOOKED: abs(times.started_at - booked.start) > FAR,
        Doubt.LONG: length > booked.minutes + OVER,
        Doubt.BEFORE_CHECK_IN: times.started_at < floor_minute(times.arrived_at),
        Doubt.ARRIVAL_CHANGED: changed,
        Doubt.ROOM_IN_USE: any(one.same_room and one.overlaps(times) for one in others),
    }
    return [doubt for doubt, is_so in found.items() if is_so]
