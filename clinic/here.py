"""The clinic's own row, which every request needs and hardly anybody ever changes.

Each process keeps it for a moment instead of asking the database at every request: a change shows
at once where it was made, and within that moment everywhere else. What is written down (receipts,
messages of the worker) reads the row itself.
"""

from __future__ import annotations

from copy import copy
from time import monotonic

from django.conf import settings
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from clinic import selectors
from clinic.models import Location

_kept: tuple[float, Location] | None = None


def now() -> Location | None:
    """The clinic's first location, at most `LOCATION_KEPT` seconds old."""
    global _kept
    if _kept is None or monotonic() - _kept[0] >= settings.LOCATION_KEPT:
        found = selectors.location_or_none()
        _kept = (monotonic(), found) if found is not None else None
    return copy(_kept[1]) if _kept else None


@receiver([post_save, post_delete], sender=Location)
def forget(**_: object) -> None:
    global _kept
    _kept = None
