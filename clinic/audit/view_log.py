"""What a session has viewed recently, so that one view is logged once.

A page is assembled from parts that htmx loads, and some parts poll. Each
would otherwise count as its own view. Kept in the cache, which costs no query; when it is down,
views are simply logged again.

Polling requests carry a header, which anyone could send. So it only excuses
what the same session already opened: no one sees anything unlogged because of it.
"""

from __future__ import annotations

import hashlib
from time import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest

BACKGROUND = "X-Background"  # header of polling requests
PAGE = 60  # seconds in which the parts of a page belong to the view of the page
LIST = 3600  # seconds for which being shown someone on a list counts once per session


def unseen(request: HttpRequest, things: Iterable[str], seconds: int) -> list[str]:
    """Those of these items that this session has not viewed within that many seconds.

    A polling page views nothing, however long ago it was opened.
    """
    asks_by_itself = BACKGROUND in request.headers
    if not (seconds or asks_by_itself):
        return list(things)
    keys = {_key(request, thing): thing for thing in things}
    known = cache.get_many(keys)
    if asks_by_itself:
        return [thing for key, thing in keys.items() if key not in known]
    now = time()
    return [thing for key, thing in keys.items() if now - known.get(key, 0) >= seconds]


def remember(request: HttpRequest, things: Iterable[str]) -> None:
    """Note that this session views these now; kept as long as a session lasts."""
    now = int(time())
    kept = {_key(request, thing): now for thing in things}
    cache.set_many(kept, timeout=settings.SESSION_COOKIE_AGE)


def _key(request: HttpRequest, thing: str) -> str:
    """Hashed: reading the cache must not reveal a session key."""
    said = f"{request.session.session_key}:{thing}"
    return f"look:{hashlib.sha256(said.encode()).hexdigest()[:32]}"
