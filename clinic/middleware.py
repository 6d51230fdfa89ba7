from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from clinic import context, here, selectors
from clinic.headers import FIXED

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http.response import HttpResponseBase, HttpResponseRedirect

    GetResponse = Callable[[HttpRequest], HttpResponse]
    View = Callable[..., HttpResponseBase]

TOO_LARGE, UNAVAILABLE = 413, 503
METHODS = ("GET", "HEAD", "POST", "OPTIONS")


def client_ip(request: HttpRequest) -> str | None:
    """The caller's address; behind our own TLS proxy, the last one it appended."""
    text = request.META.get("REMOTE_ADDR") or ""
    if settings.HTTPS and (forwarded := request.headers.get("X-Forwarded-For")):
        text = forwarded.rsplit(",", 1)[-1].strip()
    try:
        address = ipaddress.ip_address(text)
    except ValueError:  # a Unix socket has no address
        return None
    # One spelling: the database would give "::ffff:10.0.0.7" back otherwise than it got it.
    return str(getattr(address, "ipv4_mapped", None) or address)


class RequestContextMiddleware:
    """Gives each request an id, and each answer what every answer bears.

    Outermost: whatever fails further in, Django's own middleware too, has become an answer here.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = uuid4().hex
        token = context.current.set(context.RequestContext(request_id, client_ip(request)))
        try:
            response = self.get_response(request)
        finally:
            context.current.reset(token)
        response["X-Request-ID"] = request_id
        for name, value in FIXED.items():
            response.headers.setdefault(name, value)
        return response


class OnlyWhatWeTake:
    """Refuses odd methods, and bodies that are too large before a byte of them is read.

    Inside of what puts headers on answers: a refusal bears them too. A body without a length
    (chunked) counts as empty by WSGI, so there is no way round.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in METHODS:  # Django would answer TRACE
            return HttpResponseNotAllowed(METHODS)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > settings.REQUEST_MAX_SIZE:
            return render(request, "413.html", status=TOO_LARGE)
        return self.get_response(request)


class DenyByDefault(LoginRequiredMiddleware):
    """Django's, but an open page does not ask who is there: health answers without a database."""

    def process_view(
        self, request: HttpRequest, view_func: View, view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(self, request: HttpRequest, view_func: View) -> HttpResponseRedirect:
        """After a button pressed too late one is led back to its page, not to a POST address."""
        if request.method != "POST":
            return super().handle_no_permission(request, view_func)
        page = urlsplit(request.headers.get("Referer", ""))
        ours = page.netloc == request.get_host()
        back = urlunsplit(("", "", page.path, page.query, "")) if ours else reverse("after-login")
        return redirect_to_login(back)


class ClinicMiddleware:
    """Shows times in the clinic's zone, and keeps private pages out of every cache."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/healthz/"):  # asked most when the database is away
            return self.get_response(request)
        try:
            location = here.now()
        except OperationalError:
            return unavailable(request)
        request.clinic = location  # type: ignore[attr-defined]  # for the context processor
        if location is not None:
            timezone.activate(location.zone)
        try:
            with selectors.at(location):
                response = self.get_response(request)
        finally:
            timezone.deactivate()
        if response.status_code == UNAVAILABLE:  # who it is cannot be read now
            return response
        if request.user.is_authenticated or request.path.startswith("/accounts/"):
            response["Cache-Control"] = "no-store"
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return unavailable(request) if isinstance(exception, OperationalError) else None


def unavailable(request: HttpRequest) -> HttpResponse:
    response = render(request, "503.html", status=UNAVAILABLE)
    response["Retry-After"] = "30"
    response["Cache-Control"] = "no-store"
    return response
