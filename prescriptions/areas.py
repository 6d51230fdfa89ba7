"""The treatment area: places of the body map that an order names. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from clinic import body

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from django_stubs_ext import StrOrPromise

VIEWS: tuple[tuple[str, StrOrPromise], ...] = ((body.BACK, _("Back")), (body.FRONT, _("Front")))


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the body as it is drawn: every place, and whether it is ordered."""

    title: StrOrPromise
    places: list[tuple[body.Place, bool]]


def known(keys: Iterable[str]) -> list[body.Place]:
    """The places of these keys in the order given; a key that the map has lost is skipped."""
    places = body.places_by_key()
    return [places[key] for key in keys if key in places]


def drawing(ordered: Collection[body.Place]) -> list[Side]:
    """The sides of the body on which something is ordered."""
    sides = []
    for view, title in VIEWS:
        if any(place.view == view for place in ordered):
            drawn = [(place, place in ordered) for place in body.places() if place.view == view]
            sides.append(Side(title, drawn))
    return sides


def outside(ordered: Iterable[str], treated: Iterable[str]) -> list[str]:
    """What was treated but not ordered, in the order treated, each once.

    An order that names no place sets no limit, so nothing falls outside it.
    """
    allowed = set(ordered)
    if not allowed:
        return []
    return [place for place in dict.fromkeys(treated) if place not in allowed]
