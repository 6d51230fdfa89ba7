"""Bars stand on the ground, inside the drawing, as long as what they count."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.reports import plots

VALUES = st.integers(0, 50_000_000)
SERIES = st.integers(1, 13).flatmap(
    lambda count: st.lists(st.lists(VALUES, min_size=count, max_size=count), min_size=1, max_size=3)
)
NEAR = 0.35  # what rounding to a tenth may add up to


@given(VALUES)
def test_ticks_are_even_begin_at_zero_and_reach_the_highest(highest: int) -> None:
    found = plots.ticks(highest)
    step = found[1]
    assert found == [step * number for number in range(len(found))]
    assert found[-2] < max(1, highest) <= found[-1]
    assert 2 <= len(found) <= plots.MOST_TICKS + 1
    assert str(step).rstrip("0") in {"1", "2", "5"}


@pytest.mark.parametrize(
    ("highest", "found"),
    [
        (0, [0, 1]),
        (4, [0, 1, 2, 3, 4]),
        (9, [0, 2, 4, 6, 8, 10]),
        (20420, [0, 5000, 10000, 15000, 20000, 25000]),
    ],
)
def test_ticks_are_round_numbers(highest: int, found: list[int]) -> None:
    assert plots.ticks(highest) == found


@given(SERIES)
def test_upright_bars_are_as_high_as_what_they_count(series: list[list[int]]) -> None:
    names = [str(number) for number in range(len(series[0]))]
    plot = plots.upright(names, series)
    per = (plot.floor - plots.TOP) / plot.ticks[-1].value
    for place, bar in enumerate(plot.bars):
        assert bar.total == sum(values[place] for values in series)
        assert {piece.series for piece in bar.pieces} == {
            number for number, values in enumerate(series) if values[place]
        }
        assert sum(piece.height for piece in bar.pieces) == pytest.approx(bar.total * per, abs=NEAR)
        for piece in bar.pieces:
            assert piece.x >= plot.left
            assert piece.x + piece.width <= plot.width + NEAR
            assert piece.y >= plots.TOP - NEAR
            assert piece.y + piece.height <= plot.floor + NEAR


@given(SERIES)
def test_bars_do_not_overlap(series: list[list[int]]) -> None:
    plot = plots.upright([""] * len(series[0]), series)
    first = [bar.pieces[0] for bar in plot.bars if bar.pieces]
    for one, other in itertools.pairwise(first):
        assert one.x + one.width < other.x


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=12))
def test_lying_bars_lie_in_the_whole_they_are_a_part_of(pairs: list[tuple[int, int]]) -> None:
    values = [min(pair) for pair in pairs]
    wholes = [max(pair) for pair in pairs]
    plot = plots.lying([""] * len(pairs), values, wholes)
    room = plots.WIDTH - plots.NAMES - plots.FIGURES
    assert plot.height == plots.ROW * len(pairs)
    for bar, value, whole in zip(plot.bars, values, wholes, strict=True):
        widths = {piece.series: piece.width for piece in bar.pieces}
        assert widths.get(0, 0) <= widths.get(1, 0) <= room
        assert widths.get(0, 0) == pytest.approx(room * value / max(1, *wholes), abs=NEAR)
        assert (1 in widths) == bool(whole)


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_shares_fill_the_bar(values: list[int]) -> None:
    [bar] = plots.shares(values).bars
    filled = sum(piece.width for piece in bar.pieces)
    assert filled == pytest.approx(plots.WIDTH if any(values) else 0, abs=NEAR)


def test_nothing_is_drawn_of_nothing() -> None:
    assert plots.upright([], []).bars == ()
    assert plots.lying([], []).bars == ()
    assert [bar.pieces for bar in plots.upright(["Oct"], [[0], [0]]).bars] == [()]
