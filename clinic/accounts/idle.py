"""A session ends when idle: 45 CFR 164.312(a)(2)(iii), ASVS 5.0 7.3.1 and 7.3.2.

Staff share computers, so theirs end sooner. What a page requests by itself (polling, asking how
much time is left) is not activity. Twelve hours after sign-in (`SESSION_COOKIE_AGE`) a session
ends regardless.
"""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from time import time
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.http import require_http_methods

from clinic import access
from clinic.audit.view_log import BACKGROUND
from clinic.models import User

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

# Session keys: when the user was last active, and signed in, in seconds since 1970.
SEEN, BEGAN = "seen", "began"
STAFF, CLIENT = timedelta(minutes=15), timedelta(minutes=20)
WARNING = timedelta(minutes=2)
# Written at most this often: a session row for every click would cost a write each.
STEP = 30  # seconds


def limit(user: User) -> int:
    """Idle seconds after which this user's session ends."""
    return int((STAFF if access.works_here(user) else CLIENT).total_seconds())


def left(request: HttpRequest, user: User) -> int:
    """Seconds until the session ends if nothing happens."""
    now = time()
    ends: float = request.session.get(SEEN, now) + limit(user)
    latest: float = request.session.get(BEGAN, now) + settings.SESSION_COOKIE_AGE
    return max(0, ceil(min(ends, latest) - now))


@receiver(user_logged_in)
def begin(request: HttpRequest, **_: Any) -> None:
    request.session[BEGAN] = request.session[SEEN] = int(time())


class IdleMiddleware:
    """Ends an idle session; the page then asks to sign in, and leads back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # No session cookie, no user: visitors cost no query. Health is checked most
        # when the database is away.
        asked = request.session.session_key and not request.path.startswith("/healthz/")
        if asked and isinstance(user := request.user, User):
            if left(request, user) == 0:
                logout(request)
            elif self.is_alive(request):
                request.session[SEEN] = int(time())
        return self.get_response(request)

    def is_alive(self, request: HttpRequest) -> bool:
        """Activity that is worth recording."""
        late: bool = time() - request.session.get(SEEN, 0) >= STEP
        return late and BACKGROUND not in request.headers


@access.public
@require_http_methods(["GET", "HEAD", "POST"])
def stay(request: HttpRequest) -> JsonResponse:
    """How much longer the session lasts; POST counts as activity.

    It also returns the form token: after signing in again in another tab, a form left
    open here can still be submitted.
    """
    if not isinstance(user := request.user, User):
        return JsonResponse({"seconds": 0, "token": get_token(request)})
    if request.method == "POST":
        request.session[SEEN] = int(time())
    return JsonResponse({"seconds": left(request, user), "token": get_token(request)})
