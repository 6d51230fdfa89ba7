from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.times.availability import (
    DateLine,
    Diary,
    Hours,
    Opening,
    Period,
    Session,
    Window,
    exists,
    free_starts,
    instants,
    is_at_work,
    is_free,
    moment,
    nearest,
    seconds,
    to_instant,
)
from tests.booking.oracle import brute_force

NEW_YORK = ZoneInfo("America/New_York")
DANA, THEO = UUID(int=1), UUID(int=2)
ROOM, OTHER_ROOM = UUID(int=11), UUID(int=12)
TUESDAY = date(2026, 11, 24)
HOUR = Session(minutes=60, after=15)


def working(hours: Hours, first: date, last: date) -> list[tuple[int, int]]:
    """When someone works on these dates, without the breaks, in time order."""
    days = Window(first, last, 0).days()
    return sorted((begin, end) for day in days for _anchor, begin, end in hours.on(day))


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


def line(
    start: str, end: str, *breaks: tuple[str, str], weekday: int = TUESDAY.weekday()
) -> Period:
    pauses = tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in breaks)
    return Period(weekday, time.fromisoformat(start), time.fromisoformat(end), breaks=pauses)


def diary_of(
    *periods: Period,
    away: list[tuple[int, int]] | None = None,
    blocked: list[tuple[int, int]] | None = None,
    dates: list[DateLine] | None = None,
    closed: list[date] | None = None,
) -> Diary:
    """One therapist's; every booking begins where its blocked time does."""
    hours = Hours(NEW_YORK, periods, dates or [], closed or [])
    return Diary(hours, away or [], blocked or [], [start for start, _end in blocked or []])


def on_date(start: str, end: str, *, is_extra: bool = False) -> DateLine:
    return DateLine(TUESDAY, time.fromisoformat(start), time.fromisoformat(end), is_extra)


def starts(
    diary: Diary,
    session: Session = HOUR,
    earliest: int = 0,
    rooms: dict[UUID, list[tuple[int, int]]] | None = None,
) -> list[str]:
    window = Window(TUESDAY, TUESDAY, earliest)
    found = free_starts(session, {DANA: diary}, rooms or {ROOM: []}, window)
    return [f"{moment(opening.start).astimezone(NEW_YORK):%H:%M}" for opening in found]


def test_an_empty_day_offers_every_quarter_hour_the_session_fits_in() -> None:
    assert starts(diary_of(line("09:00", "11:00"))) == ["09:00", "09:15", "09:30", "09:45", "10:00"]


def test_back_to_back_is_no_overlap_and_one_shared_minute_is() -> None:
    diary = diary_of(line("09:00", "11:15"), blocked=[span("10:15", "11:30")])
    assert starts(diary) == ["09:00"]
    diary = diary_of(line("09:00", "11:15"), blocked=[span("10:14", "11:30")])
    assert starts(diary) == []


def test_a_buffer_may_run_past_closing_and_into_time_off_but_the_session_may_not() -> None:
    diary = diary_of(line("09:00", "12:00"), away=[span("10:00", "11:00")])
    assert starts(diary) == ["09:00", "11:00"]


def test_the_grid_is_anchored_at_each_opening_and_not_shifted_by_a_booking() -> None:
    diary = diary_of(
        line("09:10", "11:00"), line("13:05", "14:20"), blocked=[span("09:00", "09:12")]
    )
    assert starts(diary) == ["09:25", "09:40", "09:55", "13:05", "13:20"]


def test_a_start_is_offered_when_exactly_the_notice_is_left() -> None:
    diary = diary_of(line("09:00", "11:00"))
    assert starts(diary, earliest=at("09:45")) == ["09:45", "10:00"]
    assert starts(diary, earliest=at("09:45") + 1) == ["10:00"]


def test_a_therapist_without_a_free_room_is_not_offered() -> None:
    diary = diary_of(line("09:00", "10:00"))
    busy = [span("09:30", "10:00")]
    assert starts(diary, rooms={ROOM: busy, OTHER_ROOM: []}) == ["09:00"]
    assert starts(diary, rooms={ROOM: busy, OTHER_ROOM: busy}) == []
    # One room busy at the beginning, the other at the end: neither can take the whole session.
    halves = {ROOM: [span("09:00", "09:15")], OTHER_ROOM: [span("10:00", "10:15")]}
    assert starts(diary, rooms={key: list(value) for key, value in halves.items()}) == []


