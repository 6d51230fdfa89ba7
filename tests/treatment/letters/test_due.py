"""When a letter to the prescriber is due: at the rule's boundary, and by its laws."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatment.letters import due
from treatment.letters.due import ASKED, Letter, Order, Rule, Why

FIRST = date(2026, 3, 2)
LAST = date(2026, 4, 12)
SIX_OR_A_MONTH = Rule(visits=6, days=30)


def days(*numbers: int) -> list[date]:
    return [FIRST + timedelta(days=number) for number in numbers]


def order(*numbers: int, authorized: int = 12, through: date = LAST) -> Order:
    return Order(days(*numbers), authorized, through)


@pytest.mark.parametrize(
    ("visits", "day", "found"),
    [
        ((), 10, None),
        ((0, 3, 7, 10, 14), 14, None),  # five visits, two weeks
        ((0, 3, 7, 10, 14, 17), 17, Why.VISITS),
        ((0,), 29, None),
        ((0,), 30, Why.DAYS),
        ((0, 3, 7, 10, 14, 17), 30, Why.VISITS),  # both: the first that is named
        ((0, 3), 40, Why.DAYS),  # the day before the last
        ((0, 3), 41, Why.END),  # April 12 is its last day
    ],
)
def test_six_visits_or_a_month_whichever_is_first_and_the_end(
    visits: tuple[int, ...], day: int, found: Why | None
) -> None:
    assert due.why(order(*visits), SIX_OR_A_MONTH, None, *days(day)) == found


def test_the_last_authorized_visit_is_the_end() -> None:
    assert due.why(order(0, 3, authorized=3), SIX_OR_A_MONTH, None, *days(3)) is None
    assert due.why(order(0, 3, 7, authorized=3), SIX_OR_A_MONTH, None, *days(7)) == Why.END


def test_visits_and_days_are_counted_since_the_last_letter() -> None:
    visits = order(*range(12), authorized=24)
    told = Letter(*days(6), *days(5))
    assert due.why(visits, SIX_OR_A_MONTH, told, *days(11)) == Why.VISITS
    assert due.why(order(*range(11), authorized=24), SIX_OR_A_MONTH, told, *days(11)) is None
    late = order(0, 7, authorized=24, through=FIRST + timedelta(days=90))
    assert due.why(late, SIX_OR_A_MONTH, told, *days(35)) is None
    assert due.why(late, SIX_OR_A_MONTH, told, *days(36)) == Why.DAYS


def test_a_visit_on_the_day_of_a_letter_that_does_not_tell_of_it_is_not_lost() -> None:
    told = Letter(signed_on=days(7)[0], through=days(5)[0])
    assert due.why(order(0, 5, 7, authorized=3), SIX_OR_A_MONTH, told, *days(7)) == Why.END


def test_old_orders_are_not_asked_about() -> None:
    last = FIRST + ASKED
    assert due.why(order(0), SIX_OR_A_MONTH, None, last) == Why.END
    assert due.why(order(0), SIX_OR_A_MONTH, None, last + timedelta(days=1)) is None


@pytest.mark.parametrize(
    ("clinic", "payer", "rule"),
    [
        ((6, 30), None, Rule(6, 30)),
        ((6, 30), (None, None), Rule(6, 30)),
        ((6, 30), (8, None), Rule(8, 30)),
        ((6, 30), (0, 0), Rule(0, 0)),
        ((None, None), (None, 28), Rule(0, 28)),
        ((None, 0), None, Rule(0, 0)),
    ],
)
def test_a_payers_rule_goes_before_the_clinics(
    clinic: tuple[int | None, int | None],
    payer: tuple[int | None, int | None] | None,
    rule: Rule,
) -> None:
    assert due.rule_of(clinic, payer) == rule


def test_why_in_words() -> None:
    assert due.said(Why.VISITS, SIX_OR_A_MONTH) == "6 visits"
    assert due.said(Why.VISITS, Rule(1, 1)) == "1 visit"
    assert due.said(Why.DAYS, SIX_OR_A_MONTH) == "30 days"
    assert due.said(Why.END, SIX_OR_A_MONTH) == "the order's end"


AT = st.integers(0, 120).map(lambda number: FIRST + timedelta(days=number))
ORDERS = st.builds(
    Order,
    visits=st.lists(AT, max_size=20).map(sorted),
    authorized=st.integers(1, 24),
    through=AT,
)
RULES = st.builds(Rule, visits=st.integers(0, 12), days=st.integers(0, 60))
LETTERS = st.none() | st.tuples(AT, AT).map(lambda two: Letter(max(two), min(two)))


@given(ORDERS, RULES, AT)
def test_a_letter_that_tells_of_every_visit_settles_it(one: Order, rule: Rule, today: date) -> None:
    told = Letter(today, max(one.visits, default=today))
    assert due.why(one, rule, told, today) is None


@given(ORDERS, RULES, LETTERS, AT)
def test_one_more_visit_today_never_makes_it_less_due(
    one: Order, rule: Rule, last: Letter | None, today: date
) -> None:
    visits = [day for day in one.visits if day <= today]
    before = due.why(Order(visits, one.authorized, one.through), rule, last, today)
    after = due.why(Order([*visits, today], one.authorized, one.through), rule, last, today)
    assert before is None or after is not None


@given(ORDERS, LETTERS, AT)
def test_without_a_rule_only_the_end_asks(one: Order, last: Letter | None, today: date) -> None:
    assert due.why(one, Rule(), last, today) in (None, Why.END)


@given(ORDERS, RULES, LETTERS, AT)
def test_what_is_due_is_due_because_of_what_it_says(
    one: Order, rule: Rule, last: Letter | None, today: date
) -> None:
    found = due.why(one, rule, last, today)
    untold = [day for day in one.visits if last is None or day > last.through]
    if found == Why.END:
        assert today >= one.through or len(one.visits) >= one.authorized
    if found == Why.VISITS:
        assert 0 < rule.visits <= len(untold)
    if found == Why.DAYS:
        assert rule.days > 0
    assert found is None or untold
