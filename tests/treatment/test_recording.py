from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from treatment.errors import NoMinutes, TooManyMinutes, WrongTimes
from treatment.recording import checked, off_time, whole_minutes

START = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
STOP = START + timedelta(minutes=60)


def test_minutes_within_the_session_are_kept_and_zeroes_left_out() -> None:
    assert checked(START, STOP, {"a": 40, "b": 13, "c": 0}, now=STOP) == {"a": 40, "b": 13}


def test_seconds_are_dropped() -> None:
    assert whole_minutes(START, STOP + timedelta(seconds=59)) == 60


def test_hands_on_minutes_may_fill_the_session_and_not_a_minute_more() -> None:
    assert checked(START, STOP, {"a": 60}, now=STOP) == {"a": 60}
    with pytest.raises(TooManyMinutes, match="61 hands-on minutes"):
        checked(START, STOP, {"a": 48, "b": 13}, now=STOP)


@pytest.mark.parametrize("stop", [START, START - timedelta(minutes=1), STOP + timedelta(minutes=1)])
def test_a_session_stops_after_its_start_and_not_in_the_future(stop: datetime) -> None:
    with pytest.raises(WrongTimes):
        checked(START, stop, {"a": 1}, now=STOP)


def test_a_session_has_minutes_unless_it_is_a_talk() -> None:
    with pytest.raises(NoMinutes):
        checked(START, STOP, {"a": 0}, now=STOP)
    assert checked(START, STOP, {}, now=STOP, hands_on=False) == {}


@pytest.mark.parametrize(
    ("start", "stop", "off"),
    [(0, 60, (0, 0)), (6, 58, (6, 2)), (-5, 70, (0, 0)), (10, 45, (10, 15))],
)
def test_how_far_off_the_booked_time_a_session_was(
    start: int, stop: int, off: tuple[int, int]
) -> None:
    begun, ended = START + timedelta(minutes=start), START + timedelta(minutes=stop)
    assert off_time((START, STOP), begun, ended) == off