def test_no_room_at_all_means_no_time() -> None:
    window = Window(TUESDAY, TUESDAY, 0)
    diaries = {DANA: diary_of(line("09:00", "12:00"))}
    assert free_starts(HOUR, diaries, {}, window) == []


def test_hours_apply_only_between_their_effective_dates_both_included() -> None:
    period = Period(1, time(9), time(10), date(2026, 11, 17), date(2026, 11, 24))
    days = [
        moment(a).astimezone(NEW_YORK).date()
        for a, _ in working(Hours(NEW_YORK, [period]), date(2026, 11, 1), date(2026, 12, 31))
    ]
    assert days == [date(2026, 11, 17), date(2026, 11, 24)]


def test_overlapping_periods_name_a_therapist_once() -> None:
    diary = diary_of(line("09:00", "11:00"), line("09:00", "12:00"))
    window = Window(TUESDAY, TUESDAY, 0)
    found = free_starts(HOUR, {DANA: diary, THEO: diary}, {ROOM: []}, window)
    assert all(opening.therapist_ids == (DANA, THEO) for opening in found)


def test_a_local_time_that_clocks_skip_does_not_exist() -> None:
    spring = date(2026, 3, 8)
    assert not exists(spring, time(2, 30), NEW_YORK)
    assert exists(spring, time(3, 0), NEW_YORK)
    assert to_instant(spring, time(2, 30), NEW_YORK, fold=0) == at("03:00", spring)


def test_a_repeated_local_time_is_two_slots() -> None:
    autumn = date(2026, 11, 1)
    diary = diary_of(Period(autumn.weekday(), time(1), time(2)))
    found = free_starts(Session(30, step=30), {DANA: diary}, {ROOM: []}, Window(autumn, autumn, 0))
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
        ((opens, closes),) = working(Hours(NEW_YORK, [period]), day, day)
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


def test_no_session_runs_into_a_break_but_buffers_do_and_the_grid_stays() -> None:
    # The hour that ends when the break begins has its buffer in it; after it 12:05 is no start.
    diary = diary_of(line("09:00", "13:30", ("10:30", "12:05")))
    assert starts(diary) == ["09:00", "09:15", "09:30", "12:15", "12:30"]
    assert working(diary.hours, TUESDAY, TUESDAY) == [
        span("09:00", "10:30"),
        span("12:05", "13:30"),
    ]


def test_breaks_may_touch_overlap_and_reach_past_the_hours() -> None:
    breaks = [("08:00", "09:30"), ("09:15", "09:45"), ("09:45", "10:00"), ("11:00", "20:00")]
    assert starts(diary_of(line("09:00", "12:00", *breaks))) == ["10:00"]


def test_a_date_may_have_other_hours_no_hours_or_more_hours() -> None:
    usual = line("09:00", "10:15", ("09:10", "09:15"))
    assert starts(diary_of(usual, dates=[on_date("13:00", "14:00")])) == ["13:00"]
    assert starts(diary_of(usual, dates=[DateLine(TUESDAY)])) == []
    extra = on_date("13:00", "14:00", is_extra=True)
    assert starts(diary_of(usual, dates=[extra])) == ["09:15", "13:00"]
    assert starts(diary_of(usual, dates=[DateLine(TUESDAY), extra])) == ["13:00"]
    split = [on_date("08:00", "09:00"), on_date("15:00", "16:00")]
    assert starts(diary_of(usual, dates=split)) == ["08:00", "15:00"]
    other_day = DateLine(TUESDAY + timedelta(days=1))
    assert starts(diary_of(usual, dates=[other_day])) == ["09:15"]


def test_on_a_closed_date_nobody_works_whatever_else_is_said() -> None:
    extra = on_date("13:00", "14:00", is_extra=True)
    assert starts(diary_of(line("09:00", "18:00"), dates=[extra], closed=[TUESDAY])) == []


def test_a_full_day_offers_nothing_more_and_the_next_does() -> None:
    hour = Session(60, cap=2)
    two = [span("09:00", "10:00"), span("14:00", "15:00")]
    assert starts(diary_of(line("09:00", "18:00"), blocked=two), hour) == []
    assert starts(diary_of(line("09:00", "18:00"), blocked=two[:1]), hour)
    # 11 pm the evening before is a session of that date, though past midnight in UTC.
    before = (at("23:00", TUESDAY - timedelta(days=1)), at("23:30", TUESDAY - timedelta(days=1)))
    assert starts(diary_of(line("09:00", "18:00"), blocked=[before, two[0]]), hour)


