"""What the holder of a visit's link sees: when and with whom, and no more."""

from __future__ import annotations

from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from booking import changing, flow, owing, services, throttle, visit_link
from clinic import access
from clinic.errors import DomainError, InvalidTransition

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    View = Callable[..., HttpResponse]

OPENINGS = 60  # of links by one address in ten minutes
DONE = "link_done"  # session key: what has just been done by a link
GONE, UNKNOWN, TOO_MANY = 410, 404, 429


def private(view: View) -> View:
    """Open to who has the link: throttled, in no cache and in no search engine."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if throttle.too_many(request, "link", OPENINGS):
            response = render(request, "429.html", status=TOO_MANY)
        else:
            try:
                response = view(request, *args, **kwargs)
            except DomainError as refusal:
                if isinstance(refusal, InvalidTransition):  # used at this very moment
                    refusal = visit_link.LinkUsed()
                status = UNKNOWN if isinstance(refusal, visit_link.LinkUnknown) else GONE
                response = render(
                    request, "booking/links/over.html", {"refusal": refusal}, status=status
                )
        response["Cache-Control"] = "no-store"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return access.public(guarded)


@private
@require_safe
def visit(request: HttpRequest, token: str) -> HttpResponse:
    appointment = visit_link.find(token)
    context = {
        "appointment": appointment,
        "token": token,
        "may_change": services.may_change(appointment),
        "fee_cents": owing.for_cancelling(appointment),
    }
    return render(request, "booking/links/visit.html", context)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, token: str) -> HttpResponse:
    appointment = visit_link.find(token)
    page = changing.moving(request, appointment, None, by_link=True)
    if page.made:
        request.session[DONE] = page.made.starts_at.isoformat()
        return redirect("booking:link-done")
    back = reverse("booking:link", args=[token])
    context = {**page.context, "appointment": appointment, "back": back}
    part = flow.wants_part(request, "times") and page.screen
    template = "booking/_times.html" if part else "booking/links/move.html"
    return render(request, template, context, status=page.status)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    appointment = visit_link.find(token)
    page = changing.cancelling(request, appointment, None, by_link=True)
    if page.is_done:
        request.session[DONE] = ""
        return redirect("booking:link-done")
    back = reverse("booking:link", args=[token])
    context = {"appointment": appointment, "page": page, "back": back}
    return render(request, "booking/links/cancel.html", context, status=page.status)


@private
@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """What this browser has just done by a link."""
    moved_to = request.session.get(DONE)
    if moved_to is None:
        return redirect("booking:start")
    context = {"starts_at": datetime.fromisoformat(moved_to) if moved_to else None}
    return render(request, "booking/links/done.html", context)
