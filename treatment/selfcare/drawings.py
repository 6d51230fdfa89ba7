"""Our drawings, by name: `templates/treatment/selfcare/drawings/<name>.svg`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LABELS: dict[str, StrOrPromise] = {
    "chin-tuck": _("Chin tuck"),
    "upper-trapezius": _("Side neck stretch"),
    "doorway-chest": _("Doorway chest stretch"),
    "shoulder-blades": _("Shoulder blade squeeze"),
    "chair-extension": _("Upper back over a chair"),
    "wrist-flexors": _("Forearm stretch"),
    "knee-to-chest": _("Knee to chest"),
    "cat-cow": _("Cat and cow"),
    "figure-four": _("Seated hip stretch"),
    "hip-flexor": _("Half-kneeling hip stretch"),
    "hamstring": _("Lying leg stretch"),
    "calf-wall": _("Calf stretch at the wall"),
    "heat": _("Heat pack"),
    "breaks": _("Standing up from a desk"),
    "belly-breathing": _("Belly breathing"),
}
