"""The body map on a form: each place of the body with its checkbox. Pure.

As `intake/_body_drawing.html` draws it; what was said last time is drawn with a dashed line.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    title: StrOrPromise
    places: list[Item]


def views(bound: BoundField, was: Collection[str] = ()) -> list[View]:
    """Both sides, with the checkboxes of a field whose choices are places."""
    ticks = {
        str(one.data["value"]): Tick(
            one.data["name"], one.data["attrs"].get("id", ""), bool(one.data["selected"])
        )
        for one in bound.subwidgets
    }
    return _sides(
        {key: Item(body.places_by_key()[key], tick, key in was) for key, tick in ticks.items()}
    )


def shown(now: Collection[str], was: Collection[str] = ()) -> list[View]:
    """Both sides as a picture, or nothing where nothing is marked."""
    if not now and not was:
        return []
    return _sides(
        {
            place.key: Item(place, None, place.key in was, place.key in now)
            for place in body.places()
        }
    )


def _sides(items: dict[str, Item]) -> list[View]:
    return [
        View(title, [one for one in items.values() if one.place.view == view])
        for view, title in SIDES
    ]
