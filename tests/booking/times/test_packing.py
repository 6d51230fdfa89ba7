from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from booking.times.availability import Session, Window, closing, free_starts, moment, seconds
from booking.times.packing import leaves_gap
from tests.booking import oracle
from tests.booking.times.test_availability import (
    CHANGES,
    DANA,
    NEW_YORK,
    ROOM,
    TUESDAY,
    at,
    diaries,
    diary_of,
    line,
    sessions,
    span,
)

HALF_HOUR = Session(30, after=15)


def tidy(
    *blocked: tuple[str, str], session: Session = HALF_HOUR, shortest: Session = HALF_HOUR
) -> list[str]:
    """The starts of a morning, nine to noon, that leave no dead gap."""
    diary = diary_of(line("09:00", "12:00"), blocked=[span(*one) for one in blocked])
    found = free_starts(session, {DANA: diary}, {ROOM: []}, Window(TUESDAY, TUESDAY, 0))
    return [
        f"{moment(opening.start).astimezone(NEW_YORK):%H:%M}"
        for opening in found
        if not leaves_gap(session, opening.start, diary, shortest)
    ]


def test_a_time_is_tidy_when_what_it_leaves_can_still_be_sold() -> None:
    # 9:15 and 9:30 would waste what is before them, 11:00 the last quarter of an hour; after
    # 10:45 half an hour is left, which is enough since the buffer may run past noon.
    assert tidy() == ["09:00", "09:45", "10:00", "10:15", "10:30", "10:45", "11:15", "11:30"]


def test_time_next_to_a_booking_is_tidy_and_a_quarter_of_an_hour_off_is_not() -> None:
    assert tidy(("10:30", "11:15")) == ["09:00", "09:45", "11:15"]


def test_a_gap_that_could_never_be_sold_shorter_is_still_a_gap() -> None:
    assert leaves_gap(
        HALF_HOUR, at("09:15"), diary_of(line("09:00", "12:00")), Session(30, after=15)
    )
    assert not leaves_gap(HALF_HOUR, at("09:15"), diary_of(line("09:00", "12:00")), Session(15))


def test_what_lies_within_the_notice_is_lost_anyway() -> None:
    diary = diary_of(line("09:00", "12:00"))
    assert leaves_gap(HALF_HOUR, at("10:30"), diary, HALF_HOUR, earliest=at("10:15"))
    assert not leaves_gap(HALF_HOUR, at("10:30"), diary, HALF_HOUR, earliest=at("10:30"))


def test_a_time_outside_the_hours_has_no_gap_beside_it() -> None:
    assert not leaves_gap(HALF_HOUR, at("20:00"), diary_of(line("09:00", "12:00")), HALF_HOUR)


def test_hours_that_end_where_the_clocks_go_back_to_end_the_first_time() -> None:
    day = date(2026, 11, 1)  # 1:00 to 1:59 comes twice
    end, half = closing(day, time(1), NEW_YORK), closing(day, time(1, 30), NEW_YORK)
    assert end == seconds(datetime(2026, 11, 1, 5, tzinfo=UTC))
    assert half == seconds(datetime(2026, 11, 1, 6, 30, tzinfo=UTC))


@settings(deadline=None, max_examples=150)
@given(data=st.data(), change=st.sampled_from(CHANGES), session=sessions, shortest=sessions)
def test_gaps_are_found_as_by_looking_at_every_minute(
    data: st.DataObject, change: tuple[str, date], session: Session, shortest: Session
) -> None:
    name, day = change
    zone = ZoneInfo(name)
    midnight = seconds(datetime.combine(day, time(), UTC)) - 12 * 3600
    diary = data.draw(diaries(zone, [day], midnight))
    earliest = midnight + data.draw(st.integers(0, 30 * 60)) * 60
    found = free_starts(session, {DANA: diary}, {ROOM: []}, Window(day, day, earliest))
    for opening in found[:: max(1, len(found) // 6)]:
        expected = oracle.leaves_gap(session, opening.start, diary, shortest, day, earliest)
        assert leaves_gap(session, opening.start, diary, shortest, earliest) == expected
