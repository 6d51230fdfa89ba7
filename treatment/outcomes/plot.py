"""Where pain and means stand in a drawing. Pure: no colors and no words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from treatment.outcomes.selectors import Row

WIDTH, HEIGHT = 376, 190
LEFT, RIGHT, TOP, BOTTOM = 26, 14, 12, 24
WORST = 10
TICKS = (0, 2, 4, 6, 8, 10)
MOST_NAMES = 6


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float
    score: int


@dataclass(frozen=True, slots=True)
class Pair:
    """One visit: both points on one line, or the one that is known."""

    x: float
    before: Point | None
    after: Point | None
    is_named: bool


@dataclass(frozen=True, slots=True)
class Plot:
    pairs: tuple[Pair, ...]
    ticks: tuple[tuple[int, float], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT

    @property
    def floor(self) -> float:
        return HEIGHT - BOTTOM

    @property
    def before(self) -> str:
        return _line([pair.before for pair in self.pairs])

    @property
    def after(self) -> str:
        return _line([pair.after for pair in self.pairs])


def of(rows: Sequence[Row]) -> Plot:
    """The visits side by side in their order, each as wide as the others."""
    step = (WIDTH - LEFT - RIGHT) / max(1, len(rows))
    every = -(-len(rows) // MOST_NAMES)
    pairs = []
    for place, row in enumerate(rows):
        x = round(LEFT + step * (place + 0.5), 1)
        points = (_point(x, row.before), _point(x, row.after))
        pairs.append(Pair(x, *points, is_named=place % every == 0))
    return Plot(tuple(pairs), tuple((score, _y(score)) for score in TICKS))


@dataclass(frozen=True, slots=True)
class Means:
    """One line, such as how able a client is: a point for each measure that has a mean."""

    points: tuple[tuple[float, float], ...]
    ticks: tuple[tuple[int, float], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT

    @property
    def line(self) -> str:
        return " ".join(f"{x},{y}" for x, y in self.points)


def of_means(means: Sequence[Decimal | None]) -> Means | None:
    """Side by side in their order; None for fewer than two that are known."""
    step = (WIDTH - LEFT - RIGHT) / max(1, len(means))
    points = tuple(
        (round(LEFT + step * (place + 0.5), 1), _y(mean))
        for place, mean in enumerate(means)
        if mean is not None
    )
    return Means(points, tuple((score, _y(score)) for score in TICKS)) if points[1:] else None


def _y(score: int | Decimal) -> float:
    return round(float(TOP + (HEIGHT - TOP - BOTTOM) * (WORST - score) / WORST), 1)


def _point(x: float, score: int | None) -> Point | None:
    return None if score is None else Point(x, _y(score), score)


def _line(points: Sequence[Point | None]) -> str:
    """For a polyline; visits without the score are passed over."""
    return " ".join(f"{point.x},{point.y}" for point in points if point)
