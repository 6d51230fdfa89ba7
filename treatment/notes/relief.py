"""How long a visit helped, and how much of it lasted until the next one. Pure.

What a client says next time is a span of days. Relief that still lasts is censored at the day it
was asked about: all that is known is "at least so many days". Nothing here promises a cure.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from django_stubs_ext import StrOrPromise

LATEST = 4  # visits that the typical relief is taken of


class Answer(StrEnum):
    """How long did it help?"""

    NONE = "none"
    UNDER_A_DAY = "under-1"
    TO_THREE = "1-3"
    TO_SEVEN = "4-7"
    LONGER = "over-7"
    STILL = "still"

    @property
    def label(self) -> StrOrPromise:
        return LABELS[self]


LABELS: dict[Answer, StrOrPromise] = {
    Answer.NONE: _("Not at all"),
    Answer.UNDER_A_DAY: _("Less than a day"),
    Answer.TO_THREE: _("1 to 3 days"),
    Answer.TO_SEVEN: _("4 to 7 days"),
    Answer.LONGER: _("More than 7 days"),
    Answer.STILL: _("It still helps"),
}
# The middle of each span, in days; "more than 7" is at least 8.
DAYS = {
    Answer.NONE: 0.0,
    Answer.UNDER_A_DAY: 0.5,
    Answer.TO_THREE: 2.0,
    Answer.TO_SEVEN: 5.5,
    Answer.LONGER: 8.0,
}


@dataclass(frozen=True, slots=True)
class Relief:
    """Days of relief. Censored: it lasted at least so long."""

    days: float
    is_censored: bool = False


def relief_of(answer: str, visit: date, asked: date) -> Relief | None:
    """What an answer at the next visit, or a follow-up, says about a visit; None: nothing.

    Never more than the days in between: nobody can have been relieved longer than that.
    """
    if answer not in set(Answer) or asked < visit:
        return None
    known, between = Answer(answer), float((asked - visit).days)
    if known == Answer.STILL:
        return Relief(between, is_censored=True)
    return Relief(min(DAYS[known], between), is_censored=known == Answer.LONGER)


def retained(before: int | None, after: int | None, next_before: int | None) -> int | None:
    """How much of a visit's relief was left at the next one, in per cent: 7 to 3, next 5: 50.

    None where it is not defined: a score is unknown, or the visit did not lower the pain. Between 0
    (all is back, or worse) and 100.
    """
    if before is None or after is None or next_before is None or before <= after:
        return None
    share = (before - next_before) * 100 / (before - after)
    return round(min(100.0, max(0.0, share)))


def typical(reliefs: Sequence[Relief]) -> Relief | None:
    """The median of the last four, oldest first; censored if one at or above it is only a least."""
    last = list(reliefs)[-LATEST:]
    if not last:
        return None
    middle = median(one.days for one in last)
    return Relief(middle, any(one.is_censored and one.days <= middle for one in last))
