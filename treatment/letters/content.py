"""The words of a letter, part by part. Pure. Its numbers are the record's: `facts.py`.

The therapist asks; the prescriber orders. Nothing here promises a cure.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django_stubs_ext import StrOrPromise

LONGEST = 2000  # characters of one part


class Request(StrEnum):
    CONTINUE = "continue"
    CHANGE = "change"
    FINISH = "finish"


ASKED: dict[Request, StrOrPromise] = {
    Request.CONTINUE: _(
        "I suggest that treatment continues. If you find it medically necessary, please order "
        "further visits: how many, how often, and for how long."
    ),
    Request.CHANGE: _(
        "I suggest that treatment changes as described. If you find it medically necessary, "
        "please order what it should be: how many visits, how often, and for how long."
    ),
    Request.FINISH: _("I suggest that treatment ends with this order. I ask for no more visits."),
}
CHOICES = (
    (Request.CONTINUE, _("Continue: ask for a new order")),
    (Request.CHANGE, _("Change: ask for another order")),
    (Request.FINISH, _("Finish: ask for nothing")),
)


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    label: StrOrPromise
    is_needed: bool = False


OPENING = Part("opening", _("Opening"), is_needed=True)
TREATED = Part("treated", _("Regions and how they were treated"))
RESPONSE = Part("response", _("How the patient responded"))
REQUEST = Part("request", _("What you suggest"), is_needed=True)
ASK = Part("ask", _("Why, and what you propose"))
PARTS = (OPENING, TREATED, RESPONSE, REQUEST, ASK)
WORDS = (OPENING, TREATED, RESPONSE, ASK)
NAMES = tuple(part.name for part in PARTS)


def drafted(patient: str, note: Mapping[str, str]) -> dict[str, str]:
    """The first words, from the latest signed note; what to suggest is left to the therapist."""
    opening = _now("I am writing about the massage therapy that you ordered for %(name)s.")
    return {
        "opening": opening % {"name": patient},
        "treated": note.get("treated", "")[:LONGEST],
        "response": note.get("response", "")[:LONGEST],
        "request": "",
        "ask": note.get("plan", "")[:LONGEST],
    }


def missing(said: Mapping[str, str]) -> list[str]:
    """Names of what is needed before signing and is not there."""
    return [part.name for part in PARTS if part.is_needed and not said.get(part.name, "").strip()]


def asked(said: Mapping[str, str]) -> StrOrPromise:
    """The sentence that asks the prescriber; empty while nothing is chosen."""
    request = said.get("request", "")
    return ASKED[Request(request)] if request else ""


def asks_for_order(said: Mapping[str, str]) -> bool:
    return said.get("request") in (Request.CONTINUE, Request.CHANGE)
