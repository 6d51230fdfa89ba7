"""Who changes how they sign in, or takes a whole record away, says once more who they are.

The one rule: they signed in, or confirmed it, within the last five minutes (ASVS 5.0 7.5.1). Else
allauth asks for a password, a code of an app or a passkey; for whom a code by e-mail is enough to
sign in, it is enough here (`reauthentication_pages`). Then it goes on with the very request that
was stopped. What that would have sent waits sealed in the session (allauth's own waits in the
open): it may be a password.
"""

from __future__ import annotations

import base64
import json
from functools import wraps
from time import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.httpkit import deserialize_request, serialize_request
from allauth.core.internal.urlkit import script_aware_resolve
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.shortcuts import redirect

from clinic import access, idle
from clinic.crypto import CannotDecrypt, keyring

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    View = Callable[..., HttpResponseBase]

SEALED = b"stopped-request"
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
        ImmediateHttpResponse: to the page that asks, and from there back to this very request.
    """
    if not is_recent(request):
        raise ImmediateHttpResponse(_ask(request))


def confirmed(view: View) -> View:
    """A view for whom `require` lets pass."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        require(request)
        return view(request, *args, **kwargs)

    return guarded


def _ask(request: HttpRequest) -> HttpResponseBase:
    page = get_adapter().get_reauthentication_methods(access.user_of(request))[0]["url"]
    request.session.pop(STATE_SESSION_KEY, None)
    if request.method == "POST":
        sealed = keyring().seal(serialize_request(request).encode(), SEALED)
        request.session[STATE_SESSION_KEY] = {
            "callback": "clinic.reauthentication.resume",
            "state": base64.b64encode(sealed).decode(),
        }
    return redirect(f"{page}?{urlencode({REDIRECT_FIELD_NAME: request.get_full_path()})}")


def resume(request: HttpRequest, state: str) -> HttpResponseBase | None:
    """Send what was stopped, if the page was to lead there; else on to where it was to lead.

    allauth calls it once somebody has said who they are.
    """
    url = get_next_redirect_url(request, REDIRECT_FIELD_NAME)
    if url is None:
        return None
    try:
        stopped = keyring().open(base64.b64decode(state), SEALED).decode()
    except CannotDecrypt:
        return redirect(url)
    sent = json.loads(stopped)
    if url != "?".join(filter(None, [sent["path"], sent["GET"]])):
        return redirect(url)
    request = deserialize_request(stopped, request)
    found = script_aware_resolve(request.path)
    answer: HttpResponseBase = found.func(request, *found.args, **found.kwargs)
    return answer
