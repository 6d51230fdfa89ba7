from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from prescriptions.reading.order import Count, Order, Phase, Rate, Unit, add_months, plan
from prescriptions.reading.sig import NeedsInformation, Proposal, Unclear, parse, read

START = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("text", "visits", "through", "confirm"),
    [
        ("2 sessions per week for 6 weeks", 12, date(2026, 4, 12), False),
        ("two sessions per month for 12 months", 24, date(2027, 3, 1), False),
        ("2x/wk x 6 wks", 12, date(2026, 4, 12), False),
        ("every other week for 12 weeks", 6, date(2026, 5, 24), False),
        ("3x/wk x 2 wks, then 1x/wk x 4 wks", 10, date(2026, 4, 12), False),
        ("6 visits over 3 months", 6, date(2026, 6, 1), False),
        ("1-2x/week for 6 weeks", 12, date(2026, 4, 12), True),
        ("2x/week for 3 months", 26, date(2026, 6, 1), True),
        ("12 visits", 12, date(2027, 3, 1), True),
        ("2 per month for 2 years", 24, date(2027, 3, 1), False),
    ],
)
def test_the_table_of_orders_is_read(text: str, visits: int, through: date, confirm: bool) -> None:
    proposal = read(text, START)
    assert isinstance(proposal, Proposal)
    assert (proposal.visits, proposal.through) == (visits, through)
    assert proposal.confirm is confirm
    assert proposal.capped is ("2 years" in text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1x/week", Unclear.NO_END),
        ("two sessions a week", Unclear.NO_END),
        ("3x/wk x 2 wks, then 1x/wk", Unclear.NO_END),
        ("PRN", Unclear.AS_NEEDED),
        ("massage as needed for 6 weeks", Unclear.AS_NEEDED),
        ("evaluate and treat", Unclear.EVALUATE),
        ("Eval & treat 2x/week for 6 weeks", Unclear.EVALUATE),
        ("as needed", Unclear.AS_NEEDED),
        ("evaluate and treat 2x/week for 6 weeks", Unclear.EVALUATE),
        ("biweekly", Unclear.AMBIGUOUS),
        ("bimonthly", Unclear.AMBIGUOUS),
        ("biweekly for 6 weeks", Unclear.AMBIGUOUS),
        ("bi-monthly for 6 months", Unclear.AMBIGUOUS),
        ("two (3) visits per week for 6 weeks", Unclear.AMBIGUOUS),
        ("", Unclear.UNREADABLE),
        ("massage therapy", Unclear.UNREADABLE),
        ("for 6 weeks", Unclear.UNREADABLE),
        ("0 visits", Unclear.UNREADABLE),
        ("0x/week for 6 weeks", Unclear.UNREADABLE),
        ("2x/week for 0 weeks", Unclear.UNREADABLE),
        ("99999 visits", Unclear.UNREADABLE),
    ],
)
def test_an_open_or_doubtful_order_asks_for_information(text: str, why: Unclear) -> None:
    assert read(text, START) == NeedsInformation(why)


@pytest.mark.parametrize(
    "text",
    [
        "Two (2) sessions per week for six (6) weeks.",
        "twice a week for 6 weeks",
        "Twice weekly for six weeks",
        "2 \u00d7 / week \u00d7 6 weeks",
        "2 times each week for 6 wks",
        "2 visits/wk for 6 wk",
        "60-minute massage 2x per week for 6 weeks",
        "Medical massage therapy, 2 sessions every week for 6 weeks",
        "for 6 weeks, 2x/week",
        "2x/week for 6 weeks (12 visits)",
        "2x/week for 42 days",
        "4 visits every 2 weeks for 6 weeks",
        "2x/wk x 3 wks; 2x/wk x 3 wks",
        "2x/wk x 3 wks, 2x/wk x 3 wks",
        "12 visits within 6 weeks",
        "12 massage therapy sessions over 6 weeks",
    ],
)
def test_the_same_order_in_other_words_is_the_same_twelve_visits(text: str) -> None:
    proposal = read(text, START)
    assert isinstance(proposal, Proposal)
    assert (proposal.visits, proposal.through, proposal.confirm) == (12, date(2026, 4, 12), False)


@pytest.mark.parametrize(
    ("text", "visits", "through"),
    [
        ("weekly for 8 weeks", 8, date(2026, 4, 26)),
        ("once a week for 8 weeks", 8, date(2026, 4, 26)),
        ("once every other week for 8 weeks", 4, date(2026, 4, 26)),
        ("q 2 weeks for 8 weeks", 4, date(2026, 4, 26)),
        ("monthly for a year", 12, date(2027, 3, 1)),
        ("twice monthly for 3 months", 6, date(2026, 6, 1)),
        ("daily for 5 days", 5, date(2026, 3, 6)),
    ],
)
def test_common_adverbs_are_read(text: str, visits: int, through: date) -> None:
    proposal = read(text, START)
    assert isinstance(proposal, Proposal)
    assert (proposal.visits, proposal.through) == (visits, through)


