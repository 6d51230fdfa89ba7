"""Whatever is taken off and added: parts sum to the whole, each within a cent of its fair share."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from billing import pricing
from billing.issuing.drafts import Amounts
from billing.models import Payment
from billing.pricing import Extra, Line
from billing.selectors import Bill

if TYPE_CHECKING:
    from collections.abc import Sequence

CENTS = st.integers(0, 50_000)
LINES = st.lists(
    st.builds(
        Line,
        st.just("Massage"),
        st.integers(8, 90),
        st.integers(1, 6),
        CENTS,
        is_eligible=st.booleans(),
    ),
    min_size=1,
    max_size=6,
)
EXTRAS = st.lists(
    st.builds(
        Extra, st.just("Goods"), st.integers(1, 50_000), st.sampled_from([0, 7000, 8875, 30_000])
    ),
    max_size=5,
)


def sums(lines: Sequence[Line]) -> tuple[int, int, int]:
    return (
        sum(one.list_cents for one in lines),
        sum(one.discount_cents for one in lines),
        sum(one.net_cents for one in lines),
    )


@given(lines=LINES, extras=EXTRAS, off=CENTS)
def test_a_coupon_is_split_to_the_cent_and_only_over_the_session(
    lines: list[Line], extras: list[Extra], off: int
) -> None:
    beside = pricing.extra_lines(extras, str)
    after = pricing.less_coupon([*lines, *beside], off)
    whole, cut = (
        sum(one.list_cents for one in lines),
        min(off, sum(one.list_cents for one in lines)),
    )
    assert sum(one.discount_cents for one in after) == cut
    assert after[len(lines) :] == beside
    for before, now in zip(lines, after, strict=False):
        fair = Fraction(cut * before.list_cents, whole) if whole else Fraction(0)
        assert abs(now.discount_cents - fair) < 1
        assert 0 <= now.net_cents <= before.list_cents


@given(lines=LINES, extras=EXTRAS, off=CENTS, forgiven=st.integers(0, 400_000))
def test_list_less_discount_is_net_and_nothing_is_below_nothing(
    lines: list[Line], extras: list[Extra], off: int, forgiven: int
) -> None:
    all_lines = [*lines, *pricing.extra_lines(extras, str)]
    once = pricing.reduced(all_lines, coupon_cents=off, forgiven_cents=forgiven)
    assert pricing.reduced(once, coupon_cents=off, forgiven_cents=forgiven) == once
    listed, discount, net = sums(once)
    assert listed - discount == net
    assert discount == min(min(off, sum(one.list_cents for one in lines)) + forgiven, listed)
    assert all(0 <= one.discount_cents <= one.list_cents for one in once)
    if any(one.is_extra and one.discount_cents for one in once):
        assert not sum(one.net_cents for one in once if not one.is_extra)


@given(extras=EXTRAS)
def test_tax_is_within_half_a_cent_of_its_rate_and_a_line_of_its_own(extras: list[Extra]) -> None:
    lines = pricing.extra_lines(extras, str)
    assert not any(one.is_eligible for one in lines)
    taxes = lines[len(extras) :]
    exact = sum((Fraction(one.cents * one.tax_rate, 100_000) for one in extras), Fraction(0))
    rates = len({one.tax_rate for one in extras})
    assert abs(sum(one.net_cents for one in taxes) - exact) <= Fraction(rates, 2)


@given(
    lines=LINES,
    extras=EXTRAS,
    off=CENTS,
    payments=st.lists(st.integers(1, 60_000), max_size=4),
)
def test_net_and_extras_are_what_was_paid_and_what_is_left(
    lines: list[Line], extras: list[Extra], off: int, payments: list[int]
) -> None:
    after = pricing.less_coupon([*lines, *pricing.extra_lines(extras, str)], off)
    bill = Bill(after, [Payment(amount_cents=cents, method="card") for cents in payments])
    shown = Amounts.of([bill])
    assert shown.list_cents - shown.discount_cents == shown.net_cents
    assert shown.net_cents == shown.paid_cents + shown.balance_cents - shown.credit_cents
    beside = sum(one.net_cents for one in after if not one.is_eligible)
    assert bill.eligible_cents + beside == bill.net_cents
    assert bill.plan_room_cents <= bill.eligible_cents