def test_adjoining_starts_come_in_addition_to_the_grid() -> None:
    diary = diary_of(line("09:00", "12:00"), blocked=[span("09:00", "10:05")])
    assert starts(diary, Session(60)) == ["10:15", "10:30", "10:45", "11:00"]
    more = starts(diary, Session(60, adjoining=True))
    assert more == ["10:05", "10:15", "10:30", "10:45", "11:00"]
    # Our own preparation comes after what is blocked; on the grid it is offered once.
    assert starts(diary, Session(60, before=7, adjoining=True))[0] == "10:12"
    assert starts(diary, Session(60, before=10, adjoining=True)) == more[1:]


def test_a_start_right_after_a_booking_must_be_free_in_time_and_at_work() -> None:
    session = Session(60, adjoining=True)
    blocked = [span("09:00", "10:05"), span("10:50", "11:05")]
    assert starts(diary_of(line("09:00", "12:00"), blocked=blocked), session) == []
    one = diary_of(line("09:00", "12:00"), blocked=[span("09:00", "10:05")])
    assert "10:05" not in starts(one, session, earliest=at("10:06"))
    assert starts(one, session, rooms={ROOM: [span("10:00", "10:10")]})[0] == "10:15"
    late = diary_of(line("09:00", "12:00"), blocked=[span("11:00", "11:05")])
    assert starts(late, session)[-1] == "10:00"


def test_a_clock_time_stands_for_no_moment_for_one_or_for_two() -> None:
    assert instants(date(2026, 3, 8), time(2, 30), NEW_YORK) == []
    assert instants(TUESDAY, time(2, 30), NEW_YORK) == [at("02:30")]
    autumn = instants(date(2026, 11, 1), time(1, 30), NEW_YORK)
    assert [moment(one).isoformat() for one in autumn] == [
        "2026-11-01T05:30:00+00:00",
        "2026-11-01T06:30:00+00:00",
    ]


def test_who_is_at_work_is_at_work_all_through_the_session() -> None:
    diary = diary_of(line("09:00", "12:00", ("10:30", "11:00")), away=[span("09:00", "09:20")])
    assert is_at_work(HOUR, at("09:20"), diary)  # off the grid, which is not asked here
    assert is_at_work(HOUR, at("09:30"), diary)
    assert not is_at_work(HOUR, at("09:19"), diary)
    assert not is_at_work(HOUR, at("09:31"), diary)
    assert is_at_work(HOUR, at("11:00"), diary)
    assert not is_at_work(HOUR, at("11:01"), diary)


def test_no_one_is_at_work_during_any_of_their_time_off() -> None:
    away = [span("09:00", "09:20"), span("11:30", "11:45")]
    for order in (away, away[::-1]):
        diary = diary_of(line("09:00", "13:00"), away=order)
        assert not is_at_work(HOUR, at("09:19"), diary)
        assert not is_at_work(HOUR, at("11:00"), diary)
        assert is_at_work(HOUR, at("10:30"), diary)
        assert is_at_work(HOUR, at("11:45"), diary)


def spans(first: int) -> st.SearchStrategy[list[tuple[int, int]]]:
    one = st.tuples(st.integers(0, 3 * 24 * 60), st.integers(1, 200)).map(
        lambda pair: (first + pair[0] * 60, first + (pair[0] + pair[1]) * 60)
    )
    return st.lists(one, max_size=5)


clocks = st.builds(
    time, st.integers(0, 23), st.sampled_from([0, 5, 10, 15, 20, 30, 40, 45, 50, 59])
)
pairs = st.lists(clocks, min_size=2, max_size=2, unique=True).map(
    lambda pair: (min(pair), max(pair))
)
sessions = st.builds(
    Session,
    minutes=st.sampled_from([15, 30, 50, 60, 90]),
    before=st.sampled_from([0, 5, 20]),
    after=st.sampled_from([0, 10, 15, 30]),
    step=st.sampled_from([5, 15, 20, 60]),
    adjoining=st.booleans(),
    cap=st.sampled_from([None, 1, 2]),
)


