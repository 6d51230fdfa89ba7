"""Keeps account of the pages that a whole run of the suite has opened: none may lack a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import URLResolver, get_resolver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http import HttpRequest, HttpResponse

OURS = (
    "clinic.",
    "intake.",
    "prescriptions.",
    "booking.",
    "treatment.",
    "billing.",
    "website.",
)
BROKEN = 400
# Answered by the first middleware of all (`clinic.health`), before any page is looked for.
ANSWERED_BEFORE = {"live", "ready"}
opened: set[str] = set()


class PagesMiddleware:
    """Notes every view that has answered with success at least once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        signed_out = response.status_code == 302 and "/accounts/login/" in response["Location"]
        if request.resolver_match and response.status_code < BROKEN and not signed_out:
            opened.add(request.resolver_match.view_name)
        return response


def names(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """The names of all our own routes."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            space = f"{prefix}{entry.namespace}:" if entry.namespace else prefix
            yield from names(entry, space)
        elif entry.name and entry.callback.__module__.startswith(OURS):
            yield f"{prefix}{entry.name}"  # an address without a name is a closed door: always 404


def never_opened() -> list[str]:
    return sorted(set(names()) - opened - ANSWERED_BEFORE)
