from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.availability import (
    Diary,
    Opening,
    Period,
    Session,
    Window,
    exists,
    free_starts,
    is_free,
    moment,
    nearest,
    seconds,
    to_instant,
    working,
)
from tests.booking.oracle import brute_force

NEW_YORK = ZoneInfo("America/New_York")
DANA, THEO = UUID(int=1), UUID(int=2)
ROOM, OTHER_ROOM = UUID(int=11), UUID(int=12)
TUESDAY = date(2026, 11, 24)
HOUR = Session(minutes=60, after=15)

# Spring and autumn of each: an hour at 2 am, half an hour at 2 am, an hour at midnight.
CHANGES = [
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Africa/Cairo", date(2026, 10, 30)),
]


def at(clock: str, day: date = TUESDAY, zone: ZoneInfo = NEW_YORK) -> int:
    return int(datetime.combine(day, time.fromisoformat(clock), zone).timestamp())


def span(start: str, end: str) -> tuple[int, int]:
    return at(start), at(end)


def hours(start: str, end: str, weekday: int = TUESDAY.weekday()) -> Period:
    return Period(weekday, time.fromisoformat(start), time.fromisoformat(end))


def starts(
    diary: Diary,
    session: Session = HOUR,
    earliest: int = 0,
    rooms: dict[UUID, list[tuple[int, int]]] | None = None,
) -> list[str]:
    window = Window(TUESDAY, TUESDAY, earliest)
    found = free_starts(session, {DANA: diary}, rooms or {ROOM: []}, window, NEW_YORK)
    return [f"{moment(opening.start).astimezone(NEW_YORK):%H:%M}" for opening in found]


def test_an_empty_day_offers_every_quarter_hour_the_session_fits_in() -> None:
    assert starts(Diary([hours("09:00", "11:00")])) == ["09:00", "09:15", "09:30", "09:45", "10:00"]


def test_back_to_back_is_no_overlap_and_one_shared_minute_is() -> None:
    diary = Diary([hours("09:00", "11:15")], blocked=[span("10:15", "11:30")])
    assert starts(diary) == ["09:00"]
    diary = Diary([hours("09:00", "11:15")], blocked=[span("10:14", "11:30")])
    assert starts(diary) == []


def test_a_buffer_may_run_past_closing_and_into_time_off_but_the_session_may_not() -> None:
    diary = Diary([hours("09:00", "12:00")], away=[span("10:00", "11:00")])
    assert starts(diary) == ["09:00", "11:00"]


def test_the_grid_is_anchored_at_each_opening_and_not_shifted_by_a_booking() -> None:
    diary = Diary(
        [hours("09:10", "11:00"), hours("13:05", "14:20")], blocked=[span("09:00", "09:12")]
    )
    assert starts(diary) == ["09:25", "09:40", "09:55", "13:05", "13:20"]


def test_a_start_is_offered_when_exactly_the_notice_is_left() -> None:
    diary = Diary([hours("09:00", "11:00")])
    assert starts(diary, earliest=at("09:45")) == ["09:45", "10:00"]
    assert starts(diary, earliest=at("09:45") + 1) == ["10:00"]


def test_a_therapist_without_a_free_room_is_not_offered() -> None:
    diary = Diary([hours("09:00", "10:00")])
    busy = [span("09:30", "10:00")]
    assert starts(diary, rooms={ROOM: busy, OTHER_ROOM: []}) == ["09:00"]
    assert starts(diary, rooms={ROOM: busy, OTHER_ROOM: busy}) == []
    # One room busy at the beginning, the other at the end: neither can take the whole session.
    halves = {ROOM: [span("09:00", "09:15")], OTHER_ROOM: [span("10:00", "10:15")]}
    assert starts(diary, rooms={key: list(value) for key, value in halves.items()}) == []


def test_no_room_at_all_means_no_time() -> None:
    window = Window(TUESDAY, TUESDAY, 0)
    diaries = {DANA: Diary([hours("09:00", "12:00")])}
    assert free_starts(HOUR, diaries, {}, window, NEW_YORK) == []


def test_hours_apply_only_between_their_effective_dates_both_included() -> None:
    period = Period(1, time(9), time(10), date(2026, 11, 17), date(2026, 11, 24))
    days = [
        moment(a).astimezone(NEW_YORK).date()
        for a, _ in working([period], date(2026, 11, 1), date(2026, 12, 31), NEW_YORK)
    ]
    assert days == [date(2026, 11, 17), date(2026, 11, 24)]


def test_overlapping_periods_name_a_therapist_once() -> None:
    diary = Diary([hours("09:00", "11:00"), hours("09:00", "12:00")])
    window = Window(TUESDAY, TUESDAY, 0)
    found = free_starts(HOUR, {DANA: diary, THEO: diary}, {ROOM: []}, window, NEW_YORK)
    assert all(opening.therapist_ids == (DANA, THEO) for opening in found)


def test_a_local_time_that_clocks_skip_does_not_exist() -> None:
    spring = date(2026, 3, 8)
    assert not exists(spring, time(2, 30), NEW_YORK)
    assert exists(spring, time(3, 0), NEW_YORK)
    assert to_instant(spring, time(2, 30), NEW_YORK, fold=0) == at("03:00", spring)


