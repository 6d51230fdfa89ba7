"""Open is when at least one person works: asked minute by minute, also when clocks change."""

from __future__ import annotations

from datetime import date, time
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from billing.reports import opening
from booking.times.availability import Hours, Period

NEW_YORK = ZoneInfo("America/New_York")
SPANS = st.lists(
    st.tuples(st.integers(0, 300), st.integers(1, 60)).map(lambda one: (one[0], one[0] + one[1])),
    max_size=6,
)


def moments(spans: list[tuple[int, int]]) -> set[int]:
    return {second for begin, end in spans for second in range(begin, end)}


@given(SPANS)
def test_time_that_several_work_counts_once(spans: list[tuple[int, int]]) -> None:
    assert opening.length(spans) == len(moments(spans))


@given(SPANS, SPANS)
def test_time_off_is_left_out(spans: list[tuple[int, int]], off: list[tuple[int, int]]) -> None:
    left = opening.without(spans, off)
    assert moments(left) == moments(spans) - moments(off)


def hours(starts: time, ends: time, weekday: int = 6) -> Hours:
    pause = ((time(12), time(12, 30)),)
    return Hours(NEW_YORK, [Period(weekday, starts, ends, breaks=pause)])


def test_two_who_work_together_keep_the_clinic_open_longer() -> None:
    people = {UUID(int=1): hours(time(9), time(15)), UUID(int=2): hours(time(13), time(18))}
    day = date(2026, 10, 4)  # a Sunday
    assert opening.minutes_open(people, {}, [day]) == 6 * 60 - 30 + 3 * 60
    night = {UUID(int=1): hours(time(0), time(4))}
    # The clocks go back at two on November 1, 2026, and forward on March 8.
    assert opening.minutes_open(night, {}, [date(2026, 11, 1)]) == 5 * 60
    assert opening.minutes_open(night, {}, [date(2026, 3, 8)]) == 3 * 60
    assert opening.minutes_open(night, {}, [date(2026, 10, 5)]) == 0
