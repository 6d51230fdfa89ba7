"""Where the bars of a plot stand, in units of its drawing. Pure: no colors, no money, no words.

Bars hold the numbers of one table. Whole numbers go in (cents, minutes, visits); what comes out is
rounded to a tenth, which no screen shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDTH, HEIGHT = 376, 178  # of an upright plot
LEFT, RIGHT, TOP, BOTTOM = 44, 0, 16, 22  # room for the scale, and for the names below
GAP = 0.38  # of the room for a bar
MOST_TICKS = 5  # besides zero
STEPS = (1, 2, 5)
ROW, THICK, NAMES, FIGURES = 30, 18, 104, 76  # of a plot that lies


def step_of(highest: int, most: int = MOST_TICKS) -> int:
    """The smallest of 1, 2, 5, 10, 20 ... that reaches the highest value in so many steps."""
    size = 1
    while True:
        for factor in STEPS:
            if factor * size * most >= highest:
                return factor * size
        size *= 10


def ticks(highest: int, most: int = MOST_TICKS) -> list[int]:
    """Even steps from zero to the first that is not below the highest value."""
    step = step_of(max(1, highest), most)
    count = -(-max(1, highest) // step)
    return [step * number for number in range(count + 1)]


@dataclass(frozen=True, slots=True)
class Tick:
    value: int
    at: float


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a bar: which series it is of, and its rectangle."""

    series: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """`x`, `y`: where the figure that sums it up is written."""

    name: str
    pieces: tuple[Piece, ...]
    total: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Plot:
    width: float
    height: float
    ticks: tuple[Tick, ...]
    bars: tuple[Bar, ...]

    @property
    def left(self) -> float:
        return LEFT

    @property
    def floor(self) -> float:
        return self.height - BOTTOM


def upright(names: Sequence[str], series: Sequence[Sequence[int]]) -> Plot:
    """A bar for each name, with the series stacked in it from below; each has a value per name."""
    totals = [sum(column) for column in zip(*series, strict=True)] or [0] * len(names)
    scale = ticks(max(totals, default=0))
    floor, room = HEIGHT - BOTTOM, HEIGHT - BOTTOM - TOP
    per = room / scale[-1]
    slot = (WIDTH - LEFT - RIGHT) / max(1, len(names))
    bars = []
    for place, name in enumerate(names):
        x, width = LEFT + slot * (place + GAP / 2), slot * (1 - GAP)
        pieces, top = [], float(floor)
        for number, values in enumerate(series):
            height = values[place] * per
            top -= height
            if values[place]:
                piece = Piece(number, _round(x), _round(top), _round(width), _round(height))
                pieces.append(piece)
        middle = _round(x + width / 2)
        bars.append(Bar(name, tuple(pieces), totals[place], middle, _round(top - 4)))
    marks = tuple(Tick(value, _round(floor - value * per)) for value in scale)
    return Plot(WIDTH, HEIGHT, marks, tuple(bars))


def lying(names: Sequence[str], values: Sequence[int], wholes: Iterable[int] = ()) -> Plot:
    """A bar for each name, one below the other; behind it, if given, the whole it is a part of."""
    whole = list(wholes) or [0] * len(names)
    longest = max([*values, *whole], default=0) or 1
    room = WIDTH - NAMES - FIGURES
    bars = []
    for place, (name, value, all_of_it) in enumerate(zip(names, values, whole, strict=True)):
        y = ROW * place + (ROW - THICK) / 2
        sizes = [(1, all_of_it), (0, value)]
        pieces = tuple(
            Piece(number, NAMES, _round(y), _round(room * size / longest), THICK)
            for number, size in sizes
            if size
        )
        bars.append(Bar(name, pieces, value, NAMES - 8, _round(y + THICK - 4)))
    return Plot(WIDTH, ROW * max(1, len(names)), (), tuple(bars))


def shares(values: Sequence[int]) -> Plot:
    """One bar, divided as the values are; of nothing: none."""
    total, x, pieces = sum(values), 0.0, []
    for number, value in enumerate(values):
        width = WIDTH * value / total if total else 0.0
        if value:
            pieces.append(Piece(number, _round(x), 4, _round(width), THICK))
        x += width
    return Plot(WIDTH, ROW, (), (Bar("", tuple(pieces), total, 0, 0),))


def _round(number: float) -> float:
    return round(number, 1)
