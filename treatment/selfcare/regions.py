"""The parts of the body that an exercise is for, without a side, and which place belongs to which.

Pure. The names are those of `clinic.body`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from clinic import body

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django_stubs_ext import StrOrPromise

LABELS: dict[str, StrOrPromise] = {
    "head": _("Head"),
    "neck": _("Neck"),
    "shoulder": _("Shoulder"),
    "shoulder-blade": _("Shoulder blade"),
    "upper-back": _("Upper back"),
    "chest": _("Chest"),
    "abdomen": _("Belly"),
    "upper-arm": _("Upper arm"),
    "elbow": _("Elbow"),
    "forearm": _("Forearm"),
    "hand": _("Hand"),
    "lower-back": _("Lower back"),
    "loin": _("Side of the lower back"),
    "buttock": _("Buttock"),
    "hip": _("Hip"),
    "thigh": _("Front of the thigh"),
    "hamstring": _("Back of the thigh"),
    "knee": _("Knee"),
    "shin": _("Shin"),
    "calf": _("Calf"),
    "heel": _("Heel or sole"),
    "foot": _("Foot"),
}


def of_places(keys: Iterable[str]) -> set[str]:
    """The regions of these places on the body map; one that the map has lost is passed over."""
    places = body.places_by_key()
    return {places[key].region for key in keys if key in places}
