"""Who in line is offered a free time. Pure; docs/booking.md explains it in prose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from booking.times.availability import MINUTE, Instant, Opening, Span, moment, to_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID
    from zoneinfo import ZoneInfo

FOREVER = 2**62
MORNING, NIGHT = time(8), time(21)  # local; during the night an offer would lapse unseen


@dataclass(frozen=True, slots=True)
class Cover:
    """What a client's prescriptions pay for."""

    spans: tuple[tuple[date, date], ...]  # approved, with visits left; both days included
    may_follow: bool  # one is under review, or there never was one: it may arrive in time


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """A place in the queue, and what its client waits for."""

    entry_id: UUID
    client_id: UUID
    option_id: UUID
    minutes: int
    first: date
    last: date  # included
    hours: tuple[time, time]  # local clock times of the start; the later one is not included
    therapist_id: UUID | None = None  # none: anyone
    busy: tuple[Span, ...] = ()  # the client's own visits
    refused: frozenset[Instant] = frozenset()  # starts that were offered already, or given up
    cover: Cover | None = None  # none: no prescription is needed
    has_offer: bool = False


@dataclass(frozen=True, slots=True)
class OfferRules:
    """How a location makes offers. Lengths are elapsed minutes."""

    zone: ZoneInfo
    now: Instant
    notice: int  # before a visit
    offer_minutes: int  # how long an offer is open
    prescription_lead: int  # before a visit a prescription is due


@dataclass(frozen=True, slots=True)
class Match:
    place: QueuePlace
    start: Instant
    therapist_ids: tuple[UUID, ...]


def next_match(
    queue: Iterable[QueuePlace], free: Mapping[UUID, Sequence[Opening]], rules: OfferRules
) -> Match | None:
    """The next offer to make: the first place that any free time fits, and its earliest such time.

    `free` has the openings of each option. A client with an open offer waits until it ends.
    """
    soonest, latest = _offerable(rules)
    offerable = {
        option_id: [
            (opening, _clock(opening, rules))  # once for the whole queue
            for opening in openings
            if soonest <= opening.start < latest
        ]
        for option_id, openings in free.items()
    }
    for place in queue:
        if place.has_offer:
            continue
        for opening, local in offerable.get(place.option_id, ()):
            if who := _who(place, opening, local, rules):
                return Match(place, opening.start, who)
    return None


def fitting(place: QueuePlace, openings: Iterable[Opening], rules: OfferRules) -> list[Opening]:
    """The free times this client could have."""
    return [
        Opening(opening.start, who) for opening in openings if (who := fits(place, opening, rules))
    ]


def fits(place: QueuePlace, opening: Opening, rules: OfferRules) -> tuple[UUID, ...]:
    """Who of those free then could give this session; no one: it does not fit."""
    return _who(place, opening, _clock(opening, rules), rules)


def compete(one: QueuePlace, other: QueuePlace) -> bool:
    """Whether both might be waiting for the same time."""
    return (
        one.first <= other.last
        and other.first <= one.last
        and max(one.hours[0], other.hours[0]) < min(one.hours[1], other.hours[1])
        and (
            None in {one.therapist_id, other.therapist_id} or one.therapist_id == other.therapist_id
        )
    )


def is_out_of_cover(place: QueuePlace) -> bool:
    """Whether no day of its window is paid for, and nothing is on its way that could."""
    if place.cover is None or place.cover.may_follow:
        return False
    return not any(
        since <= place.last and place.first <= until for since, until in place.cover.spans
    )


def _clock(opening: Opening, rules: OfferRules) -> tuple[date, time]:
    local = moment(opening.start).astimezone(rules.zone)
    return local.date(), local.time()


def _who(
    place: QueuePlace, opening: Opening, local: tuple[date, time], rules: OfferRules
) -> tuple[UUID, ...]:
    day, clock = local
    opens, closes = place.hours
    if not (place.first <= day <= place.last and opens <= clock < closes):
        return ()
    if opening.start in place.refused or not _is_covered(place, opening.start, day, rules):
        return ()
    end = opening.start + place.minutes * MINUTE
    if any(begin < end and opening.start < until for begin, until in place.busy):
        return ()
    if place.therapist_id is None:
        return opening.therapist_ids
    return tuple(pk for pk in opening.therapist_ids if pk == place.therapist_id)


def _is_covered(place: QueuePlace, start: Instant, day: date, rules: OfferRules) -> bool:
    if place.cover is None or any(since <= day <= until for since, until in place.cover.spans):
        return True
    return place.cover.may_follow and start - rules.now >= rules.prescription_lead * MINUTE


def _offerable(rules: OfferRules) -> tuple[Instant, Instant]:
    """The range of starts that may be offered now; the later end is not included."""
    needed = (rules.offer_minutes + rules.notice) * MINUTE
    morning = _end_of_night(rules)
    return rules.now + needed, FOREVER if morning is None else morning + needed


def _end_of_night(rules: OfferRules) -> Instant | None:
    """When the current night ends; None during the day."""
    local: datetime = moment(rules.now).astimezone(rules.zone)
    if MORNING <= local.time() < NIGHT:
        return None
    day = local.date() if local.time() < MORNING else local.date() + timedelta(days=1)
    return to_instant(day, MORNING, rules.zone, fold=0)
