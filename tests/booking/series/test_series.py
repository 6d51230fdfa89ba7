"""Plans of visits: the laws of planning, and the plans a receptionist would make."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from booking.series.planning import Pace, Part, Plan, PlanRequest, propose, replacements
from booking.times.availability import Opening, moment, seconds

NEW_YORK = ZoneInfo("America/New_York")
DANA, THEO = UUID(int=1), UUID(int=2)
MONDAY = date(2026, 3, 2)  # clocks go forward on Sunday, March 8
TWICE = Pace.of(Decimal(2))
DAY = timedelta(days=1)


def opening(day: date, at: str, *who: UUID) -> Opening:
    local = datetime.combine(day, time.fromisoformat(at), NEW_YORK)
    return Opening(seconds(local.astimezone(UTC)), who or (DANA,))


def weekdays(
    weeks: int, *clocks: str, begin: date = MONDAY, who: tuple[UUID, ...] = (DANA,)
) -> list[Opening]:
    """The same times on every Monday to Friday."""
    days = (begin + n * DAY for n in range(weeks * 7))
    return [opening(day, at, *who) for day in days if day.weekday() < 5 for at in clocks]


def wish(count: int = 12, pace: Pace = TWICE, **fields: object) -> PlanRequest:
    values = {
        "count": count,
        "pace": pace,
        "starts_on": MONDAY,
        "first": MONDAY,
        "last": date(2026, 4, 12),  # six weeks
        **fields,
    }
    return PlanRequest(**values)  # type: ignore[arg-type]


def told(plan: Plan) -> list[str]:
    locals_ = [moment(visit.start).astimezone(NEW_YORK) for visit in plan.visits]
    return [f"{when:%a %m-%d %H:%M}" for when in locals_]


def test_two_a_week_for_six_weeks_is_twelve_at_one_clock_time_across_the_change_of_clocks() -> None:
    plan = propose(wish(), weekdays(6, "09:00", "10:00"), NEW_YORK)
    assert plan.missing == 0
    assert told(plan)[:4] == [
        "Mon 03-02 09:00",
        "Thu 03-05 09:00",
        "Mon 03-09 09:00",
        "Thu 03-12 09:00",
    ]
    assert len(plan.visits) == 12
    assert {text[-5:] for text in told(plan)} == {"09:00"}
    assert plan.visits[-1].day == date(2026, 4, 9)


def test_the_last_visit_may_be_on_the_last_day_and_never_after_it() -> None:
    free = [opening(date(2026, 4, 10), "09:00"), opening(date(2026, 4, 13), "09:00")]
    plan = propose(wish(count=2, last=date(2026, 4, 10)), free, NEW_YORK)
    assert told(plan) == ["Fri 04-10 09:00"]
    assert plan.missing == 1


def test_a_full_day_is_replaced_within_its_week_and_marked() -> None:
    free = [o for o in weekdays(6, "09:00") if moment(o.start).date() != date(2026, 3, 12)]
    plan = propose(wish(weekdays=frozenset({0, 3})), free, NEW_YORK)
    assert len(plan.visits) == 12
    (other,) = [visit for visit in plan.visits if visit.other_day]
    assert other.day in {date(2026, 3, 11), date(2026, 3, 13)}


def test_the_same_therapist_is_kept_before_the_clock_time() -> None:
    free = weekdays(6, "09:00")
    free = [o for o in free if moment(o.start).date() != date(2026, 3, 12)]
    free += [opening(date(2026, 3, 12), "09:00", THEO), opening(date(2026, 3, 12), "11:00", DANA)]
    asked = wish(weekdays=frozenset({0, 3}))
    plan = propose(asked, sorted(free, key=lambda o: o.start), NEW_YORK)
    assert {visit.therapist_id for visit in plan.visits} == {DANA}
    assert [v.day for v in plan.visits if v.other_time] == [date(2026, 3, 12)]


def test_asked_for_weekdays_and_part_of_day_are_kept_to() -> None:
    free = weekdays(6, "09:00", "13:00", "17:30")
    plan = propose(wish(weekdays=frozenset({1, 3}), part=Part.EVENING), free, NEW_YORK)
    assert {text[:3] for text in told(plan)} == {"Tue", "Thu"}
    assert {text[-5:] for text in told(plan)} == {"17:30"}


def test_an_exact_clock_time_is_preferred() -> None:
    plan = propose(wish(at=time(14)), weekdays(6, "09:00", "13:45", "14:00"), NEW_YORK)
    assert {text[-5:] for text in told(plan)} == {"14:00"}


def test_what_lies_beyond_the_last_day_is_told_apart_from_full_weeks() -> None:
    free = [
        o
        for o in weekdays(6, "09:00")
        if not date(2026, 3, 9) <= moment(o.start).date() < date(2026, 3, 16)
    ]
    plan = propose(wish(count=20), free, NEW_YORK)
    assert len(plan.visits) == 10
    assert (plan.missing, plan.beyond, plan.full) == (10, 8, (date(2026, 3, 9),))


def test_every_other_week_is_once_in_a_fortnight() -> None:
    plan = propose(wish(count=3, pace=Pace.of(Decimal("0.5"))), weekdays(6, "09:00"), NEW_YORK)
    assert told(plan) == ["Mon 03-02 09:00", "Mon 03-16 09:00", "Mon 03-30 09:00"]


def test_visits_that_exist_already_count_for_the_pace_and_take_their_day() -> None:
    taken = frozenset({date(2026, 3, 3), date(2026, 3, 5)})
    plan = propose(wish(count=2, taken=taken), weekdays(6, "09:00"), NEW_YORK)
    assert all(visit.day >= date(2026, 3, 9) for visit in plan.visits)


def test_a_visit_for_something_else_takes_its_day_and_no_part_of_the_pace() -> None:
    coming = frozenset({date(2026, 3, 3), date(2026, 3, 5)})
    alone = propose(wish(count=12), weekdays(6, "09:00"), NEW_YORK)
    plan = propose(wish(count=12, coming=coming), weekdays(6, "09:00"), NEW_YORK)
    assert (len(plan.visits), plan.missing) == (len(alone.visits), alone.missing)
    assert not {visit.day for visit in plan.visits} & coming


def test_a_plan_goes_on_on_the_weekdays_on_which_they_come_anyway() -> None:
    taken = frozenset({date(2026, 3, 3), date(2026, 3, 6), date(2026, 3, 10)})
    plan = propose(wish(count=4, taken=taken), weekdays(6, "09:00"), NEW_YORK)
    assert [text[:9] for text in told(plan)] == [
        *("Fri 03-13", "Tue 03-17", "Fri 03-20", "Tue 03-24"),
    ]


def test_one_more_resembles_the_others() -> None:
    whole = propose(wish(), weekdays(6, "09:00"), NEW_YORK)
    kept = [visit for visit in whole.visits if visit.day != date(2026, 3, 26)]
    more = propose(
        wish(count=1, taken=frozenset(visit.day for visit in kept)),
        weekdays(6, "09:00"),
        NEW_YORK,
        like=[(visit.start, visit.therapist_id) for visit in kept],
    )
    assert told(more) == ["Thu 03-26 09:00"]


def test_a_lost_time_is_replaced_on_its_day_else_near_it() -> None:
    free = [o for o in weekdays(2, "09:00", "11:00") if o.start != opening(MONDAY, "09:00").start]
    lost = [
        (opening(MONDAY, "09:00").start, DANA),
        (opening(MONDAY + 7 * DAY, "10:00").start, DANA),
    ]
    found = replacements(wish(), lost, [opening(MONDAY + 7 * DAY, "09:00").start], free, NEW_YORK)
    assert [
        moment(visit.start).astimezone(NEW_YORK).strftime("%m-%d %H") for visit in found if visit
    ] == [
        "03-02 11",
        "03-11 09",
    ]
    assert replacements(wish(), lost, [], [], NEW_YORK) == [None, None]


def test_paces_read_from_visits_a_week() -> None:
    assert Pace.of(Decimal(3)) == Pace(3)
    assert Pace.of(Decimal("2.1")) == Pace(2)
    assert Pace.of(Decimal("0.46")) == Pace(1, 14)
    assert Pace.of(Decimal("0.23")) == Pace(1, 28)
    assert Pace.of(Decimal(0)) == Pace(1)
    assert Pace.of(Decimal(99)) == Pace(7)


# ---- laws ----

paces = st.sampled_from(
    [Decimal(text) for text in ("0.25", "0.5", "1", "1.67", "2", "3", "5", "7")]
)
times = st.tuples(
    st.integers(-3, 50),
    st.sampled_from(["09:00", "10:30", "14:00", "17:15"]),
    st.sampled_from([1, 2, 3]),
)


@st.composite
def questions(draw: st.DrawFn) -> tuple[PlanRequest, list[Opening]]:
    free: dict[int, Opening] = {}
    for days, at, who in draw(st.lists(times, max_size=60)):
        people = [pk for bit, pk in ((1, DANA), (2, THEO)) if who & bit]
        made = opening(MONDAY + days * DAY, at, *people)
        free[made.start] = made
    first = MONDAY + draw(st.integers(0, 10)) * DAY
    made_wish = wish(
        count=draw(st.integers(1, 30)),
        pace=Pace.of(draw(paces)),
        first=first,
        last=first + draw(st.integers(-1, 45)) * DAY,
        weekdays=frozenset(draw(st.sets(st.integers(0, 6), max_size=3))),
        part=draw(st.sampled_from(Part)),
        same_therapist=draw(st.booleans()),
        taken=frozenset(MONDAY + n * DAY for n in draw(st.sets(st.integers(0, 40), max_size=4))),
        coming=frozenset(MONDAY + n * DAY for n in draw(st.sets(st.integers(0, 40), max_size=4))),
    )
    return made_wish, [free[start] for start in sorted(free)]


@given(questions())
@settings(max_examples=250, deadline=None)
def test_no_plan_breaks_a_law(question: tuple[PlanRequest, list[Opening]]) -> None:
    asked, free = question
    plan = propose(asked, free, NEW_YORK)
    visits = plan.visits
    days = [visit.day for visit in visits]
    # the count, distinct days in order, within the dates
    assert len(visits) + plan.missing == asked.count
    assert days == sorted(set(days))
    assert not set(days) & asked.busy
    assert all(asked.first <= day <= asked.last for day in days)
    # each is an opening, with somebody who is free then
    who = {o.start: o.therapist_ids for o in free}
    assert all(visit.therapist_id in who[visit.start] for visit in visits)
    assert all(moment(v.start).astimezone(NEW_YORK).date() == v.day for v in visits)
    # the pace
    blocks = Counter(asked.block(day) for day in [*days, *asked.taken])
    held = Counter(asked.block(day) for day in asked.taken)
    assert all(number <= max(asked.pace.visits, held[block]) for block, number in blocks.items())
    # the same question, the same answer
    assert propose(asked, free, NEW_YORK) == plan
    # nothing is left out while there is a place for it
    if plan.missing:
        usable = {moment(o.start).astimezone(NEW_YORK).date() for o in free} - asked.busy
        placed = Counter(asked.block(day) for day in days)
        for block in asked.blocks():
            open_days = len(usable & set(asked.days_of(block)))
            assert placed[block] == min(asked.room_in(block), open_days)


@given(questions(), st.integers(1, 30))
@settings(max_examples=150, deadline=None)
def test_fewer_visits_are_the_first_of_more_unless_days_had_to_be_squeezed(
    question: tuple[PlanRequest, list[Opening]], fewer: int
) -> None:
    asked, free = question
    asked = wish(
        count=asked.count, pace=asked.pace, first=asked.first, last=asked.last, part=asked.part
    )
    whole = propose(asked, free, NEW_YORK).visits
    gaps = [(after.day - before.day).days for before, after in pairwise(whole)]
    if fewer > len(whole) or any(gap < asked.pace.apart for gap in gaps):
        return
    short = wish(count=fewer, pace=asked.pace, first=asked.first, last=asked.last, part=asked.part)
    assert propose(short, free, NEW_YORK).visits == whole[:fewer]


@given(questions())
@settings(max_examples=100, deadline=None)
def test_replacements_are_openings_on_days_of_their_own(
    question: tuple[PlanRequest, list[Opening]],
) -> None:
    asked, free = question
    lost = [(o.start, DANA) for o in free[::3]]
    kept = [o.start for o in free[1::7]]
    left = [o for o in free if o.start not in {start for start, _who in lost}]
    found = [visit for visit in replacements(asked, lost, kept, left, NEW_YORK) if visit]
    days = [visit.day for visit in found]
    assert len(days) == len(set(days))
    assert not set(days) & {moment(start).astimezone(NEW_YORK).date() for start in kept}
    assert all(
        any(o.start == v.start and v.therapist_id in o.therapist_ids for o in left) for v in found
    )
