"""Who is asked when after a visit, what can be answered by then, and which answer counts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from treatment.notes import relief
from treatment.notes.relief import Answer, Relief

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

HOURS = (24, 72)
ON_TIME = timedelta(hours=24)  # later than that it is not asked any more
MORNING, EVENING = time(8), time(20)  # at the clinic; nobody is written to at night
LIFE = timedelta(days=14)  # of a link
TELLABLE = timedelta(days=30)  # after the visit, in the account
WORST = 10
HIGH = 7  # the therapist is shown this, or more
# How many days must have passed for an answer to be possible.
FROM = {Answer.TO_THREE: 2, Answer.TO_SEVEN: 5, Answer.LONGER: 8}


@dataclass(frozen=True, slots=True)
class Told:
    """One answer about a visit: given when, and asked how many hours after (0: unasked)."""

    answer: str
    on: date
    hours: int = 0


def due(ended: datetime, now: datetime, zone: ZoneInfo) -> int | None:
    """Which message of a visit is due; None: none is, or it is night."""
    if not MORNING <= now.astimezone(zone).time() < EVENING:
        return None
    for hours in HOURS:
        if timedelta(0) <= now - ended - timedelta(hours=hours) < ON_TIME:
            return hours
    return None


def possible(visit: date, today: date) -> list[Answer]:
    """What can be said by now: nothing has helped for longer than there were days."""
    days = (today - visit).days
    return [answer for answer in Answer if days >= FROM.get(answer, 0)]


def relief_of(
    told: Iterable[Told], visit: date, following: date | None
) -> tuple[Relief, Told] | None:
    """By the last answer, at most the days to the next visit; of one day, the later question."""
    for one in sorted(told, key=lambda one: (one.on, one.hours), reverse=True):
        asked = min(one.on, following) if following else one.on
        found = relief.relief_of(one.answer, visit, asked)
        if found is not None:
            return found, one
    return None


def score(value: str) -> int | None:
    """A pain score as a number; None if it is none."""
    known = value.isascii() and value.isdecimal() and len(value) <= len(str(WORST))
    return int(value) if known and int(value) <= WORST else None
