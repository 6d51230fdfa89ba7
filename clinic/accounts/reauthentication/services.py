"""Reauthentication, before changing how one signs in or downloading a whole record.

The rule: they signed in, or reauthenticated, within the last five minutes (ASVS 5.0 7.5.1). Else
allauth asks for a password, an app code or a passkey; if a code by e-mail is enough to
sign in, it is enough here (`views.by_code`). Then it continues with the request that
was stopped. Its form data waits encrypted in the session (allauth's own waits in the
clear): it may be a password.
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
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import QueryDict
from django.shortcuts import redirect
from django.urls import resolve

from clinic import access
from clinic.accounts import idle
from clinic.accounts.allauth_private import STATE_SESSION_KEY
from clinic.vault.crypto import CannotDecrypt, keyring

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    View = Callable[..., HttpResponseBase]

CONTEXT = b"stopped-request"
BY_CODE = "reauthenticate-by-code"  # the page's name, and allauth's name for the method


def is_recent(request: HttpRequest) -> bool:
    """Whether this session's user signed in or reauthenticated within five minutes."""
    records = get_authentication_records(request, request.user)
    confirmed_at = [record["at"] for record in records if record.get("reauthenticated")]
    latest: float = max([request.session.get(idle.BEGAN, 0), *confirmed_at])
    return time() - latest < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def require(request: HttpRequest) -> None:
    """Return if they did.

    Raises:
        ImmediateHttpResponse: to the page that asks, and from there back to this request.
    """
    if not is_recent(request):
        raise ImmediateHttpResponse(_ask(request))


def confirmed(view: View) -> View:
    """A view for users who pass `require`."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        require(request)
        return view(request, *args, **kwargs)

    return guarded


def _ask(request: HttpRequest) -> HttpResponseBase:
    page = get_adapter().get_reauthentication_methods(access.user_of(request))[0]["url"]
    request.session.pop(STATE_SESSION_KEY, None)
    if request.method == "POST":
        encrypted = keyring().encrypt(_serialized(request), CONTEXT)
        request.session[STATE_SESSION_KEY] = {
            "callback": "clinic.accounts.reauthentication.services.resume",
            "state": base64.b64encode(encrypted).decode(),
        }
    return redirect(f"{page}?{urlencode({REDIRECT_FIELD_NAME: request.get_full_path()})}")


def resume(request: HttpRequest, state: str) -> HttpResponseBase | None:
    """Resend the stopped request, if the page was to lead there; else go where it was to lead.

    allauth calls it after a reauthentication.
    """
    url = get_next_redirect_url(request, REDIRECT_FIELD_NAME)
    if url is None:
        return None
    try:
        stopped = json.loads(keyring().decrypt(base64.b64decode(state), CONTEXT))
    except CannotDecrypt:
        return redirect(url)
    if url != "?".join(filter(None, [stopped["path"], stopped["query"]])):
        return redirect(url)
    _restore(request, stopped)
    found = resolve(request.path_info)
    answer: HttpResponseBase = found.func(request, *found.args, **found.kwargs)
    return answer


def _serialized(request: HttpRequest) -> bytes:
    """A form that was sent, without its files: none of the pages that are closed takes any."""
    sent = {
        "path": request.path,
        "path_info": request.path_info,
        "query": request.GET.urlencode(),
        "form": request.POST.urlencode(),
        "headers": {name: value for name, value in request.META.items() if isinstance(value, str)},
    }
    return json.dumps(sent).encode()


def _restore(request: HttpRequest, sent: dict[str, Any]) -> None:
    """Turn this request into the one that was stopped; the user and the session are the same."""
    request.method = "POST"
    request.path, request.path_info = sent["path"], sent["path_info"]
    request.GET, request.POST = QueryDict(sent["query"]), QueryDict(sent["form"])
    request.META = sent["headers"]
