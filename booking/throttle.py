"""How often one network may hold and book without a login, and who holds what, against hoarding.

How much they may hold at once, and have ahead, is counted in the database: `booking.visits.caps`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from booking.visits import caps
from clinic import access
from clinic.models import User
from clinic.web import context
from clinic.web.throttle import network_over_limit

if TYPE_CHECKING:
    from django.http import HttpRequest

HOLDS, BOOKINGS = 30, 10


def too_many(request: HttpRequest, what: str, limit: int) -> bool:
    """Count one more try; signed-in users are not counted, they are accountable."""
    return not request.user.is_authenticated and network_over_limit(f"booking:{what}", limit)


def holder(request: HttpRequest, address: str = "") -> caps.Holder | None:
    """Who holds or books; nobody for staff, who may take as many times as callers need.

    A browser is known by the cookie that its forms come with: the first time it chooses it has no
    session yet. `address`: where a visitor without a login wants the confirmation.
    """
    user = request.user if isinstance(request.user, User) else None
    if user is not None and access.works_here(user):
        return None
    cookie = request.COOKIES.get(settings.CSRF_COOKIE_NAME) or request.session.session_key
    network = context.current.get().network or ""
    return caps.Holder.of(
        browser=f"{cookie} {network}" if cookie else "",
        login=str(user.pk) if user else "",
        address="" if user else address.strip().lower(),
        network=network,
    )
