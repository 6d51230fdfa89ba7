"""How long relief lasts: the worked example, what is undefined, what holds for all answers."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatment.notes.relief import Answer, Relief, relief_of, retained, typical

DAY = date(2026, 11, 2)
scores = st.integers(0, 10)
reliefs = st.lists(st.builds(Relief, st.floats(0, 60, allow_nan=False), st.booleans()), max_size=9)


@pytest.mark.parametrize(
    ("before", "after", "following", "share"),
    [
        (7, 3, 5, 50),
        (7, 3, 3, 100),
        (7, 3, 7, 0),
        (7, 3, 9, 0),  # worse than before: clamped
        (7, 3, 1, 100),  # better still: clamped
        (3, 3, 3, None),  # the visit changed nothing
        (3, 5, 4, None),
        (None, 3, 5, None),
        (7, None, 5, None),
        (7, 3, None, None),
    ],
)
def test_what_is_retained(
    before: int | None, after: int | None, following: int | None, share: int | None
) -> None:
    assert retained(before, after, following) == share


@given(before=scores, after=scores, following=scores)
def test_it_is_a_share_wherever_it_is_defined(before: int, after: int, following: int) -> None:
    share = retained(before, after, following)
    assert (share is None) == (before <= after)
    if share is not None:
        assert 0 <= share <= 100
        worse = retained(before, after, min(10, following + 1))
        assert worse is not None
        assert worse <= share


@pytest.mark.parametrize(
    ("answer", "days", "expected"),
    [
        (Answer.NONE, 7, Relief(0)),
        (Answer.UNDER_A_DAY, 7, Relief(0.5)),
        (Answer.TO_THREE, 7, Relief(2)),
        (Answer.TO_SEVEN, 7, Relief(5.5)),
        (Answer.TO_SEVEN, 3, Relief(3)),  # no longer than the days in between
        (Answer.LONGER, 14, Relief(8, is_censored=True)),
        (Answer.STILL, 9, Relief(9, is_censored=True)),
        (Answer.STILL, 0, Relief(0, is_censored=True)),
        ("", 7, None),
        ("not-said", 7, None),
    ],
)
def test_an_answer_in_days(answer: str, days: int, expected: Relief | None) -> None:
    assert relief_of(answer, DAY, DAY + timedelta(days=days)) == expected


@given(answer=st.sampled_from(Answer), days=st.integers(0, 400))
def test_nobody_was_relieved_longer_than_the_days_in_between(answer: Answer, days: int) -> None:
    found = relief_of(answer, DAY, DAY + timedelta(days=days))
    assert found is not None
    assert 0 <= found.days <= days
    if answer == Answer.STILL:
        assert found.is_censored


def test_an_answer_from_before_the_visit_says_nothing() -> None:
    assert relief_of(Answer.STILL, DAY, DAY - timedelta(days=1)) is None


@given(known=reliefs)
def test_the_typical_relief_lies_between_the_last_four(known: list[Relief]) -> None:
    found = typical(known)
    last = known[-4:]
    assert (found is None) == (not last)
    if found is not None:
        assert min(one.days for one in last) <= found.days <= max(one.days for one in last)
        assert not found.is_censored or any(one.is_censored for one in last)


def test_the_median_of_the_last_four_counts() -> None:
    known = [Relief(days) for days in (30, 1, 2, 3, 8)]
    assert typical(known) == Relief(2.5)
    assert typical([*known[:-1], Relief(2, is_censored=True)]) == Relief(2, is_censored=True)
    assert typical([]) is None
