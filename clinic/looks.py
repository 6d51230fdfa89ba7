"""What a session has looked at lately, so that one look is written down once.

A page is put together from parts that htmx loads, and some parts ask again by themselves. Each
would otherwise be a look of its own. Kept in the cache, which costs no query; when it is away,
what is not remembered is written down once more.

What a page asks by itself carries a header, and whoever likes can send it. So it excuses only
what the same session has opened before: nobody sees anything unrecorded by it.
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

BACKGROUND = "X-Background"  # header of what a page asks by itself
PAGE = 60  # seconds in which the parts of a page belong to the look at the page
LIST = 3600  # seconds for which a session that was shown somebody on a list was shown them


def unseen(request: HttpRequest, things: Iterable[str], seconds: int) -> list[str]:
    """Those of these things that this session has not looked at within so many seconds.

    A page that asks again by itself looks at nothing, however long ago it was opened.
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
    """This session looks at these now; kept as long as a session lasts."""
    now = int(time())
    kept = {_key(request, thing): now for thing in things}
    cache.set_many(kept, timeout=settings.SESSION_COOKIE_AGE)


def _key(request: HttpRequest, thing: str) -> str:
    """Hashed: who reads the cache must not come by the key of a session."""
    said = f"{request.session.session_key}:{thing}"
    return f"look:{hashlib.sha256(said.encode()).hexdigest()[:32]}"