@pytest.mark.parametrize("often", ["2", "two", "Two (2)"])
@pytest.mark.parametrize("what", ["x", "\u00d7", " times", " sessions", " visits", " treatments"])
@pytest.mark.parametrize("per", ["per ", "a ", "each ", "every ", "/"])
@pytest.mark.parametrize("long", ["6", "six", "six (6)"])
def test_every_accepted_spelling_is_the_same_order(
    often: str, what: str, per: str, long: str
) -> None:
    gap = "" if per == "/" else " "
    for between in (" for ", " x ", " \u00d7 "):
        proposal = read(f"{often}{what}{gap}{per}week{between}{long} weeks", START)
        assert isinstance(proposal, Proposal)
        assert (proposal.visits, proposal.through) == (12, date(2026, 4, 12))
        assert not proposal.confirm


@pytest.mark.parametrize(
    ("adverb", "visits"), [("once", 6), ("twice", 12), ("1x", 6), ("2x", 12), ("three times", 18)]
)
@pytest.mark.parametrize(
    "per", ["per week", "a week", "each week", "every week", "/week", "weekly"]
)
def test_once_and_twice_are_numbers(adverb: str, visits: int, per: str) -> None:
    proposal = read(f"{adverb} {per} for six weeks", START)
    assert isinstance(proposal, Proposal)
    assert (proposal.visits, proposal.through) == (visits, date(2026, 4, 12))


def test_month_ends_are_clamped() -> None:
    proposal = read("2 visits over 1 month", date(2026, 1, 31))
    assert isinstance(proposal, Proposal)
    assert proposal.through == date(2026, 2, 27)


def test_an_earlier_end_written_by_the_prescriber_wins() -> None:
    proposal = read("2x/week for 6 weeks, until 03/31/2026", START)
    assert isinstance(proposal, Proposal)
    assert (proposal.visits, proposal.through, proposal.confirm) == (12, date(2026, 3, 31), True)


def test_a_written_end_closes_an_order_without_a_length() -> None:
    proposal = read("1x/week until 2026-04-12", START)
    assert isinstance(proposal, Proposal)
    assert (proposal.visits, proposal.through, proposal.confirm) == (6, date(2026, 4, 12), True)


def test_a_range_of_weeks_takes_the_upper_number_and_asks() -> None:
    proposal = read("2x/week for 4-6 weeks", START)
    assert isinstance(proposal, Proposal)
    assert (proposal.visits, proposal.through, proposal.confirm) == (12, date(2026, 4, 12), True)


def test_a_total_that_disagrees_with_the_rate_takes_the_smaller_and_asks() -> None:
    proposal = read("2x/week for 6 weeks, 10 visits", START)
    assert isinstance(proposal, Proposal)
    assert (proposal.visits, proposal.confirm) == (10, True)


def test_a_number_nobody_understood_asks_for_confirmation() -> None:
    proposal = read("2x/week for 6 weeks, refill 3", START)
    assert isinstance(proposal, Proposal)
    assert proposal.confirm


def test_the_weekly_rate_is_the_highest_of_the_phases() -> None:
    proposal = read("3x/wk x 2 wks, then 1x/wk x 4 wks", START)
    assert isinstance(proposal, Proposal)
    assert proposal.per_week == Decimal("3.00")


counts = st.builds(
    lambda low, more: Count(low, low + more), st.integers(1, 9), st.sampled_from([0, 0, 0, 1, 2])
)
rates = st.builds(Rate, counts, st.sampled_from([1, 1, 2, 3]), st.sampled_from(Unit))
phases = st.builds(Phase, rates, counts, st.sampled_from(Unit))
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
orders = st.builds(
    Order,
    st.one_of(
        st.lists(phases, min_size=1, max_size=3).map(tuple),
        st.builds(
            lambda total, length, unit: (Phase(None, length, unit, total),),
            counts,
            counts,
            st.sampled_from(Unit),
        ),
        counts.map(lambda total: (Phase(None, None, Unit.WEEK, total),)),
    ),
    st.none() | days,
)


@given(orders)
def test_reading_a_printed_order_gives_the_order_back(order: Order) -> None:
    assert parse(str(order)) == order


@given(orders, days)
def test_a_plan_never_passes_twelve_months_nor_the_written_end(order: Order, start: date) -> None:
    proposal = plan(order, start)
    assume(isinstance(proposal, Proposal))
    assert isinstance(proposal, Proposal)
    assert proposal.visits >= 1
    assert start <= proposal.through <= add_months(start, 12) - timedelta(days=1)
    assert order.ends_on is None or proposal.through <= order.ends_on


@given(st.text(max_size=80), days)
def test_no_text_at_all_breaks_the_reader(text: str, start: date) -> None:
    assert isinstance(read(text, start), Proposal | NeedsInformation)


SCRAPS = [*"23x/", "1-", "per", "week", "for", "6", "weeks", "then", "until", "12/31/2026"]


@given(st.lists(st.sampled_from(SCRAPS)))
def test_no_shuffle_of_its_own_words_breaks_the_reader(words: list[str]) -> None:
    assert isinstance(read(" ".join(words), START), Proposal | NeedsInformation)