def test_a_repeated_local_time_is_two_slots() -> None:
    autumn = date(2026, 11, 1)
    diary = Diary([Period(autumn.weekday(), time(1), time(2))])
    found = free_starts(
        Session(30, step=30), {DANA: diary}, {ROOM: []}, Window(autumn, autumn, 0), NEW_YORK
    )
    shown = [moment(opening.start).astimezone(NEW_YORK).isoformat() for opening in found]
    assert shown == [
        "2026-11-01T01:00:00-04:00",
        "2026-11-01T01:30:00-04:00",
        "2026-11-01T01:00:00-05:00",
        "2026-11-01T01:30:00-05:00",
    ]


def test_a_working_day_across_the_change_keeps_its_wall_clock_hours() -> None:
    for day, length in ((date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (TUESDAY, 24)):
        period = Period(day.weekday(), time(0), time(23, 59))
        ((opens, closes),) = working([period], day, day, NEW_YORK)
        assert closes - opens == length * 3600 - 60


def test_the_nearest_times_are_offered_in_order() -> None:
    openings = [Opening(at(clock), (DANA,)) for clock in ("09:00", "10:00", "12:00", "15:00")]
    offered = [opening.start for opening in nearest(openings, at("11:30"), 2)]
    assert offered == [at("10:00"), at("12:00")]


def test_is_free_agrees_with_the_boundaries() -> None:
    assert is_free(HOUR, at("09:00"), [span("10:15", "11:00")])
    assert not is_free(HOUR, at("09:00"), [span("10:14", "11:00")])
    assert is_free(Session(60, before=10), at("09:10"), [span("08:00", "09:00")])
    assert not is_free(Session(60, before=11), at("09:10"), [span("08:00", "09:00")])


def spans(first: int) -> st.SearchStrategy[list[tuple[int, int]]]:
    one = st.tuples(st.integers(0, 3 * 24 * 60), st.integers(1, 200)).map(
        lambda pair: (first + pair[0] * 60, first + (pair[0] + pair[1]) * 60)
    )
    return st.lists(one, max_size=5)


clocks = st.builds(
    time, st.integers(0, 23), st.sampled_from([0, 5, 10, 15, 20, 30, 40, 45, 50, 59])
)


@st.composite
def periods(draw: st.DrawFn, weekdays: list[int]) -> Period:
    starts_at, ends_at = sorted(draw(st.lists(clocks, min_size=2, max_size=2, unique=True)))
    return Period(draw(st.sampled_from(weekdays)), starts_at, ends_at)


@settings(deadline=None, max_examples=150)
@given(data=st.data(), change=st.sampled_from(CHANGES))
def test_the_core_agrees_with_looking_at_every_minute(
    data: st.DataObject, change: tuple[str, date]
) -> None:
    name, changing = change
    zone = ZoneInfo(name)
    first = changing - timedelta(days=data.draw(st.integers(0, 1)))
    last = first + timedelta(days=data.draw(st.integers(0, 1)))
    weekdays = [first.weekday(), last.weekday()]
    midnight = seconds(datetime.combine(first, time(), UTC)) - 12 * 3600
    session = Session(
        minutes=data.draw(st.sampled_from([15, 30, 50, 60, 90])),
        before=data.draw(st.sampled_from([0, 5, 20])),
        after=data.draw(st.sampled_from([0, 10, 15, 30])),
        step=data.draw(st.sampled_from([5, 15, 20, 60])),
    )
    diaries = {
        UUID(int=number): Diary(
            data.draw(st.lists(periods(weekdays), max_size=3)),
            data.draw(spans(midnight)),
            data.draw(spans(midnight)),
        )
        for number in range(data.draw(st.integers(1, 3)))
    }
    rooms = {
        UUID(int=100 + number): data.draw(spans(midnight))
        for number in range(data.draw(st.integers(1, 3)))
    }
    earliest = midnight + data.draw(st.integers(0, 2 * 24 * 60)) * 60
    window = Window(first, last, earliest)

    found = free_starts(session, diaries, rooms, window, zone)

    expected = brute_force(session, diaries, rooms, window, zone)
    assert {opening.start: set(opening.therapist_ids) for opening in found} == expected
    assert [opening.start for opening in found] == sorted(expected)


@pytest.mark.parametrize("therapists", [10])
def test_a_month_of_ten_therapists_takes_milliseconds(therapists: int) -> None:
    week = [hours("09:00", "18:00", weekday) for weekday in range(5)]
    busy = [
        (at("09:00") + day * 86400 + hour * 4500, at("10:15") + day * 86400 + hour * 4500)
        for day in range(30)
        for hour in (0, 2, 3, 5)
    ]
    diaries = {UUID(int=n): Diary(week, blocked=busy) for n in range(therapists)}
    rooms = {UUID(int=100 + n): busy for n in range(therapists)}
    window = Window(TUESDAY, TUESDAY + timedelta(days=29), 0)
    begin = datetime.now(UTC)
    found = free_starts(HOUR, diaries, rooms, window, NEW_YORK)
    took = datetime.now(UTC) - begin
    assert found
    assert took < timedelta(seconds=1), took  # about 10 ms; generous for a busy machine
