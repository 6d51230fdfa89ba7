from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.times.availability import Opening
from booking.waitlist.matching import (
    Cover,
    Match,
    OfferRules,
    QueuePlace,
    compete,
    fits,
    fitting,
    is_out_of_cover,
    next_match,
)

ZONE = ZoneInfo("America/New_York")
DANA, THEO = UUID(int=1), UUID(int=2)
ANA, OMAR = UUID(int=11), UUID(int=12)
HOUR, HALF = UUID(int=21), UUID(int=22)
TUESDAY = date(2026, 11, 24)
ANY = (time.min, time.max)


def at(clock: str, day: date = TUESDAY) -> int:
    return int(datetime.combine(day, time.fromisoformat(clock), ZONE).timestamp())


NOW = at("13:30", date(2026, 11, 22))


def terms(now: int = NOW, **fields: Any) -> OfferRules:
    return OfferRules(
        **{
            "zone": ZONE,
            "now": now,
            "notice": 120,
            "offer_minutes": 15,
            "prescription_lead": 1440,
            **fields,
        }
    )


def wish(entry: int = 100, client: UUID = ANA, **fields: Any) -> QueuePlace:
    values: dict[str, Any] = {
        "entry_id": UUID(int=entry),
        "client_id": client,
        "option_id": HOUR,
        "minutes": 60,
        "first": TUESDAY,
        "last": TUESDAY,
        "hours": ANY,
        **fields,
    }
    return QueuePlace(**values)


def free(clock: str, *who: UUID, day: date = TUESDAY) -> Opening:
    return Opening(at(clock, day), who or (DANA,))


def may_offer(start: int, on: OfferRules) -> bool:
    """Whether someone who waits for any time is offered this one now."""
    anyone = wish(first=date(2026, 1, 1), last=date(2027, 12, 31))
    return next_match([anyone], {HOUR: [Opening(start, (DANA,))]}, on) is not None


def does_fit(asked: QueuePlace, opening: Opening, on: OfferRules | None = None) -> bool:
    return bool(fits(asked, opening, on or terms()))


@pytest.mark.parametrize(("day", "fit"), [(-1, False), (0, True), (2, True), (3, False)], ids=str)
def test_the_first_and_the_last_day_are_included(day: int, fit: bool) -> None:
    asked = wish(last=TUESDAY + timedelta(days=2))
    assert does_fit(asked, free("10:00", day=TUESDAY + timedelta(days=day))) == fit


def test_the_day_and_the_part_of_it_are_those_of_the_clinics_clock() -> None:
    evening = wish(hours=(time(17), time.max))
    assert does_fit(evening, free("17:00"))
    assert not does_fit(evening, free("16:45"))
    late = free("23:30")  # the next day already in UTC
    assert does_fit(evening, late)
    assert not does_fit(wish(first=TUESDAY + timedelta(days=1), last=date(2026, 12, 1)), late)
    morning = wish(hours=(time.min, time(12)))
    assert does_fit(morning, free("11:45"))
    assert not does_fit(morning, free("12:00"))


def test_who_asked_for_one_therapist_is_offered_no_other() -> None:
    assert fits(wish(therapist_id=THEO), free("10:00", DANA, THEO), terms()) == (THEO,)
    assert fits(wish(therapist_id=THEO), free("10:00", DANA), terms()) == ()
    assert fits(wish(), free("10:00", DANA, THEO), terms()) == (DANA, THEO)


def test_a_visit_of_their_own_stands_in_the_way_and_one_that_ends_then_does_not() -> None:
    busy = wish(busy=((at("10:00"), at("11:00")),))
    assert not does_fit(busy, free("10:59"))
    assert not does_fit(busy, free("09:01"))
    assert does_fit(busy, free("11:00"))
    assert does_fit(busy, free("09:00"))


def test_a_time_that_was_offered_before_is_not_offered_again() -> None:
    assert not does_fit(wish(refused=frozenset({at("10:00")})), free("10:00"))
    assert does_fit(wish(refused=frozenset({at("10:00")})), free("10:15"))


def test_a_prescribed_session_is_offered_on_days_that_are_paid_for() -> None:
    until_monday = Cover(((date(2026, 11, 1), TUESDAY - timedelta(days=1)),), may_follow=False)
    until_tuesday = Cover(((date(2026, 11, 1), TUESDAY),), may_follow=False)
    assert not does_fit(wish(cover=until_monday), free("10:00"))
    assert does_fit(wish(cover=until_tuesday), free("10:00"))
    assert not does_fit(wish(cover=Cover((), may_follow=False)), free("10:00"))
    assert does_fit(wish(cover=None), free("10:00"))


