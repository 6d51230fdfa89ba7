"""How often one address may hold and book without a login: the diary is not for hoarding."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

from clinic import cache, context

if TYPE_CHECKING:
    from django.http import HttpRequest

WINDOW = 600  # seconds
HOLDS, BOOKINGS = 30, 10


def too_many(request: HttpRequest, what: str, limit: int) -> bool:
    """Count one more try; a login is not counted, it can be called to account."""
    if request.user.is_authenticated:
        return False
    return crowded(f"booking:{what}:{context.current.get().network}", limit)


def crowded(what: str, limit: int) -> bool:
    """Count one more; whether there are too many of this in the present ten minutes."""
    return cache.count(f"{what}:{int(time() // WINDOW)}", WINDOW) > limit
