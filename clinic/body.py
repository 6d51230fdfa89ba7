"""The body map: which areas can be marked, what they are called, where they are drawn.

Pure. The drawing is ours: simple shapes on a canvas of 200 by 400. Left and right are the client's
own, so on the front view the right side is drawn on the left, the reverse of a mirror.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django_stubs_ext import StrOrPromise

FRONT, BACK = "front", "back"
LEFT, RIGHT, MIDDLE = "left", "right", "middle"
DEFAULT_INTENSITY = 5
WORST = 10


class PainType(TextChoices):
    ACHE = "ache", _("Ache")
    SHARP = "sharp", _("Sharp")
    BURNING = "burning", _("Burning")
    NUMB = "numb", _("Numb or tingling")


@dataclass(frozen=True, slots=True)
class Place:
    """One area that can be marked."""

    region: str
    view: str
    side: str
    label: StrOrPromise
    path: str
    mirrored: bool

    @property
    def key(self) -> str:
        return f"{self.view}-{self.region}-{self.side}"


@dataclass(frozen=True, slots=True)
class Mark:
    """What someone said about one area."""

    key: str
    pain_type: str
    intensity: int

    @property
    def place(self) -> Place:
        return places_by_key()[self.key]

    @property
    def word(self) -> StrOrPromise:
        return PainType(self.pain_type).label

    def as_data(self) -> dict[str, Any]:
        return {"place": self.key, "type": self.pain_type, "intensity": self.intensity}

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> Mark:
        return cls(data["place"], data["type"], data["intensity"])


# Areas in the middle of the body, and areas drawn once on the left of the canvas and mirrored.
_MIDDLE: dict[str, list[tuple[str, StrOrPromise, str]]] = {
    FRONT: [
        (
            "head",
            _("Head and face"),
            "M100 6c14 0 23 11 23 26s-10 28-23 28-23-13-23-28S86 6 100 6z",
        ),
        ("neck", _("Front of the neck"), "M88 60q12 6 24 0v16H88z"),
        ("chest", _("Chest"), "M78 78h44l4 44H74z"),
        ("abdomen", _("Abdomen"), "M75 125h50l3 48H72z"),
    ],
    BACK: [
        (
            "head",
            _("Back of the head"),
            "M100 6c14 0 23 11 23 26s-10 28-23 28-23-13-23-28S86 6 100 6z",
        ),
        ("neck", _("Back of the neck"), "M88 60q12 6 24 0v16H88z"),
        ("upper-back", _("Between the shoulder blades"), "M91 78h18v44H91z"),
        ("lower-back", _("Lower back, at the spine"), "M91 125h18v48H91z"),
    ],
}
_ARM: list[tuple[str, StrOrPromise, StrOrPromise, str]] = [
    (
        "upper-arm",
        _("Left upper arm"),
        _("Right upper arm"),
        "M45 106l19 3-6 44-18-3q-1-24 5-44z",
    ),
    ("elbow", _("Left elbow"), _("Right elbow"), "M39 153l19 3-3 17-18-3z"),
    ("forearm", _("Left forearm"), _("Right forearm"), "M36 173l18 3-9 41-14-2q0-22 5-42z"),
    ("hand", _("Left hand"), _("Right hand"), "M30 218l15 2q3 14-1 24-7 10-15 4-7-14 1-30z"),
]
_SIDES: dict[str, list[tuple[str, StrOrPromise, StrOrPromise, str]]] = {
    FRONT: [
        (
            "shoulder",
            _("Left shoulder"),
            _("Right shoulder"),
            "M75 78l-1 22-10 6-18-2q3-22 22-25z",
        ),
        *_ARM,
        ("hip", _("Left hip"), _("Right hip"), "M72 176h27v28q-16 4-30-6 0-12 3-22z"),
        ("thigh", _("Left thigh"), _("Right thigh"), "M68 202q15 8 30 5l-4 69H71q-7-38-3-74z"),
        ("knee", _("Left knee"), _("Right knee"), "M71 279h23l-1 24H72z"),
        ("shin", _("Left shin"), _("Right shin"), "M72 306h21l-4 58H76q-6-30-4-58z"),
        ("foot", _("Left foot"), _("Right foot"), "M75 367h14l1 18q-11 12-24 5 7-10 9-23z"),
    ],
    BACK: [
        (
            "shoulder",
            _("Back of the left shoulder"),
            _("Back of the right shoulder"),
            "M75 78l-1 22-10 6-18-2q3-22 22-25z",
        ),
        (
            "shoulder-blade",
            _("Left shoulder blade"),
            _("Right shoulder blade"),
            "M77 78h11v44H71l5-20z",
        ),
        (
            "loin",
            pgettext_lazy("beside the lower spine", "Left side of the lower back"),
            pgettext_lazy("beside the lower spine", "Right side of the lower back"),
            "M72 125h16v48H70z",
        ),
        *_ARM,
        ("buttock", _("Left buttock"), _("Right buttock"), "M70 176h29v32q-16 6-32-4 0-16 3-28z"),
        (
            "hamstring",
            _("Back of the left thigh"),
            _("Back of the right thigh"),
            "M67 208q16 8 31 4l-4 64H71q-6-32-4-68z",
        ),
        (
            "knee",
            _("Back of the left knee"),
            _("Back of the right knee"),
            "M71 279h23l-1 24H72z",
        ),
        ("calf", _("Left calf"), _("Right calf"), "M72 306h21l-4 58H76q-6-30-4-58z"),
        (
            "heel",
            _("Left heel or sole"),
            _("Right heel or sole"),
            "M75 367h14l1 18q-9 8-19 5 4-12 4-23z",
        ),
    ],
}


@lru_cache(maxsize=1)
def places() -> tuple[Place, ...]:
    """All areas from head to foot, front before back."""
    found: list[Place] = []
    for view in (FRONT, BACK):
        found += [
            Place(region, view, MIDDLE, label, path, mirrored=False)
            for region, label, path in _MIDDLE[view]
        ]
        # Facing us, the client's right is on our left; from behind, it is on our right.
        drawn, mirrored = (RIGHT, LEFT) if view == FRONT else (LEFT, RIGHT)
        for region, left, right, path in _SIDES[view]:
            names = {LEFT: left, RIGHT: right}
            found.append(Place(region, view, drawn, names[drawn], path, mirrored=False))
            found.append(Place(region, view, mirrored, names[mirrored], path, mirrored=True))
    return tuple(found)


@lru_cache(maxsize=1)
def places_by_key() -> dict[str, Place]:
    return {place.key: place for place in places()}


def is_valid(mark: Mark) -> bool:
    return (
        mark.key in places_by_key()
        and mark.pain_type in PainType.values
        and 0 <= mark.intensity <= WORST
    )


def in_order(marks: Iterable[Mark]) -> list[Mark]:
    order = list(places_by_key())
    return sorted(marks, key=lambda mark: order.index(mark.key))