def test_a_prescription_that_may_still_come_must_have_the_time_to() -> None:
    hopeful = wish(cover=Cover((), may_follow=True))
    assert does_fit(hopeful, free("10:00"), terms(at("10:00") - 1440 * 60))
    assert not does_fit(hopeful, free("10:00"), terms(at("10:00") - 1440 * 60 + 1))


def test_a_wish_that_nothing_pays_for_is_known_as_such() -> None:
    assert is_out_of_cover(wish(cover=Cover((), may_follow=False)))
    assert not is_out_of_cover(wish(cover=Cover((), may_follow=True)))
    assert not is_out_of_cover(wish(cover=None))
    touching = Cover(((date(2026, 11, 1), TUESDAY),), may_follow=False)
    assert not is_out_of_cover(wish(cover=touching))
    assert is_out_of_cover(wish(cover=touching, first=date(2026, 11, 25), last=date(2026, 12, 1)))


def test_a_time_whose_notice_would_run_out_meanwhile_is_not_offered() -> None:
    start = at("16:00", date(2026, 11, 22))
    assert may_offer(start, terms(start - 135 * 60))
    assert not may_offer(start, terms(start - 135 * 60 + 1))


@pytest.mark.parametrize(
    ("clock", "asleep"),
    [("20:59", False), ("21:00", True), ("23:59", True), ("00:00", True), ("07:59", True),
     ("08:00", False)],
)  # fmt: skip
def test_at_night_a_time_waits_for_the_morning(clock: str, asleep: bool) -> None:
    now = at(clock, date(2026, 11, 23))
    assert may_offer(at("15:00", date(2026, 11, 25)), terms(now)) != asleep


def test_at_night_a_time_too_near_for_the_morning_is_offered_at_once() -> None:
    now = at("22:00", date(2026, 11, 23))
    morning = at("08:00") + 135 * 60  # from here on the morning is early enough
    assert may_offer(morning - 1, terms(now))
    assert not may_offer(morning, terms(now))


def test_the_next_match_whom_a_time_fits_gets_the_earliest_of_them() -> None:
    line = [
        wish(1, ANA, hours=(time(17), time.max)),
        wish(2, OMAR),
        wish(3, ANA),
    ]
    openings = {HOUR: [free("09:00", THEO), free("11:00")]}
    assert next_match(line, openings, terms()) == Match(line[1], at("09:00"), (THEO,))
    assert next_match(line[:1], openings, terms()) is None
    assert next_match(line, {HALF: [free("18:00")]}, terms()) is None


def test_who_has_an_offer_open_is_passed_over_until_it_ends() -> None:
    line = [wish(1, ANA, has_offer=True), wish(2, OMAR)]
    match = next_match(line, {HOUR: [free("09:00")]}, terms())
    assert match is not None
    assert match.place.client_id == OMAR


def test_two_compete_when_one_time_could_suit_both() -> None:
    asked = wish(1)
    assert compete(asked, wish(2, OMAR))
    assert compete(asked, wish(2, OMAR, therapist_id=DANA))
    assert not compete(wish(1, therapist_id=THEO), wish(2, OMAR, therapist_id=DANA))
    assert not compete(asked, wish(2, first=date(2026, 11, 25), last=date(2026, 11, 26)))
    morning, evening = (time.min, time(12)), (time(17), time.max)
    assert not compete(wish(1, hours=morning), wish(2, OMAR, hours=evening))


# ---- the laws ----

PARTS = [ANY, (time.min, time(12)), (time(12), time(17)), (time(17), time.max)]
DAYS = [TUESDAY + timedelta(days=offset) for offset in range(4)]
STAFF = [DANA, THEO]
LENGTHS = {HOUR: 60, HALF: 30}


@st.composite
def lines(draw: st.DrawFn) -> list[QueuePlace]:
    line = []
    for number in range(draw(st.integers(1, 6))):
        option = draw(st.sampled_from([HOUR, HALF]))
        first = draw(st.integers(0, 3))
        cover = draw(
            st.none()
            | st.builds(
                Cover,
                st.just(((DAYS[0], DAYS[1]),)) | st.just(()),
                may_follow=st.booleans(),
            )
        )
        line.append(
            wish(
                number,
                UUID(int=10 + draw(st.integers(0, 3))),
                option_id=option,
                minutes=LENGTHS[option],
                first=DAYS[first],
                last=DAYS[draw(st.integers(first, 3))],
                hours=draw(st.sampled_from(PARTS)),
                therapist_id=draw(st.none() | st.sampled_from(STAFF)),
                refused=frozenset(
                    at("10:00", day) for day in draw(st.sets(st.sampled_from(DAYS), max_size=1))
                ),
                busy=((at("13:00"), at("14:00")),) if draw(st.booleans()) else (),
                cover=cover,
            )
        )
    return line


