"""The days of a report fall into weeks or months without a gap, whatever the clocks do."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.reports import spans
from billing.reports.spans import Span

NEW_YORK = ZoneInfo("America/New_York")
DAYS = st.dates(date(2001, 1, 1), date(2099, 1, 1))
SPANS = st.builds(
    lambda day, days: Span(day, day + timedelta(days=days)), DAYS, st.integers(0, spans.LONGEST - 1)
)


def plain(text: str) -> str:
    return text.replace(spans.EN_DASH, "-")


@given(SPANS)
def test_each_day_is_in_one_period(span: Span) -> None:
    found = spans.periods(span)
    assert (found[0].first, found[-1].last) == (span.first, span.last)
    assert sum(one.days for one in found) == span.days
    for one, following in itertools.pairwise(found):
        assert one.last + spans.ONE == following.first
        assert one.days >= 1


@given(SPANS)
def test_a_period_is_a_week_from_sunday_or_a_month_cut_short_at_most_at_the_ends(
    span: Span,
) -> None:
    found = spans.periods(span)
    for one in found[1:-1]:
        if span.days <= spans.BY_WEEK:
            assert (one.days, one.first.weekday()) == (7, 6)
        else:
            assert one.is_month
    assert len(found) <= 13


@given(SPANS, st.sampled_from(["America/New_York", "America/Phoenix", "Pacific/Auckland"]))
def test_the_edges_are_local_midnights_in_order(span: Span, name: str) -> None:
    zone = ZoneInfo(name)
    found = spans.periods(span)
    edges = spans.edges(found, zone)
    assert len(edges) == len(found) + 1
    assert sorted(set(edges)) == edges
    assert [edge.astimezone(zone).date() for edge in edges[:-1]] == [one.first for one in found]


@pytest.mark.parametrize(
    ("month", "hours"),
    [(date(2026, 3, 1), 31 * 24 - 1), (date(2026, 11, 1), 30 * 24 + 1), (date(2026, 7, 1), 744)],
)
def test_a_month_in_which_clocks_change_is_an_hour_off(month: date, hours: int) -> None:
    edges = spans.edges(spans.periods(spans.month_of(month)), NEW_YORK)
    real = edges[-1].astimezone(UTC) - edges[0].astimezone(UTC)
    assert real == timedelta(hours=hours)


def test_the_last_hour_of_a_month_belongs_to_it_also_in_utc() -> None:
    edges = spans.edges([spans.month_of(date(2026, 10, 1))], NEW_YORK)
    assert edges[0] <= datetime(2026, 11, 1, 3, 59, tzinfo=UTC) < edges[1]
    assert edges[1] == datetime(2026, 11, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "name"),
    [
        (spans.month_of(date(2026, 10, 5)), "October 2026"),
        (spans.year_of(date(2026, 10, 5)), "2026"),
        (Span(date(2026, 10, 3), date(2026, 11, 5)), "Oct 3, 2026 - Nov 5, 2026"),
    ],
)
def test_a_span_is_named_as_people_say_it(span: Span, name: str) -> None:
    assert plain(span.name) == name


@given(SPANS)
def test_one_goes_back_to_where_one_came_from(span: Span) -> None:
    assert span.before.last + spans.ONE == span.first
    assert span.after.first == span.last + spans.ONE
    if span.is_month or span.is_year or not (span.before.is_month or span.before.is_year):
        assert span.before.after == span


def test_weeks_are_named_by_their_days_and_months_by_their_name() -> None:
    october = spans.periods(spans.month_of(date(2026, 10, 1)))
    names = [plain(name) for name in spans.labels(october, by_week=True)]
    assert names == ["Oct 1-3", "Oct 4-10", "Oct 11-17", "Oct 18-24", "Oct 25-31"]
    quarter = spans.periods(Span(date(2026, 9, 28), date(2026, 11, 30)))
    assert spans.labels(quarter, by_week=False) == ["Sep 2026", "Oct 2026", "Nov 2026"]
    turn = spans.periods(Span(date(2026, 10, 31), date(2026, 11, 8)))
    assert [plain(name) for name in spans.labels(turn, by_week=True)] == [
        "Oct 31",
        "Nov 1-7",
        "Nov 8",
    ]
    assert plain(spans.label(Span(date(2026, 9, 27), date(2026, 10, 3)))) == "Sep 27 - Oct 3"


def test_what_has_not_begun_is_left_out() -> None:
    month = spans.month_of(date(2026, 10, 1))
    assert month.until(date(2026, 10, 7)).last == date(2026, 10, 7)
    assert month.until(date(2027, 1, 1)) == month
