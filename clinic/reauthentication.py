"""Who changes how they sign in, or takes a whole record away, says once more who they are.

The one rule: they signed in, or confirmed it, within the last five minutes (ASVS 5.0 7.5.1). Else
allauth asks for a password, a code of an app or a passkey; who has none of these gets a code by
e-mail (`reauthentication_pages`). Then it goes on with the very request that was stopped.
"""

from __future__ import annotations

from functools import wraps
from time import time
from typing import TYPE_CHECKING, Any

from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings

from clinic import idle

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    View = Callable[..., HttpResponseBase]

BY_CODE = "reauthenticate-by-code"  # the name of the page, and what allauth calls the method


def is_recent(request: HttpRequest) -> bool:
    """Whether this session's person signed in, or confirmed it, within five minutes."""
    records = get_authentication_records(request, request.user)
    confirmed_at = [record["at"] for record in records if record.get("reauthenticated")]
    latest: float = max([request.session.get(idle.BEGAN, 0), *confirmed_at])
    return time() - latest < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def require(request: HttpRequest) -> None:
    """Return if they did.

    Raises:
        ReauthenticationRequired: allauth's middleware asks, then goes on with this very request.
    """
    if not is_recent(request):
        raise ReauthenticationRequired


def confirmed(view: View) -> View:
    """A view for whom `require` lets pass."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        require(request)
        return view(request, *args, **kwargs)

    return guarded
