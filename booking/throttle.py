"""How often one network may hold and book without a login: the diary is not for hoarding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic.throttle import crowded_here

if TYPE_CHECKING:
    from django.http import HttpRequest

HOLDS, BOOKINGS = 30, 10


def too_many(request: HttpRequest, what: str, limit: int) -> bool:
    """Count one more try; a login is not counted, it can be called to account."""
    return not request.user.is_authenticated and crowded_here(f"booking:{what}", limit)
