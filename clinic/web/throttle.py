"""How often one network may try what needs no sign-in: no one can guess or hoard for long.

With Redis down nothing is counted, and everything works.
"""

from __future__ import annotations

from time import time

from clinic.web import cache, context

WINDOW = 600  # seconds


def over_limit(what: str, limit: int) -> bool:
    """Count one more; whether there are too many in the current ten minutes."""
    return cache.count(f"{what}:{int(time() // WINDOW)}", WINDOW) > limit


def network_over_limit(what: str, limit: int) -> bool:
    """`over_limit`, by the requesting network."""
    return over_limit(f"{what}:{context.current.get().network}", limit)
