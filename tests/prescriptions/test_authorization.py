from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from prescriptions import authorization
from prescriptions.authorization import Renewal, State

STARTS, THROUGH = date(2026, 3, 2), date(2026, 4, 12)


@dataclass
class Paper:
    status: str = "approved"
    starts_on: date | None = STARTS
    through_on: date | None = THROUGH
    authorized: int = 12
    used: int = 0
    reserved: int = 0


@pytest.mark.parametrize(
    ("paper", "today", "expected"),
    [
        (Paper(), STARTS, State.APPROVED),
        (Paper(), THROUGH, State.APPROVED),
        (Paper(), date(2026, 4, 13), State.EXPIRED),
        (Paper(used=12), STARTS, State.EXHAUSTED),
        (Paper(used=11, reserved=1), STARTS, State.APPROVED),
        (Paper(used=12), date(2026, 4, 13), State.EXPIRED),
        (Paper(status="superseded", used=12), date(2026, 4, 13), State.SUPERSEDED),
        (Paper(status="submitted", starts_on=None, through_on=None), STARTS, State.SUBMITTED),
        (Paper(status="needs_information", through_on=None), STARTS, State.NEEDS_INFORMATION),
        (Paper(status="rejected"), date(2027, 1, 1), State.REJECTED),
    ],
)
def test_superseded_comes_before_expired_before_exhausted(
    paper: Paper, today: date, expected: State
) -> None:
    assert authorization.state(paper, today) is expected


def test_a_visit_on_the_through_date_is_covered_and_the_next_day_is_not() -> None:
    assert authorization.covers(Paper(), THROUGH)
    assert not authorization.covers(Paper(), date(2026, 4, 13))


def test_nothing_is_covered_before_the_start_or_without_approval() -> None:
    assert not authorization.covers(Paper(), date(2026, 3, 1))
    assert not authorization.covers(Paper(status="submitted"), STARTS)
    assert not authorization.covers(Paper(starts_on=None), STARTS)


def test_giving_a_used_visit_back_un_exhausts() -> None:
    paper = Paper(used=12)
    assert authorization.state(paper, STARTS) is State.EXHAUSTED
    paper.used = 11
    assert authorization.state(paper, STARTS) is State.APPROVED


@pytest.mark.parametrize(
    ("paper", "today", "due"),
    [
        (Paper(), STARTS, False),
        (Paper(used=10), STARTS, True),
        (Paper(), date(2026, 3, 22), True),
        (Paper(), date(2026, 3, 21), False),
        (Paper(used=12), STARTS, False),
        (Paper(status="submitted"), STARTS, False),
    ],
)
def test_renewal_is_due_at_two_visits_or_three_weeks(paper: Paper, today: date, due: bool) -> None:
    assert authorization.needs_renewal(paper, today) is due


@pytest.mark.parametrize(
    ("paper", "today", "why"),
    [
        (Paper(used=9), STARTS, None),
        (Paper(used=5, reserved=5), STARTS, Renewal.VISITS),
        (Paper(used=9, reserved=3), STARTS, Renewal.VISITS),
        (Paper(), THROUGH - timedelta(days=22), None),
        (Paper(), THROUGH - timedelta(days=21), Renewal.DAYS),
        (Paper(used=11), THROUGH, Renewal.DAYS),
        (Paper(used=11), THROUGH + timedelta(days=1), None),
        (Paper(status="superseded", used=11), STARTS, None),
        (Paper(through_on=None), STARTS, None),
    ],
)
def test_why_a_renewal_is_due(paper: Paper, today: date, why: Renewal | None) -> None:
    assert authorization.renewal(paper, today) is why


# docs/prescriptions.md, the ledger.
def test_ten_completed_and_one_booked_of_twelve_leave_one_to_book() -> None:
    sums = authorization.accounts(Paper(used=10, reserved=1), STARTS, released=2)
    assert (sums.used, sums.reserved, sums.left, sums.expired) == (10, 1, 1, 0)
    assert sums.released == 2


def test_a_visit_on_the_last_day_is_covered_and_the_day_after_all_is_expired() -> None:
    assert authorization.covers(Paper(), THROUGH)
    assert authorization.accounts(Paper(used=3), THROUGH).left == 9
    after = THROUGH + timedelta(days=1)
    assert not authorization.covers(Paper(), after)
    assert authorization.state(Paper(), after) is State.EXPIRED
    sums = authorization.accounts(Paper(used=3), after)
    assert (sums.left, sums.expired) == (0, 9)


@given(
    authorized=st.integers(0, 400),
    used=st.integers(0, 400),
    reserved=st.integers(0, 400),
    days=st.integers(-400, 400),
    status=st.sampled_from(["approved", "superseded", "submitted", "rejected"]),
)
def test_the_accounts_always_add_up(
    authorized: int, used: int, reserved: int, days: int, status: str
) -> None:
    assume(used + reserved <= authorized)
    paper = Paper(status=status, authorized=authorized, used=used, reserved=reserved)
    sums = authorization.accounts(paper, THROUGH + timedelta(days=days))
    assert sums.used + sums.reserved + sums.left + sums.expired == sums.authorized
    assert min(sums.left, sums.expired) == 0
