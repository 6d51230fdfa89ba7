"""What a handed-over browser may reach: its own form and nothing else, whatever is typed or sent.

Inside the middleware that says what day and clinic it is, outside everything that finds a view: an
address that leads nowhere is answered like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import redirect
from django.urls import Resolver404, resolve

from intake.tablet import lock, screens, services

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

OURS = "intake:tablet"
# It says nothing of anyone, and browsers ask for it by themselves.
ALWAYS = {"favicon"}
FORBIDDEN = 403


class TabletMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # No session, no tablet: visitors cost no query. Health is asked when the database is away.
        if request.path.startswith("/healthz/") or not request.session.session_key:
            return self.get_response(request)
        if lock.KEY not in request.session:
            return self.get_response(request)
        response = self._locked(request)
        response["Cache-Control"] = "no-store"
        return response

    def _locked(self, request: HttpRequest) -> HttpResponse:
        handover = lock.handover_of(request)
        if handover is None or handover.back_at is not None:  # taken back from another computer
            request.session.flush()
            return redirect("account_login")
        services.settle(handover)
        name = _name_of(request)
        if name in ALWAYS or name.startswith(OURS):
            request.handover = handover  # type: ignore[attr-defined]  # for `lock.held`
            return self.get_response(request)
        if request.method in {"GET", "HEAD"} or request.headers.get("HX-Request"):
            return lock.to_screen(request)
        return screens.screen(request, handover, status=FORBIDDEN)


def _name_of(request: HttpRequest) -> str:
    try:
        return resolve(request.path_info).view_name
    except Resolver404:
        return ""
