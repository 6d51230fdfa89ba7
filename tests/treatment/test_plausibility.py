from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.errors import DomainError
from treatment import plausibility
from treatment.errors import AlreadyElsewhere, BeforeArrival, InTheFuture, NoSuchTime
from treatment.plausibility import Booked, Doubt, Neighbor, Times
from treatment.recording import moment_of, whole_minutes

if TYPE_CHECKING:
    from collections.abc import Iterator

TEN = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # 10:00 am in New York
NEW_YORK = ZoneInfo("America/New_York")
LATER = TEN + timedelta(days=1)
USUAL = Booked(TEN, 60)


@pytest.fixture(autouse=True)
def _at_the_clinic() -> Iterator[None]:
    with timezone.override(NEW_YORK):
        yield


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def times(start: int = 0, stop: int = 60, arrived: int = -5) -> Times:
    """By minutes from ten."""
    return Times(TEN + minutes(arrived), TEN + minutes(start), TEN + minutes(stop))


def other(start: int, stop: int, **how: Any) -> Neighbor:
    same = how.pop("same_therapist", True)
    span = (TEN + minutes(start), TEN + minutes(stop))
    return Neighbor(*span, client="Hana Suzuki", therapist="Dana Ruiz", same_therapist=same, **how)


def test_a_usual_session_is_possible_and_likely() -> None:
    usual = times()
    plausibility.expect_possible(usual, [other(60, 120), other(-60, 0)], now=LATER)
    assert plausibility.doubts(usual, USUAL, [], checked_in_at=usual.arrived_at) == []


def test_a_therapist_is_in_one_session_at_a_time_and_the_other_one_is_named() -> None:
    with pytest.raises(AlreadyElsewhere, match=r"with Hana Suzuki from 10:30 am to 11:30 am"):
        plausibility.expect_possible(times(), [other(30, 90)], now=LATER)
    with pytest.raises(AlreadyElsewhere, match=r"Dana Ruiz has been with Hana Suzuki since"):
        plausibility.expect_possible(times(), [other(59, 90, in_progress=True)], now=LATER)
    nameless = replace(other(30, 90), client="")
    with pytest.raises(AlreadyElsewhere, match="with another client"):
        plausibility.expect_possible(times(), [nameless], now=LATER)


def test_another_session_in_the_room_is_only_unlikely() -> None:
    there = other(30, 90, same_therapist=False, same_room=True)
    plausibility.expect_possible(times(), [there], now=LATER)
    assert plausibility.doubts(times(), USUAL, [there]) == [Doubt.ROOM_IN_USE]
    apart = replace(there, started_at=TEN + minutes(60))
    assert plausibility.doubts(times(), USUAL, [apart]) == []


def test_nobody_is_treated_well_before_they_arrive() -> None:
    plausibility.expect_possible(times(arrived=10), [], now=LATER)
    assert plausibility.doubts(times(arrived=10), USUAL, []) == [Doubt.BEFORE_CHECK_IN]
    with pytest.raises(BeforeArrival, match=r"start at 10:00 am: the client arrived at 10:11 am"):
        plausibility.expect_possible(times(arrived=11), [], now=LATER)
    with pytest.raises(BeforeArrival):  # over before the client came
        plausibility.expect_possible(times(stop=5, arrived=8), [], now=LATER)
    with pytest.raises(InTheFuture):
        plausibility.expect_possible(times(arrived=-5), [], now=TEN - minutes(6))


def test_the_seconds_of_a_check_in_are_not_held_against_whole_minutes() -> None:
    just = replace(times(), arrived_at=TEN + timedelta(seconds=59))
    plausibility.expect_possible(just, [], now=LATER)
    assert plausibility.doubts(just, USUAL, [], checked_in_at=TEN) == []


@pytest.mark.parametrize(
    ("seen", "doubt"),
    [
        (times(start=30, stop=60), None),
        (times(start=31, stop=60), Doubt.FAR_FROM_BOOKED),
        (times(start=-31, stop=20, arrived=-35), Doubt.FAR_FROM_BOOKED),
        (times(stop=90), None),
        (times(stop=91), Doubt.LONG),
    ],
)
def test_what_is_unlikely_asks_for_a_word(seen: Times, doubt: Doubt | None) -> None:
    assert plausibility.doubts(seen, USUAL, []) == ([doubt] if doubt else [])


def test_another_arrival_than_the_desk_recorded_asks_for_a_word() -> None:
    found = plausibility.doubts(times(), USUAL, [], checked_in_at=TEN, late=True)
    assert found == [Doubt.LATE, Doubt.ARRIVAL_CHANGED]


@st.composite
def records(draw: st.DrawFn) -> Times:
    start = draw(st.integers(-300, 300))
    length = draw(st.integers(1, 180))
    return times(start, start + length, start - draw(st.integers(-20, 60)))


@given(st.lists(records(), max_size=12))
@settings(max_examples=300, deadline=None)
def test_no_accepted_records_have_one_therapist_in_two_sessions(typed: list[Times]) -> None:
    kept: list[Times] = []
    for one in typed:
        others = [
            Neighbor(each.started_at, each.stopped_at, "", "Dana Ruiz", same_therapist=True)
            for each in kept
        ]
        try:
            plausibility.expect_possible(one, others, now=LATER)
        except DomainError:
            continue
        kept.append(one)
    covered = sorted((one.started_at, one.stopped_at) for one in kept)
    assert all(stop <= start for (_b, stop), (start, _e) in pairwise(covered))
    assert all(one.arrived_at - one.started_at <= plausibility.EARLY for one in kept)
    assert all(one.arrived_at < one.stopped_at for one in kept)


def test_the_night_the_clocks_go_back_is_an_hour_longer() -> None:
    fall = datetime(2026, 11, 1, tzinfo=UTC).date()
    start = moment_of(fall, time(0, 30), NEW_YORK)
    stop = moment_of(fall, time(3, 30), NEW_YORK, not_before=start)
    assert whole_minutes(start, stop) == 240
    # What one zone would say is an hour less.
    local = [datetime.combine(fall, shown, NEW_YORK) for shown in (time(0, 30), time(3, 30))]
    assert whole_minutes(*local) == 240


def test_of_a_time_shown_twice_it_is_the_one_after_the_start() -> None:
    fall = datetime(2026, 11, 1, tzinfo=UTC).date()
    start = moment_of(fall, time(1, 50), NEW_YORK)
    stop = moment_of(fall, time(1, 20), NEW_YORK, not_before=start)
    assert whole_minutes(start, stop) == 30
    plain = moment_of(fall, time(1, 55), NEW_YORK, not_before=start)
    assert whole_minutes(start, plain) == 5


def test_a_time_that_the_clocks_skip_is_refused() -> None:
    spring = datetime(2027, 3, 14, tzinfo=UTC).date()
    with pytest.raises(NoSuchTime, match="There was no 2:30 am that night"):
        moment_of(spring, time(2, 30), NEW_YORK)


@given(st.integers(0, 3 * 24 * 60), st.sampled_from(["America/New_York", "Australia/Lord_Howe"]))
def test_a_shown_time_leads_back_to_itself(offset: int, name: str) -> None:
    zone = ZoneInfo(name)
    moment = datetime(2026, 10, 31, 4, tzinfo=UTC) + minutes(offset)
    local = moment.astimezone(zone)
    found = moment_of(local.date(), local.time(), zone)
    assert found.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)
    assert found <= moment
