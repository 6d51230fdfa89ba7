"""How far a prescription reaches: the examples of the trade, and laws."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prescriptions import reach
from prescriptions.reach import Short, WeekRule

MONDAY, THROUGH = date(2026, 3, 2), date(2026, 4, 12)
DAY = timedelta(days=1)


@dataclass
class Paper:
    """Two a week for six weeks."""

    starts_on: date | None = MONDAY
    through_on: date | None = THROUGH
    authorized: int = 12
    used: int = 0
    reserved: int = 0
    visits_per_week: Decimal | None = Decimal(2)


def march(*days: int) -> list[date]:
    return [date(2026, 3, day) for day in days]


@pytest.mark.parametrize(
    ("visits", "on", "short"),
    [
        ([], MONDAY, ()),
        (march(2), date(2026, 3, 3), ()),
        (march(2, 4), date(2026, 3, 8), (Short.PACE,)),  # the seventh day
        (march(2, 4), date(2026, 3, 9), ()),  # the next week
        ([], THROUGH, ()),  # the last day counts
        ([], THROUGH + DAY, (Short.ENDED,)),
        ([], MONDAY - DAY, (Short.NOT_YET,)),
    ],
)
def test_an_order_of_two_a_week(visits: list[date], on: date, short: tuple[Short, ...]) -> None:
    paper = Paper(reserved=len(visits))
    assert reach.measure(paper, visits, on).short == short


def test_what_is_said_before_and_after_the_seventh_of_twelve() -> None:
    found = reach.measure(Paper(used=5, reserved=1), march(16, 18), date(2026, 3, 22))
    assert (found.number, found.left_before, found.left_after) == (7, 6, 5)
    assert found.week is not None
    assert (found.week.first, found.week.last) == (date(2026, 3, 16), date(2026, 3, 22))
    assert (found.week.before, found.week.after, found.week.allowed) == (2, 3, 2)
    assert found.short == (Short.PACE,)


@pytest.mark.parametrize(
    ("used", "reserved", "short"),
    [(10, 1, ()), (11, 0, ()), (10, 2, (Short.NO_VISIT,)), (12, 0, (Short.NO_VISIT,))],
)
def test_used_and_booked_visits_count_alike(
    used: int, reserved: int, short: tuple[Short, ...]
) -> None:
    paper = Paper(used=used, reserved=reserved, visits_per_week=None)
    assert reach.measure(paper, [], MONDAY).short == short


@pytest.mark.parametrize(
    ("rule", "on", "first"),
    [
        # An order from Thursday: its weeks run to Wednesday, the payer's from Monday to Sunday.
        (WeekRule.FROM_FIRST_DAY, date(2026, 3, 5), date(2026, 3, 5)),
        (WeekRule.FROM_FIRST_DAY, date(2026, 3, 11), date(2026, 3, 5)),
        (WeekRule.FROM_FIRST_DAY, date(2026, 3, 12), date(2026, 3, 12)),
        (WeekRule.CALENDAR, date(2026, 3, 5), date(2026, 3, 2)),
        (WeekRule.CALENDAR, date(2026, 3, 8), date(2026, 3, 2)),
        (WeekRule.CALENDAR, date(2026, 3, 9), date(2026, 3, 9)),
    ],
)
def test_the_week_is_counted_as_the_payer_counts_it(rule: str, on: date, first: date) -> None:
    assert reach.week_start(on, date(2026, 3, 5), rule) == first


def test_the_rule_decides_who_is_over() -> None:
    paper = Paper(starts_on=date(2026, 3, 5), reserved=2)
    visits, on = march(6, 8), date(2026, 3, 10)
    assert reach.measure(paper, visits, on).short == (Short.PACE,)
    assert reach.measure(paper, visits, on, rule=WeekRule.CALENDAR).short == ()


@pytest.mark.parametrize(
    ("rate", "allowed"), [("0.50", 1), ("0.46", 1), ("1", 1), ("1.50", 1), ("2", 2), ("3.99", 3)]
)
def test_less_than_one_a_week_still_allows_one(rate: str, allowed: int) -> None:
    assert reach.allowed_a_week(Decimal(rate)) == allowed


def test_an_order_without_a_rate_has_no_week() -> None:
    found = reach.measure(Paper(reserved=9, visits_per_week=None), [MONDAY] * 9, MONDAY)
    assert (found.week, found.short) == (None, ())


def test_a_visit_moved_within_its_week_goes_no_further_past_the_pace() -> None:
    paper = Paper(reserved=3)
    within = reach.measure(paper, march(2, 4), date(2026, 3, 7), moved_from=date(2026, 3, 6))
    assert within.short == ()
    into = reach.measure(paper, march(2, 4), date(2026, 3, 7), moved_from=date(2026, 3, 10))
    assert into.short == (Short.PACE,)


def test_the_last_visit_of_an_order_may_be_moved() -> None:
    paper = Paper(used=11, reserved=1, visits_per_week=None)
    assert reach.measure(paper, [], THROUGH, moved_from=MONDAY).short == ()
    assert reach.measure(paper, [], THROUGH).short == (Short.NO_VISIT,)


days = st.integers(-60, 120).map(lambda n: MONDAY + n * DAY)
rules = st.sampled_from(list(WeekRule))
rates = st.none() | st.decimals("0.25", "7", places=2)


@given(on=days, first=days, rule=rules)
def test_every_day_lies_in_the_week_that_begins_where_it_should(
    on: date, first: date, rule: WeekRule
) -> None:
    start = reach.week_start(on, first, rule)
    assert start <= on < start + reach.WEEK
    assert reach.week_start(start, first, rule) == start
    if rule == WeekRule.CALENDAR:
        assert start.weekday() == 0
    else:
        assert (start - first).days % 7 == 0


@given(
    visits=st.lists(days, max_size=14),
    on=days,
    authorized=st.integers(0, 14),
    rate=rates,
    rule=rules,
)
def test_one_more_visit_moves_every_count_by_one_and_is_over_exactly_past_the_allowed(
    visits: list[date], on: date, authorized: int, rate: Decimal | None, rule: WeekRule
) -> None:
    paper = Paper(authorized=authorized, reserved=len(visits), visits_per_week=rate)
    before = reach.measure(paper, visits, on, rule=rule)
    assert before.left_before - before.left_after == (before.left_before > 0)
    assert (Short.NO_VISIT in before.short) == (before.left_before == 0)
    paper.reserved += 1
    after = reach.measure(paper, [*visits, on], on, rule=rule)
    assert after.number == before.number + 1
    assert (before.week is None) == (rate is None)
    if before.week and after.week:
        assert after.week.before == before.week.after
        assert (Short.PACE in before.short) == (before.week.after > before.week.allowed)


@given(visits=st.lists(days, min_size=1, max_size=14), on=days, rate=rates, rule=rules)
def test_a_move_never_counts_the_visit_that_moves(
    visits: list[date], on: date, rate: Decimal | None, rule: WeekRule
) -> None:
    paper = Paper(authorized=len(visits), reserved=len(visits), visits_per_week=rate)
    found = reach.measure(paper, visits[1:], on, rule=rule, moved_from=visits[0])
    assert Short.NO_VISIT not in found.short
    assert found.number == len(visits)
