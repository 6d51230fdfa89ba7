"""How often the pages that open without signing in may be tried."""

from __future__ import annotations

from time import time

from clinic import cache

WINDOW = 600  # seconds
OPENINGS = 60  # of links by one address
BIRTHS = 12  # guesses of a date of birth by one address, whatever the link


def crowded(what: str, limit: int) -> bool:
    """Count one more; whether there are too many of this in the present ten minutes."""
    return cache.count(f"rx:{what}:{int(time() // WINDOW)}", WINDOW) > limit
