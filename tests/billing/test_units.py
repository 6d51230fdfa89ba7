"""Every row of the units and money tables, and the laws that hold for all minutes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.units import split_cents, units_ama, units_cms, units_of

minutes = st.lists(st.integers(min_value=0, max_value=240), min_size=1, max_size=6)
weights = st.lists(st.integers(min_value=0, max_value=16), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("first", "last", "units"),
    [
        (0, 7, 0),
        (8, 22, 1),
        (23, 37, 2),
        (38, 52, 3),
        (53, 67, 4),
        (68, 82, 5),
        (83, 97, 6),
        (98, 112, 7),
        (113, 127, 8),
    ],
)
def test_minutes_make_the_units_of_the_table(first: int, last: int, units: int) -> None:
    assert {units_of(count) for count in range(first, last + 1)} == {units}


@pytest.mark.parametrize(
    ("given_minutes", "cms", "ama"),
    [
        ([24, 23], [2, 1], [2, 2]),
        ([20, 20], [2, 1], [1, 1]),
        ([33, 7], [2, 1], [2, 0]),
        ([18, 13, 10, 8], [1, 1, 1, 0], [1, 1, 1, 1]),
        ([7, 7, 7], [1, 0, 0], [0, 0, 0]),
        ([37, 16], [3, 1], [2, 1]),
        ([53], [4], [4]),
        ([120], [8], [8]),
        ([7], [0], [0]),
    ],
)
def test_the_two_rules_share_units_between_codes(
    given_minutes: list[int], cms: list[int], ama: list[int]
) -> None:
    assert units_cms(given_minutes) == cms
    assert units_ama(given_minutes) == ama


@pytest.mark.parametrize(
    ("total", "units", "shares"),
    [
        (5500, [2], [5500]),
        (10000, [3, 1], [7500, 2500]),
        (15000, [5, 1], [12500, 2500]),
        (10000, [2, 1], [6667, 3333]),
        (10000, [1, 1, 1], [3334, 3333, 3333]),
        (1000, [3, 1], [750, 250]),
        (10000, [0, 0], [10000, 0]),
    ],
)
def test_a_price_splits_to_the_cent(total: int, units: list[int], shares: list[int]) -> None:
    assert split_cents(total, units) == shares


def test_a_coupon_on_three_and_one_units_nets_67_50_and_22_50() -> None:
    listed, off = split_cents(10000, [3, 1]), split_cents(1000, [3, 1])
    assert [a - b for a, b in zip(listed, off, strict=True)] == [6750, 2250]


@pytest.mark.parametrize(("total", "parts"), [(100, []), (-1, [1]), (100, [1, -1])])
def test_what_cannot_be_split_is_refused(total: int, parts: list[int]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the error carries nothing else
        split_cents(total, parts)


@given(minutes)
def test_cms_units_add_up_to_those_of_the_pooled_minutes(counts: list[int]) -> None:
    units = units_cms(counts)
    assert sum(units) == units_of(sum(counts))
    assert all(
        unit in {count // 15, count // 15 + 1} for unit, count in zip(units, counts, strict=True)
    )


@given(minutes, st.integers(min_value=0, max_value=5))
def test_another_minute_never_loses_a_unit(counts: list[int], line: int) -> None:
    more = list(counts)
    more[line % len(counts)] += 1
    assert sum(units_cms(more)) >= sum(units_cms(counts))
    assert sum(units_ama(more)) >= sum(units_ama(counts))


@given(minutes)
def test_one_code_counts_the_same_under_both_rules(counts: list[int]) -> None:
    assert units_cms(counts[:1]) == units_ama(counts[:1])


@given(st.integers(min_value=0, max_value=1_000_000), weights)
def test_shares_add_up_and_follow_the_weights(total: int, parts: list[int]) -> None:
    shares = split_cents(total, parts)
    assert sum(shares) == total
    assert min(shares) >= 0
    if sum(parts):
        exact = [total * part / sum(parts) for part in parts]
        assert all(abs(share - want) < 1 for share, want in zip(shares, exact, strict=True))
