"""ICD-10-CM codes as people write them, and why one is refused.

The table itself is in the database (`codes.loading`); callers pass in what it says.
We never choose or "upgrade" a code: a refusal sends the question to the prescriber.
A code counts on the day of what bears it: the day an order was written, the date of service.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from clinic.format import us_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.utils.functional import _StrPromise

SHAPE = re.compile(r"[A-Z][0-9A-Z]{2}(\.[0-9A-Z]{1,4})?", re.ASCII)
# A word that is typed, such as NECK, is no code that a later release could have.
WELL_FORMED = re.compile(r"[A-Z](\d[0-9A-Z]|[A-Z]\d)(\.[0-9A-Z]{1,4})?", re.ASCII)
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
    NOT_YET = "not_yet"
    OVER = "over"


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
    Refusal.NOT_YET: _(
        "%(code)s is valid from %(first)s on, and this is dated %(on)s. Ask the prescriber."
    ),
    Refusal.OVER: _(
        "%(code)s was valid through %(last)s, and this is dated %(on)s. Ask the prescriber which"
        " code took its place."
    ),
}
NEWER = _(
    "%(code)s is not in the ICD-10-CM loaded here, but newer codes are in force. Ask the"
    " prescriber's office whether it is right."
)


@dataclass(frozen=True, slots=True)
class Known:
    """What the table says about a code. No first or last day: none that we know of."""

    billable: bool  # complete in the release that was loaded last
    first: date | None = None
    last: date | None = None  # included


@dataclass(frozen=True, slots=True)
class Table:
    """What the table says about some codes; `in_force_on`: since when its release is in force."""

    codes: Mapping[str, Known] = field(default_factory=dict)
    in_force_on: date | None = None

    def is_out_of_date(self, on: date) -> bool:
        """Whether codes that it lacks may be valid on that day."""
        return self.in_force_on is not None and next_release(self.in_force_on) <= on


def next_release(day: date) -> date:
    """When the release after the one of that day comes into force: April 1, October 1."""
    following = [date(day.year, 4, 1), date(day.year, 10, 1), date(day.year + 1, 4, 1)]
    return next(one for one in following if one > day)


@dataclass(frozen=True)
class Verdict:
    """`is_newer`: neither accepted nor refused, a person asks about it."""

    code: str
    refusal: Refusal | None = None
    is_newer: bool = False
    known: Known = Known(billable=False)
    on: date | None = None

    @property
    def accepted(self) -> bool:
        return self.refusal is None and not self.is_newer

    @property
    def message(self) -> str:
        said = REFUSALS[self.refusal] if self.refusal else NEWER if self.is_newer else ""
        return said % {
            "code": self.code,
            "first": us_date(self.known.first),
            "last": us_date(self.known.last),
            "on": us_date(self.on),
        }


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


def check(code: str, table: Table, on: date) -> Verdict:
    """Accept a tidied code that is complete and valid on that day, or say what is wrong with it.

    One that the table lacks is asked about if the table is older than the day.
    """
    if not SHAPE.fullmatch(code):
        return Verdict(code, Refusal.SHAPE)
    known = table.codes.get(code)
    if known is not None and (known.billable or known.last):
        return Verdict(code, _by_its_days(known, on), known=known, on=on)
    # Injuries and the like: S13.4 and S13.4A both lack the seventh character.
    if code[0] in "ST" and len(code) < SEVENTH:
        return Verdict(code, Refusal.SEVENTH)
    if known is not None:
        return Verdict(code, Refusal.HEADER)
    newer = table.is_out_of_date(on) and WELL_FORMED.fullmatch(code) is not None
    return Verdict(code, None if newer else Refusal.UNKNOWN, is_newer=newer)


def _by_its_days(known: Known, on: date) -> Refusal | None:
    if known.last and on > known.last:
        return Refusal.OVER
    return Refusal.NOT_YET if known.first and on < known.first else None


def for_prescriber(verdict: Verdict, *, written_on: date | None, service_on: date) -> str:
    """What to send to a prescriber whose code is not valid on a date of service."""
    said = {
        Refusal.OVER: _(
            "The code %(code)s on your order of %(written)s was valid in ICD-10-CM through"
            " %(last)s, and the visit was on %(service)s."
        ),
        Refusal.NOT_YET: _(
            "The code %(code)s on your order of %(written)s is valid in ICD-10-CM from %(first)s"
            " on, and the visit was on %(service)s."
        ),
    }
    other = _(
        "The code %(code)s on your order of %(written)s is not a complete code in ICD-10-CM, and"
        " the visit was on %(service)s."
    )
    what = said.get(verdict.refusal, other) if verdict.refusal else other
    then = _("Please send us a signed and dated order with the code that applies to that visit.")
    values = {
        "code": verdict.code,
        "written": us_date(written_on),
        "service": us_date(service_on),
        "first": us_date(verdict.known.first),
        "last": us_date(verdict.known.last),
    }
    return f"{what % values} {then}"


def ending(codes: Iterable[str], table: Table, through: date) -> list[tuple[str, date]]:
    """Those that end before the last day of what bears them, each with its last day."""
    found = [(code, table.codes[code].last) for code in codes if code in table.codes]
    return [(code, last) for code, last in found if last and last < through]


def clashes(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of codes that exclude each other in the classification."""
    codes = list(codes)
    return [
        (one, other)
        for one in codes
        for other in codes
        if any(one.startswith(a) and other.startswith(b) for a, b in EXCLUDES)
    ]
