"""The functional scale: exact at its bounds, and unmoved by what came later."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatment.function import scale
from treatment.function.scale import Band

SCORES = st.integers(scale.UNABLE, scale.ABLE)
MEASURES = st.lists(st.tuples(SCORES, SCORES), min_size=scale.FEWEST, max_size=scale.MOST)
RANK = [Band.WORSE, Band.NONE, Band.SMALL, Band.MEDIUM, Band.LARGE]


@pytest.mark.parametrize(
    ("scores", "mean"),
    [
        ([3, 4, 4], "3.7"),
        ([3, 3, 4], "3.3"),
        ([5, 5, 5, 6], "5.3"),  # 5.25: half up
        ([5, 6, 6, 6], "5.8"),
        ([0, 0, 0], "0.0"),
        ([10] * 5, "10.0"),
        ([4, 5], None),
        ([], None),
    ],
)
def test_the_mean_to_one_decimal(scores: list[int], mean: str | None) -> None:
    assert scale.mean(scores) == (None if mean is None else Decimal(mean))


@pytest.mark.parametrize(
    ("gain", "count", "band"),
    [
        (6, 5, Band.NONE),  # 1.2
        (13, 10, Band.SMALL),  # 1.3 to the point
        (4, 3, Band.SMALL),
        (5, 4, Band.NONE),  # 1.25, which is shown as 1.3
        (22, 10, Band.SMALL),
        (9, 4, Band.SMALL),  # 2.25
        (23, 10, Band.MEDIUM),
        (26, 10, Band.MEDIUM),
        (8, 3, Band.MEDIUM),  # 2.67
        (27, 10, Band.LARGE),
        (11, 4, Band.LARGE),  # 2.75
        (0, 3, Band.NONE),
        (-12, 10, Band.NONE),
        (-13, 10, Band.WORSE),
    ],
)
def test_bands_at_their_bounds(gain: int, count: int, band: Band) -> None:
    assert scale.band(gain, count) == band


@given(pairs=MEASURES)
def test_a_band_is_of_the_exact_mean(pairs: list[tuple[int, int]]) -> None:
    first, last = dict(enumerate(a for a, _b in pairs)), dict(enumerate(b for _a, b in pairs))
    moved = scale.moved(first, last)
    assert moved is not None
    exact = Fraction(sum(last.values()) - sum(first.values()), len(pairs))
    reached = sum(exact >= Fraction(least) for least in ("-1.3", "1.3", "2.3", "2.7"))
    if exact == Fraction("-1.3"):
        reached = 0
    assert RANK[reached] == moved.band
    assert abs(moved.last - moved.first - Decimal(exact.numerator) / exact.denominator) <= Decimal(
        "0.1"
    )


@given(pairs=MEASURES, more=st.dictionaries(st.sampled_from("xyz"), SCORES))
def test_what_only_one_measure_has_does_not_count(
    pairs: list[tuple[int, int]], more: dict[str, int]
) -> None:
    first = {str(place): a for place, (a, _b) in enumerate(pairs)}
    last = {str(place): b for place, (_a, b) in enumerate(pairs)}
    moved = scale.moved(first, last)
    assert moved == scale.moved(first, {**more, **last})
    assert moved == scale.moved({**first, **more}, last)


@given(pairs=MEASURES)
def test_order_and_direction(pairs: list[tuple[int, int]]) -> None:
    first, last = dict(enumerate(a for a, _b in pairs)), dict(enumerate(b for _a, b in pairs))
    there, back = scale.moved(first, last), scale.moved(last, first)
    assert there is not None
    assert back is not None
    assert (there.first, there.last) == (back.last, back.first)
    assert (there.band == Band.WORSE) == (RANK.index(back.band) >= RANK.index(Band.SMALL))
    same = scale.moved(first, first)
    assert same is not None
    assert same.band == Band.NONE


@given(scores=st.lists(SCORES, min_size=scale.FEWEST, max_size=scale.MOST))
def test_a_mean_is_off_by_half_a_tenth_at_most(scores: list[int]) -> None:
    shown = scale.mean(scores)
    assert shown is not None
    assert abs(Fraction(shown) - Fraction(sum(scores), len(scores))) <= Fraction(1, 20)
    assert shown == scale.mean(scores[::-1])


def test_fewer_than_three_in_common_compare_nothing() -> None:
    assert scale.moved({"a": 1, "b": 2, "c": 3}, {"a": 4, "b": 5, "d": 6}) is None
