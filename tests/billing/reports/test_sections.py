"""Every total of a report is the sum of its table, and the tables agree with one another."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from billing.models import Method
from billing.reports import sections, spans
from billing.reports.reading import Coupons, Diary, Facts, Money, Orders, Visits
from billing.reports.spans import Span
from billing.reports.tables import Kind
from clinic.format import money

if TYPE_CHECKING:
    from billing.reports.sections import Section

THERAPISTS = {UUID(int=1): "Dana Ruiz", UUID(int=2): "Theo Park"}
ROOMS = {UUID(int=3): "Room 1", UUID(int=4): "Room 2"}
CENTS = st.integers(0, 30_000)
COUNT = st.integers(0, 9)


@st.composite
def visits(draw: st.DrawFn, period: int, therapist: UUID) -> Visits:
    """As a database holds them: a discount is a part of the list price, a refund of a payment."""
    listed, paid = draw(CENTS), draw(CENTS)
    discount, refunded = draw(st.integers(0, listed)), draw(st.integers(0, paid))
    left = listed - discount - (paid - refunded)
    return Visits(
        *(period, therapist, draw(COUNT), draw(CENTS), draw(COUNT), 0, listed, discount),
        *(listed - discount, paid, refunded, max(0, left), max(0, -left)),
    )


@st.composite
def diary(draw: st.DrawFn, period: int, room: UUID) -> Diary:
    fee = draw(CENTS)
    paid = draw(st.integers(0, fee))
    waived = draw(st.integers(0, fee - paid))
    counts = {
        name: draw(COUNT) for name in ("sessions", "booked_minutes", "done", "no_shows", "late")
    }
    return Diary(
        period, room, **counts, fee_cents=fee, fee_paid_cents=paid, fee_waived_cents=waived
    )


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    first = date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 400)))
    span = Span(first, first + timedelta(days=draw(st.integers(0, spans.LONGEST - 1))))
    periods = spans.periods(span)
    places = st.sets(st.integers(0, len(periods) - 1), max_size=4)
    return Facts(
        span=span,
        periods=periods,
        visits=[draw(visits(n, pk)) for pk in THERAPISTS for n in sorted(draw(places))],
        diary=[draw(diary(n, pk)) for pk in ROOMS for n in sorted(draw(places))],
        money=[
            Money(method, *(draw(CENTS) for _number in range(3)))
            for method in sorted(draw(st.sets(st.sampled_from(Method.values))))
        ],
        coupons=[
            Coupons(code, *(draw(COUNT) for _number in range(3)))
            for code in sorted(draw(st.sets(st.sampled_from(["NEW10", "SPRING"]))))
        ],
        orders=[
            Orders(how, *(draw(COUNT) for _number in range(3)))
            for how in sorted(draw(st.sets(st.sampled_from(sorted(sections.HOW)))))
        ],
        therapists=THERAPISTS,
        rooms=ROOMS,
        open_minutes=draw(st.integers(0, 9000)),
        as_of=datetime(2026, 11, 24, tzinfo=UTC),
    )


def found_in(given_: Facts) -> dict[str, Section]:
    return {one.key: one for one in sections.of(given_)}


def sums(section: Section) -> dict[str, int]:
    """What a reader gets who adds up the rows."""
    keys = [column.key for column in section.table.columns if column.kind != Kind.SHARE]
    return {key: sum(row.values.get(key, 0) for row in section.table.rows) for key in keys}


@given(facts())
def test_the_totals_are_the_sums_of_the_tables(given_: Facts) -> None:
    for section in sections.of(given_):
        total = section.table.total.values
        for key, cents in sums(section).items():
            assert total[key] == cents, (section.key, key)


@given(facts())
def test_the_tables_lose_nothing_of_what_was_read(given_: Facts) -> None:
    found = found_in(given_)
    for key in ("visits", "list_cents", "net_cents", "paid_cents", "owed_cents", "credit_cents"):
        read = sum(getattr(row, key) for row in given_.visits)
        assert sums(found["revenue"])[key] == read
    assert sums(found["therapists"])["minutes"] == sum(row.minutes for row in given_.visits)
    assert sums(found["missed"])["no_shows"] == sum(row.no_shows for row in given_.diary)
    assert sums(found["rooms"])["sessions"] == sum(row.sessions for row in given_.diary)
    kept = sum(row.paid_cents - row.refunded_cents for row in given_.money)
    assert sums(found["payments"])["kept_cents"] == kept


@given(facts())
def test_the_money_adds_up_in_every_row(given_: Facts) -> None:
    found = found_in(given_)
    table = found["revenue"].table
    for row in [*table.rows, table.total]:
        one = row.values
        assert one["list_cents"] - one["discount_cents"] == one["net_cents"]
        kept = one["paid_cents"] - one["refunded_cents"]
        assert one["net_cents"] == kept + one["owed_cents"] - one["credit_cents"]
    for row in found["missed"].table.rows:
        one = row.values
        parts = one["fee_paid_cents"] + one["fee_waived_cents"] + one["fee_open_cents"]
        assert one["fee_cents"] == parts
    assert sums(found["therapists"])["net_cents"] == sums(found["revenue"])["net_cents"]


@given(facts())
def test_a_plot_draws_its_table_and_says_so_in_words(given_: Facts) -> None:
    for section in sections.of(given_):
        figure = section.figure
        if figure.shape == "shares":
            assert figure.plot.bars[0].total == section.table.total.values["ended"]
            continue
        assert len(figure.plot.bars) == len(section.table.rows) == len(figure.texts)
        for row in section.table.rows:
            assert row.name in figure.words


@given(facts())
def test_the_headlines_are_figures_of_the_tables(given_: Facts) -> None:
    found = sections.of(given_)
    revenue, done, _rooms, _missed, renewed = sections.headlines(found)
    total = found[0].table.total.values
    assert revenue.figure == money(total["net_cents"])
    assert done.figure == f"{total['visits']:,}"
    ended = sum(row.renewed + row.waiting + row.lapsed for row in given_.orders)
    assert renewed.figure.endswith(f"of {ended:,}")


def test_figures_at_bars_are_short() -> None:
    wanted = {0: "0", 95_00: "95", 1_840_00: "1.8k", 5_000_00: "5k", 17_840_00: "18k"}
    assert {cents: sections._dollars(cents) for cents in wanted} == wanted


def test_each_section_has_a_key_of_its_own() -> None:
    empty = Facts(
        span=Span(date(2026, 10, 1), date(2026, 10, 31)),
        periods=spans.periods(Span(date(2026, 10, 1), date(2026, 10, 31))),
        visits=[],
        diary=[],
        money=[],
        coupons=[],
        orders=[],
        therapists={},
        rooms={},
        open_minutes=0,
        as_of=datetime(2026, 11, 24, tzinfo=UTC),
    )
    assert [section.key for section in sections.of(empty)] == list(sections.SECTIONS)