@st.composite
def periods(draw: st.DrawFn, days: list[date]) -> Period:
    starts_at, ends_at = draw(pairs)
    day = draw(st.sampled_from(days))
    since = draw(st.sampled_from([None, *days]))
    until = draw(st.sampled_from([None, *days]))
    breaks = tuple(draw(st.lists(pairs, max_size=2)))
    return Period(day.weekday(), starts_at, ends_at, since, until, breaks)


@st.composite
def date_lines(draw: st.DrawFn, days: list[date]) -> DateLine:
    day, is_extra = draw(st.sampled_from(days)), draw(st.booleans())
    starts_at, ends_at = draw(pairs)
    if not is_extra and draw(st.booleans()):
        return DateLine(day)
    return DateLine(day, starts_at, ends_at, is_extra)


@st.composite
def diaries(draw: st.DrawFn, zone: ZoneInfo, days: list[date], midnight: int) -> Diary:
    """Nothing is ruled out: bookings may overlap each other and lie outside the hours."""
    hours = Hours(
        zone,
        draw(st.lists(periods(days), max_size=3)),
        draw(st.lists(date_lines(days), max_size=2)),
        draw(st.sampled_from([[], [], [], days[:1]])),
    )
    blocked = draw(spans(midnight))
    prepared = draw(st.sampled_from([0, 10]))
    started = [start + prepared * 60 for start, _end in blocked]
    return Diary(hours, draw(spans(midnight)), blocked, started)


@settings(deadline=None, max_examples=200)
@given(data=st.data(), change=st.sampled_from(CHANGES), session=sessions)
def test_the_core_agrees_with_looking_at_every_minute(
    data: st.DataObject, change: tuple[str, date], session: Session
) -> None:
    name, changing = change
    zone = ZoneInfo(name)
    first = changing - timedelta(days=data.draw(st.integers(0, 1)))
    last = first + timedelta(days=data.draw(st.integers(0, 1)))
    midnight = seconds(datetime.combine(first, time(), UTC)) - 12 * 3600
    everyone = {
        UUID(int=number): data.draw(diaries(zone, [first, last], midnight))
        for number in range(data.draw(st.integers(1, 3)))
    }
    rooms = {
        UUID(int=100 + number): data.draw(spans(midnight))
        for number in range(data.draw(st.integers(1, 3)))
    }
    earliest = midnight + data.draw(st.integers(0, 2 * 24 * 60)) * 60
    window = Window(first, last, earliest)

    found = free_starts(session, everyone, rooms, window)

    expected = brute_force(session, everyone, rooms, window, zone)
    assert {opening.start: set(opening.therapist_ids) for opening in found} == expected
    assert [opening.start for opening in found] == sorted(expected)
    for opening in found:
        for pk in opening.therapist_ids:
            assert is_at_work(session, opening.start, everyone[pk])


@settings(deadline=None, max_examples=50)
@given(data=st.data(), change=st.sampled_from(CHANGES), session=sessions)
def test_adjoining_starts_only_add(
    data: st.DataObject, change: tuple[str, date], session: Session
) -> None:
    name, day = change
    midnight = seconds(datetime.combine(day, time(), UTC)) - 12 * 3600
    diary = data.draw(diaries(ZoneInfo(name), [day], midnight))
    window = Window(day, day, midnight)

    def offered(*, adjoining: bool) -> set[int]:
        asked = replace(session, adjoining=adjoining)
        return {o.start for o in free_starts(asked, {DANA: diary}, {ROOM: []}, window)}

    assert offered(adjoining=False) <= offered(adjoining=True)


@pytest.mark.parametrize("therapists", [10])
def test_a_month_of_ten_therapists_takes_milliseconds(therapists: int) -> None:
    week = [line("09:00", "18:00", weekday=weekday) for weekday in range(5)]
    busy = [
        (at("09:00") + day * 86400 + hour * 4500, at("10:15") + day * 86400 + hour * 4500)
        for day in range(30)
        for hour in (0, 2, 3, 5)
    ]
    diaries = {UUID(int=n): diary_of(*week, blocked=busy) for n in range(therapists)}
    rooms = {UUID(int=100 + n): busy for n in range(therapists)}
    window = Window(TUESDAY, TUESDAY + timedelta(days=29), 0)
    begin = datetime.now(UTC)
    found = free_starts(HOUR, diaries, rooms, window)
    took = datetime.now(UTC) - begin
    assert found
    assert took < timedelta(seconds=1), took  # about 10 ms; generous for a busy machine
