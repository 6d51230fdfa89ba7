"""The clinic's own row, which every request needs and which rarely changes.

Each process caches it briefly instead of querying on every request: a change shows
at once where it was made, and soon everywhere else. What is kept for good (receipts,
messages from the worker) reads the row itself.
"""

from __future__ import annotations

from copy import copy
from time import monotonic
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from clinic import selectors
from clinic.models import Location

if TYPE_CHECKING:
    from django.http import HttpRequest

DESK, KEY = "/desk/", "desk_location"
_kept: tuple[float, Location] | None = None


def now() -> Location | None:
    """The clinic's first location, at most `LOCATION_KEPT` seconds old."""
    global _kept
    if _kept is None or monotonic() - _kept[0] >= settings.LOCATION_KEPT:
        found = selectors.location_or_none()
        _kept = (monotonic(), found) if found is not None else None
    return copy(_kept[1]) if _kept else None


def at_desk(request: HttpRequest) -> Location | None:
    """On the pages of the desk the location that staff chose; everywhere else the first."""
    chosen = request.session.get(KEY) if request.path.startswith(DESK) else None
    found = Location.objects.filter(pk=chosen).first() if chosen else None
    return found or now()


def choose(request: HttpRequest, location: Location) -> None:
    """From now on the pages of the desk are about this location."""
    request.session[KEY] = str(location.pk)


@receiver([post_save, post_delete], sender=Location)
def forget(**_: object) -> None:
    global _kept
    _kept = None
