"""The body map on a form: each place of the body with its checkbox. Pure.

As `intake/_body_drawing.html` draws it; what was said last time is drawn with a dashed line.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from clinic import body

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.forms import BoundField
    from django_stubs_ext import StrOrPromise

# The front first: the drawing names left and right by that.
SIDES: tuple[tuple[str, StrOrPromise], ...] = ((body.FRONT, _("Front")), (body.BACK, _("Back")))


@dataclass(frozen=True, slots=True)
class Tick:
    html_name: str
    auto_id: str
    value: bool


@dataclass(frozen=True, slots=True)
class Item:
    place: body.Place
    tick: Tick | None
    was: bool = False  # last time
    mark: bool = False  # now, where nothing can be ticked


@dataclass(frozen=True, slots=True)
class View:
    key: str
    title: StrOrPromise
    places: list[Item]

    @property
    def names(self) -> str:
        return ", ".join(str(one.place.label) for one in self.places)


def views(bound: BoundField, was: Collection[str] = ()) -> list[View]:
    """Both sides, with the checkboxes of a field whose choices are places."""
    ticks = {
        str(one.data["value"]): Tick(
            one.data["name"], one.data["attrs"].get("id", ""), bool(one.data["selected"])
        )
        for one in bound.subwidgets
    }
    known = body.places_by_key()
    return _sides([Item(known[key], tick, key in was) for key, tick in ticks.items()])


def shown(now: Collection[str], was: Collection[str] = ()) -> list[View]:
    """What is marked, now or last time, on the sides on which something is: a picture."""
    items = [
        Item(place, None, key in was, key in now)
        for key, place in body.places_by_key().items()
        if key in now or key in was
    ]
    return [view for view in _sides(items) if view.places]


@lru_cache(maxsize=1)
def outlines() -> list[View]:
    """Every place of both sides, for `components/body_symbols.html`."""
    return _sides([Item(place, None) for place in body.places()])


def _sides(items: list[Item]) -> list[View]:
    return [
        View(key, title, [one for one in items if one.place.view == key]) for key, title in SIDES
    ]
