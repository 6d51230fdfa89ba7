"""Minutes into 15-minute units, and one price into lines. Pure, integer, exact.

Sources: CMS Claims Processing Manual ch. 5 §20.2 (the "8-minute rule"); AMA CPT, the substantial
portion rule (a unit counts once more than half of it was given).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

UNIT = 15  # minutes
HALF = 7  # minutes that do not make a unit


def units_of(minutes: int) -> int:
    """Units of one code by itself, the same under both rules: 8 minutes make 1, 23 make 2."""
    return (minutes + HALF) // UNIT


def units_cms(minutes: Sequence[int]) -> list[int]:
    """CMS: all timed minutes pool. Each code gets its whole units; what is left of the pool goes
    to the largest remainders, the earlier line first in a tie.
    """
    units = [count // UNIT for count in minutes]
    left = units_of(sum(minutes)) - sum(units)
    by_remainder = sorted(range(len(minutes)), key=lambda line: -(minutes[line] % UNIT))
    for line in by_remainder[:left]:
        units[line] += 1
    return units


def units_ama(minutes: Sequence[int]) -> list[int]:
    """AMA: each code by itself; leftover minutes never pool."""
    return [units_of(count) for count in minutes]


RULES = {"cms": units_cms, "ama": units_ama}


def split_cents(total: int, weights: Sequence[int]) -> list[int]:
    """Split one amount over lines in proportion to their weights, to the cent.

    Floors first; the cents left over go to the largest remainders, the earlier line first in a tie.
    With no weight at all there is nothing to split by: the first line takes it.

    Raises:
        ValueError: there are no lines, or an amount or weight is negative.
    """
    if not weights or total < 0 or min(weights) < 0:
        raise ValueError
    whole = sum(weights)
    if not whole:
        return [total, *([0] * (len(weights) - 1))]
    shares = [total * weight // whole for weight in weights]
    left = total - sum(shares)
    by_remainder = sorted(range(len(weights)), key=lambda line: -(total * weights[line] % whole))
    for line in by_remainder[:left]:
        shares[line] += 1
    return shares
