"""ICD-10-CM codes as people write them, and why one is refused.

The table itself is in the database (`load_icd10`); callers pass in what it says.
We never choose or "upgrade" a code: a refusal sends the question to the prescriber.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.utils.functional import _StrPromise

SHAPE = re.compile(r"[A-Z][0-9A-Z]{2}(\.[0-9A-Z]{1,4})?", re.ASCII)
CATEGORY = 3  # characters before the dot
SEVENTH = 8  # a full code with seven characters and its dot
MAX_CODES = 12  # CMS-1500 pointers A to L

# Excludes1: the two must not be coded together. A warning, because the prescriber decides.
EXCLUDES = (("M54.5", "M54.4"), ("M54.5", "S39.012"), ("M79.1", "M79.7"))


class Refusal(StrEnum):
    SHAPE = "shape"
    UNKNOWN = "unknown"
    HEADER = "header"
    SEVENTH = "seventh"


REFUSALS: dict[Refusal, _StrPromise] = {
    Refusal.SHAPE: _("%(code)s does not look like an ICD-10-CM code, such as M54.2."),
    Refusal.UNKNOWN: _("%(code)s is not in this year's ICD-10-CM. Ask the prescriber."),
    Refusal.HEADER: _(
        "%(code)s is a heading, not a complete code. Ask the prescriber for the full one."
    ),
    Refusal.SEVENTH: _(
        "%(code)s is incomplete: injury codes need seven characters, such as S13.4XXA. "
        "Ask the prescriber."
    ),
}


@dataclass(frozen=True)
class Verdict:
    code: str
    refusal: Refusal | None = None

    @property
    def accepted(self) -> bool:
        return self.refusal is None

    @property
    def message(self) -> str:
        return REFUSALS[self.refusal] % {"code": self.code} if self.refusal else ""


def tidy(text: str) -> str:
    """Upper case, no spaces, the dot where it belongs: ` m5450` -> `M54.50`."""
    code = re.sub(r"[\s\0]", "", text).upper()
    if "." not in code and len(code) > CATEGORY:
        code = f"{code[:CATEGORY]}.{code[CATEGORY:]}"
    return code


def split(text: str) -> list[str]:
    """The codes of one field, tidied, each once, in the order written."""
    return list(dict.fromkeys(tidy(part) for part in re.split(r"[,;\s\0]+", text) if part))


def condition(code: str) -> str:
    """What two codes for the same condition share: M54.50 and M54.59 are M54.5, low back pain.

    The category alone is too coarse: M54.2 is the neck.
    """
    return code[: CATEGORY + 2]


def check(code: str, billable: Mapping[str, bool]) -> Verdict:
    """Accept a tidied code that the table knows as billable, or say what is wrong with it."""
    if not SHAPE.fullmatch(code):
        return Verdict(code, Refusal.SHAPE)
    if billable.get(code):
        return Verdict(code)
    # Injuries and the like: S13.4 and S13.4A both lack the seventh character.
    if code[0] in "ST" and len(code) < SEVENTH:
        return Verdict(code, Refusal.SEVENTH)
    return Verdict(code, Refusal.HEADER if code in billable else Refusal.UNKNOWN)


def clashes(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of codes that exclude each other in the classification."""
    codes = list(codes)
    return [
        (one, other)
        for one in codes
        for other in codes
        if any(one.startswith(a) and other.startswith(b) for a, b in EXCLUDES)
    ]
