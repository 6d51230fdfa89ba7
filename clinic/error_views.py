"""Error pages. They must not need the database, which may be what failed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from django.db import OperationalError
from django.shortcuts import render

from clinic import access
from clinic.middleware import unavailable

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@access.public
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "400.html", status=400)


@access.public
def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "403.html", status=403)


@access.public
def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", status=404)


@access.public
def too_many_requests(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "429.html", status=429)


@access.public
def server_error(request: HttpRequest) -> HttpResponse:
    """Also what a database outage looks like from inside the middleware."""
    if isinstance(sys.exc_info()[1], OperationalError):
        return unavailable(request)
    return render(request, "500.html", status=500)


@access.public
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)
