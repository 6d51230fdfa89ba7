"""The patient-specific functional scale: what someone can do again, in their own words. Pure.

Three to five activities, each from 0 (unable) to 10 (able as before). Sums of whole numbers are
compared, never the rounded means that are shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from django_stubs_ext import StrOrPromise

Key = TypeVar("Key")

UNABLE, ABLE = 0, 10
FEWEST, MOST = 3, 5  # activities


class Band(StrEnum):
    """How far the mean moved since the first measure."""

    WORSE = "worse"
    NONE = "none"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"

    @property
    def label(self) -> StrOrPromise:
        return LABELS[self]


LABELS: dict[Band, StrOrPromise] = {
    Band.WORSE: _("Less able than at first"),
    Band.NONE: _("No clear change"),
    Band.SMALL: _("A small improvement"),
    Band.MEDIUM: _("A medium improvement"),
    Band.LARGE: _("A large improvement"),
}
# Tenths of a point: Abbott and Schmitt, J Orthop Sports Phys Ther 2014;44(8):560-564. A fall as
# far as the smallest of them is a change for the worse.
AT_LEAST = ((Band.LARGE, 27), (Band.MEDIUM, 23), (Band.SMALL, 13))


@dataclass(frozen=True, slots=True)
class Moved:
    """The first measure and another one, over the activities that both have."""

    first: Decimal
    last: Decimal
    band: Band
    activities: int


def mean(scores: Collection[int]) -> Decimal | None:
    """To one decimal, half up: 5.25 is 5.3. None for fewer than three activities."""
    count = len(scores)
    if count < FEWEST:
        return None
    tenths = (20 * sum(scores) + count) // (2 * count)
    return Decimal(tenths).scaleb(-1)


def moved(first: Mapping[Key, int], last: Mapping[Key, int]) -> Moved | None:
    """Between two measures, scores by activity; None for fewer than three in common."""
    both = [key for key in first if key in last]
    before, after = [first[key] for key in both], [last[key] for key in both]
    was, now = mean(before), mean(after)
    if was is None or now is None:
        return None
    return Moved(was, now, band(sum(after) - sum(before), len(both)), len(both))


def band(gain: int, count: int) -> Band:
    """By how many points the sum of `count` activities rose; exact, in whole numbers."""
    for name, tenths in AT_LEAST:
        if 10 * gain >= tenths * count:
            return name
    return Band.WORSE if -10 * gain >= AT_LEAST[-1][1] * count else Band.NONE
