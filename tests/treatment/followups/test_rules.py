"""When a visit is asked about, what can be said by then, and which answer counts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatment.followups import rules
from treatment.followups.rules import Told
from treatment.notes.relief import Answer, Relief

ZONE = ZoneInfo("America/New_York")
ENDED = datetime(2026, 3, 5, 15, tzinfo=ZONE)
DAY = date(2026, 3, 5)
DAYS = st.integers(0, 40)
TOLD = st.lists(
    st.builds(
        Told,
        st.sampled_from(list(Answer)),
        DAYS.map(lambda days: DAY + timedelta(days=days)),
        st.sampled_from([0, *rules.HOURS]),
    ),
    max_size=5,
)


@pytest.mark.parametrize(
    ("hours", "due"),
    [
        (0, None),
        (23.9, None),
        (24, 24),
        (27, 24),
        (42, 24),
        (47.9, 24),
        (49, None),
        (71.9, None),
        (72, 72),
        (91, 72),
        (96, None),
        (120, None),
    ],
)
def test_a_day_after_and_three(hours: float, due: int | None) -> None:
    now = ENDED.astimezone(UTC) + timedelta(hours=hours)
    if not rules.MORNING <= now.astimezone(ZONE).time() < rules.EVENING:
        pytest.fail("a night: another case")
    assert rules.due(ENDED, now, ZONE) == due


@pytest.mark.parametrize("hour", [0, 7, 20, 23])
def test_nobody_is_written_to_at_night(hour: int) -> None:
    late = datetime(2026, 3, 4, 23, 30, tzinfo=ZONE)
    assert rules.due(late, datetime(2026, 3, 6, 0, hour, tzinfo=ZONE), ZONE) is None
    now = datetime(2026, 3, 6, hour, 30, tzinfo=ZONE)
    ended = now - timedelta(hours=25)
    assert rules.due(ended, now, ZONE) is None


def test_what_came_due_at_night_is_asked_in_the_morning() -> None:
    ended = datetime(2026, 3, 4, 21, tzinfo=ZONE)
    assert rules.due(ended, datetime(2026, 3, 6, 8, tzinfo=ZONE), ZONE) == 24


@pytest.mark.parametrize(
    ("days", "count", "last"),
    [
        (0, 3, Answer.UNDER_A_DAY),
        (1, 3, Answer.UNDER_A_DAY),
        (2, 4, Answer.TO_THREE),
        (3, 4, Answer.TO_THREE),
        (4, 4, Answer.TO_THREE),
        (5, 5, Answer.TO_SEVEN),
        (7, 5, Answer.TO_SEVEN),
        (8, 6, Answer.LONGER),
    ],
)
def test_only_what_is_possible_so_far(days: int, count: int, last: Answer) -> None:
    found = rules.possible(DAY, DAY + timedelta(days=days))
    assert len(found) == count
    assert found[-1] == Answer.STILL
    assert found[-2] == last


def test_the_last_answer_counts() -> None:
    first = Told(Answer.STILL, DAY + timedelta(days=1), 24)
    then = Told(Answer.TO_THREE, DAY + timedelta(days=3), 72)
    assert rules.relief_of([first], DAY, None) == (Relief(1, is_censored=True), first)
    assert rules.relief_of([then, first], DAY, None) == (Relief(2), then)
    late = Told(Answer.STILL, DAY + timedelta(days=3), 24)
    assert rules.relief_of([late, then], DAY, None) == (Relief(2), then)  # 72 before 24
    unasked = Told(Answer.TO_SEVEN, DAY + timedelta(days=6))
    assert rules.relief_of([then, unasked], DAY, None) == (Relief(5.5), unasked)


def test_nothing_said_is_nothing() -> None:
    assert rules.relief_of([], DAY, None) is None
    assert rules.relief_of([Told("", DAY)], DAY, None) is None


@given(told=TOLD, following=st.none() | DAYS.map(lambda days: DAY + timedelta(days=days)))
def test_never_more_than_there_were_days(told: list[Told], following: date | None) -> None:
    found = rules.relief_of(told, DAY, following)
    if found is None:
        assert not told
        return
    relief, one = found
    assert 0 <= relief.days <= (one.on - DAY).days
    assert one.on == max(each.on for each in told)
    if following is not None:
        assert relief.days <= (following - DAY).days
    assert rules.relief_of(told[::-1], DAY, following) is not None


@given(days=DAYS, more=DAYS)
def test_time_only_adds_answers(days: int, more: int) -> None:
    sooner = rules.possible(DAY, DAY + timedelta(days=days))
    later = rules.possible(DAY, DAY + timedelta(days=days + more))
    assert set(sooner) <= set(later)


@given(days=DAYS)
def test_no_possible_answer_is_cut_short(days: int) -> None:
    today = DAY + timedelta(days=days)
    for answer in rules.possible(DAY, today):
        found = rules.relief_of([Told(answer, today)], DAY, None)
        assert found is not None


@pytest.mark.parametrize(
    ("value", "score"),
    [
        ("0", 0),
        ("10", 10),
        ("7", 7),
        ("11", None),
        ("-1", None),
        ("", None),
        ("²", None),
        ("010", None),
        ("3.5", None),
        ("٣", None),
    ],
)
def test_a_score_is_a_whole_number_to_ten(value: str, score: int | None) -> None:
    assert rules.score(value) == score
