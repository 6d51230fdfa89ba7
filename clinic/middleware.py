from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import resolve, reverse
from django.utils import timezone

from clinic import selectors
from clinic.access import works_here
from clinic.models import Location
from clinic.web import context
from clinic.web import location as current_location
from clinic.web.headers import FIXED

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http.response import HttpResponseBase, HttpResponseRedirect

    GetResponse = Callable[[HttpRequest], HttpResponse]
    View = Callable[..., HttpResponseBase]

TOO_LARGE, UNAVAILABLE, UNAVAILABLE_YET = 413, 503, 409
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
    # One form: the database would return "::ffff:10.0.0.7" differently.
    return str(getattr(address, "ipv4_mapped", None) or address)


class RequestContextMiddleware:
    """Gives each request an id, and each response the common headers.

    Outermost: whatever fails further in, even Django's middleware, is a response by here.
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
    """Refuses odd methods, and oversized bodies before a byte of them is read.

    Inside the header middleware: refusals get headers too. A body without a length
    (chunked) counts as empty by WSGI, so there is no way around it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in METHODS:  # Django would respond to TRACE
            return HttpResponseNotAllowed(METHODS)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > settings.REQUEST_MAX_SIZE:
            return render(request, "413.html", status=TOO_LARGE)
        return self.get_response(request)


class HealthFirst:
    """Answers who asks after our health before hosts and sessions are looked at.

    The starter and a load balancer name a machine by its address, which is no host we serve.
    """

    paths = frozenset({"/healthz/live", "/healthz/ready"})

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info not in self.paths:
            return self.get_response(request)
        view, arguments, named = resolve(request.path_info)
        return cast("HttpResponse", view(request, *arguments, **named))


class DenyByDefault(LoginRequiredMiddleware):
    """Django's, but public pages do not load the user: health works without a database."""

    def process_view(
        self, request: HttpRequest, view_func: View, view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(self, request: HttpRequest, view_func: View) -> HttpResponseRedirect:
        """After a late button press, lead back to its page, not to a POST-only URL."""
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
        if request.path.startswith("/healthz/"):  # requested most when the database is down
            return self.get_response(request)
        try:
            location = current_location.at_desk(request)
        except OperationalError:
            return unavailable(request)
        request.clinic = location  # type: ignore[attr-defined]  # for the context processor
        if location is not None:
            timezone.activate(location.zone)
        try:
            with selectors.with_location(location):
                response = self.get_response(request)
        finally:
            timezone.deactivate()
        if response.status_code == UNAVAILABLE:  # the user cannot be read now
            return response
        if request.user.is_authenticated or request.path.startswith("/accounts/"):
            response["Cache-Control"] = "no-store"
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Location.DoesNotExist) and works_here(request.user):
            return render(request, "clinic/set_up_first.html", status=UNAVAILABLE_YET)
        return unavailable(request) if isinstance(exception, OperationalError) else None


def unavailable(request: HttpRequest) -> HttpResponse:
    response = render(request, "503.html", status=UNAVAILABLE)
    response["Retry-After"] = "30"
    response["Cache-Control"] = "no-store"
    return response