@st.composite
def open_times(draw: st.DrawFn) -> dict[UUID, list[Opening]]:
    """Who is free when: each therapist's free hours, as either session may use them."""
    hours = draw(
        st.sets(
            st.tuples(
                st.sampled_from(STAFF),
                st.sampled_from(DAYS),
                st.sampled_from(["09:00", "10:00", "13:00", "18:00"]),
            ),
            max_size=6,
        )
    )
    found: dict[UUID, dict[int, list[UUID]]] = {HOUR: {}, HALF: {}}
    for therapist_id, day, clock in sorted(hours, key=str):
        start = at(clock, day)
        found[HOUR].setdefault(start, []).append(therapist_id)
        for begin in (start, start + 30 * 60):
            found[HALF].setdefault(begin, []).append(therapist_id)
    return {
        option_id: [Opening(start, tuple(sorted(who))) for start, who in sorted(starts.items())]
        for option_id, starts in found.items()
    }


def suits(asked: QueuePlace, start: int, therapist_id: UUID) -> bool:
    """The rules once more, in other words."""
    begin = datetime.fromtimestamp(start, UTC)
    local = begin.astimezone(ZONE).replace(tzinfo=None)
    day = local.date()
    if start in asked.refused or asked.therapist_id not in {None, therapist_id}:
        return False
    if day < asked.first or day > asked.last:
        return False
    minute = local.hour * 60 + local.minute
    opens = asked.hours[0].hour * 60
    closes = 24 * 60 if asked.hours[1] == time.max else asked.hours[1].hour * 60
    if not opens <= minute < closes:
        return False
    minutes = range(start // 60, start // 60 + asked.minutes)
    if any(minute in range(a // 60, b // 60) for a, b in asked.busy for minute in minutes):
        return False
    if asked.cover is None:
        return True
    paid = any(since <= day <= until for since, until in asked.cover.spans)
    return paid or (asked.cover.may_follow and start >= NOW + 24 * 3600)


@settings(max_examples=300, deadline=None)
@given(line=lines(), openings=open_times())
def test_nobody_jumps_the_line_nobody_has_two_offers_and_no_time_goes_to_two(
    line: list[QueuePlace], openings: dict[UUID, list[Opening]]
) -> None:
    made: list[Match] = []
    taken: list[tuple[UUID, int, int]] = []
    while match := next_match(line, openings, terms()):
        place = line.index(match.place)
        for before in line[:place]:
            if before.has_offer:
                continue
            assert not any(
                suits(before, opening.start, who)
                for opening in openings[before.option_id]
                for who in opening.therapist_ids
            ), "somebody before them could have had one"
        therapist_id = match.therapist_ids[0]
        assert suits(match.place, match.start, therapist_id)
        made.append(match)
        taken.append((therapist_id, match.start, match.start + match.place.minutes * 60))
        # The hold takes the time from every session; the client answers before the next offer.
        openings = {
            option_id: [
                Opening(opening.start, who)
                for opening in found
                if (
                    who := tuple(
                        pk
                        for pk in opening.therapist_ids
                        if not any(
                            pk == other
                            and opening.start < until
                            and begin < opening.start + LENGTHS[option_id] * 60
                            for other, begin, until in taken
                        )
                    )
                )
            ]
            for option_id, found in openings.items()
        }
        line = [
            replace(asked, has_offer=asked.has_offer or asked.client_id == match.place.client_id)
            for asked in line
        ]
    clients = [match.place.client_id for match in made]
    assert len(clients) == len(set(clients)), "somebody has two offers"
    for number, (giver, begin, until) in enumerate(taken):
        for other, start, end in taken[number + 1 :]:
            assert giver != other or until <= start or end <= begin, "a time was offered to two"
    for asked in line:  # nobody is forgotten
        if not asked.has_offer:
            assert not any(
                suits(asked, opening.start, who)
                for opening in openings[asked.option_id]
                for who in opening.therapist_ids
            )


@settings(max_examples=100, deadline=None)
@given(line=lines(), openings=open_times())
def test_what_fits_one_is_what_the_rules_say(
    line: list[QueuePlace], openings: dict[UUID, list[Opening]]
) -> None:
    for asked in line:
        told = {
            (opening.start, who)
            for opening in fitting(asked, openings[asked.option_id], terms())
            for who in opening.therapist_ids
        }
        assert told == {
            (opening.start, who)
            for opening in openings[asked.option_id]
            for who in opening.therapist_ids
            if suits(asked, opening.start, who)
        }
