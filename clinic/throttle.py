"""How often one network may try what is open without signing in: nobody guesses or hoards for long.

With Redis away nobody counts, and everything works.
"""

from __future__ import annotations

from time import time

from clinic import cache, context

WINDOW = 600  # seconds


def crowded(what: str, limit: int) -> bool:
    """Count one more; whether there are too many of this in the present ten minutes."""
    return cache.count(f"{what}:{int(time() // WINDOW)}", WINDOW) > limit


def crowded_here(what: str, limit: int) -> bool:
    """`crowded`, by the network that asks."""
    return crowded(f"{what}:{context.current.get().network}", limit)
