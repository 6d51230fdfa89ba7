"""Who in line a free time is offered to. Pure; docs/booking.md tells it in prose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from booking.availability import MINUTE, Instant, Opening, Span, moment, to_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID
    from zoneinfo import ZoneInfo

FOREVER = 2**62
MORNING, NIGHT = time(8), time(21)  # local; in between an offer would lapse unseen


@dataclass(frozen=True, slots=True)
class Cover:
    """What a client's prescriptions pay for."""

    spans: tuple[tuple[date, date], ...]  # approved, with visits left; both days included
    may_follow: bool  # one is under review, or there never was any: it may come in time


@dataclass(frozen=True, slots=True)
class Wish:
    """A place in line, and what its client waits for."""

    entry_id: UUID
    client_id: UUID
    option_id: UUID
    minutes: int
    first: date
    last: date  # included
    hours: tuple[time, time]  # local clock times of the start; the later one is not included
    therapist_id: UUID | None = None  # none: anybody
    busy: tuple[Span, ...] = ()  # the client's own visits
    refused: frozenset[Instant] = frozenset()  # starts that were offered already, or given up
    cover: Cover | None = None  # none: no prescription is needed
    has_offer: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """How a location makes offers. Lengths are elapsed minutes."""

    zone: ZoneInfo
    now: Instant
    notice: int  # before a visit
    keeps: int  # how long an offer is open
    lead: int  # before a visit a prescription is due


@dataclass(frozen=True, slots=True)
class Match:
    wish: Wish
    start: Instant
    therapist_ids: tuple[UUID, ...]


def first_in_line(
    line: Iterable[Wish], free: Mapping[UUID, Sequence[Opening]], terms: Terms
) -> Match | None:
    """The next offer to make: the first wish that any free time fits, and its earliest such time.

    `free` has the openings of each option. Whoever has an offer open waits for its end.
    """
    soonest, latest = _ripe(terms)
    ripe = {
        option_id: [
            (opening, _clock(opening, terms))  # once for the whole line
            for opening in openings
            if soonest <= opening.start < latest
        ]
        for option_id, openings in free.items()
    }
    for wish in line:
        if wish.has_offer:
            continue
        for opening, local in ripe.get(wish.option_id, ()):
            if who := _who(wish, opening, local, terms):
                return Match(wish, opening.start, who)
    return None


def fitting(wish: Wish, openings: Iterable[Opening], terms: Terms) -> list[Opening]:
    """The free times somebody could have who waits for one."""
    return [
        Opening(opening.start, who) for opening in openings if (who := fits(wish, opening, terms))
    ]


def fits(wish: Wish, opening: Opening, terms: Terms) -> tuple[UUID, ...]:
    """Who of those free then could give this wish its session; nobody: it does not fit."""
    return _who(wish, opening, _clock(opening, terms), terms)


def may_offer(start: Instant, terms: Terms) -> bool:
    """Whether a time may be offered now.

    Its notice must not run out while the offer is open. At night it waits for the morning, unless
    it would be too near by then.
    """
    soonest, latest = _ripe(terms)
    return soonest <= start < latest


def compete(one: Wish, other: Wish) -> bool:
    """Whether a time may come free that both wait for."""
    return (
        one.first <= other.last
        and other.first <= one.last
        and max(one.hours[0], other.hours[0]) < min(one.hours[1], other.hours[1])
        and (
            None in {one.therapist_id, other.therapist_id} or one.therapist_id == other.therapist_id
        )
    )


def is_out_of_cover(wish: Wish) -> bool:
    """Whether no day of its window is paid for, and nothing is on its way that could."""
    if wish.cover is None or wish.cover.may_follow:
        return False
    return not any(since <= wish.last and wish.first <= until for since, until in wish.cover.spans)


def _clock(opening: Opening, terms: Terms) -> tuple[date, time]:
    local = moment(opening.start).astimezone(terms.zone)
    return local.date(), local.time()


def _who(wish: Wish, opening: Opening, local: tuple[date, time], terms: Terms) -> tuple[UUID, ...]:
    day, clock = local
    opens, closes = wish.hours
    if not (wish.first <= day <= wish.last and opens <= clock < closes):
        return ()
    if opening.start in wish.refused or not _is_covered(wish, opening.start, day, terms):
        return ()
    end = opening.start + wish.minutes * MINUTE
    if any(begin < end and opening.start < until for begin, until in wish.busy):
        return ()
    if wish.therapist_id is None:
        return opening.therapist_ids
    return tuple(pk for pk in opening.therapist_ids if pk == wish.therapist_id)


def _is_covered(wish: Wish, start: Instant, day: date, terms: Terms) -> bool:
    if wish.cover is None or any(since <= day <= until for since, until in wish.cover.spans):
        return True
    return wish.cover.may_follow and start - terms.now >= terms.lead * MINUTE


def _ripe(terms: Terms) -> tuple[Instant, Instant]:
    """Between which starts a time may be offered now; the later one is not included."""
    needed = (terms.keeps + terms.notice) * MINUTE
    morning = _end_of_night(terms)
    return terms.now + needed, FOREVER if morning is None else morning + needed


def _end_of_night(terms: Terms) -> Instant | None:
    """When the present night ends; none by day."""
    local: datetime = moment(terms.now).astimezone(terms.zone)
    if MORNING <= local.time() < NIGHT:
        return None
    day = local.date() if local.time() < MORNING else local.date() + timedelta(days=1)
    return to_instant(day, MORNING, terms.zone, fold=0)
