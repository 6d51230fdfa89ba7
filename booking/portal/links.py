"""What someone with a visit's link sees: when and with whom, and nothing more."""

from __future__ import annotations

from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from booking import throttle
from booking.portal import changing
from booking.visits import late_fees, requests, services, visit_link
from clinic import access
from clinic.errors import DomainError, InvalidTransition

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from booking.models import Appointment

    View = Callable[..., HttpResponse]

OPENINGS = 60  # tries at links per IP address in ten minutes
DONE = "link_done"  # session key: what was just done with a link
CALLED = "link_called"  # and whether its client is called instead of written to
GONE, UNKNOWN, TOO_MANY = 410, 404, 429


def private(view: View) -> View:
    """Open to anyone who has the link: throttled, not cached, not indexed."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if throttle.too_many(request, "link", OPENINGS):
            response = render(request, "429.html", status=TOO_MANY)
        else:
            try:
                response = view(request, *args, **kwargs)
            except DomainError as refusal:
                response = _over(request, refusal)
        response["Cache-Control"] = "no-store"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return access.public(guarded)


def _over(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    if isinstance(refusal, InvalidTransition):  # used at this moment
        refusal = visit_link.LinkUsed()
    status = UNKNOWN if isinstance(refusal, visit_link.LinkUnknown) else GONE
    context = {"refusal": refusal}
    return render(request, "booking/portal/links/over.html", context, status=status)


@private
@require_safe
def visit(request: HttpRequest, token: str) -> HttpResponse:
    appointment = visit_link.find(token)
    context = {
        "appointment": appointment,
        "token": token,
        "may_change": services.may_change(appointment),
        "fee_cents": late_fees.for_cancelling(appointment),
    }
    return render(request, "booking/portal/links/visit.html", context)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, token: str) -> HttpResponse:
    appointment = visit_link.find(token)
    page = changing.moving(request, [appointment], None, by_link=True)
    if page.made:
        request.session[DONE] = page.made[0].starts_at.isoformat()
        request.session[CALLED] = is_called(appointment)
        return redirect("booking:link-done")
    back = reverse("booking:link", args=[token])
    context = {**page.context, "appointment": appointment, "back": back}
    return requests.times_page(request, "booking/portal/links/move.html", context, page.status)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    appointment = visit_link.find(token)
    page = changing.cancelling(request, [appointment], None, by_link=True)
    if page.is_done:
        request.session[DONE] = ""
        request.session[CALLED] = is_called(appointment)
        return redirect("booking:link-done")
    back = reverse("booking:link", args=[token])
    context = {"appointment": appointment, "page": page, "back": back}
    return render(request, "booking/portal/links/cancel.html", context, status=page.status)


def is_called(appointment: Appointment) -> bool:
    return appointment.client is not None and appointment.client.is_called


@private
@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """What this browser just did with a link."""
    moved_to = request.session.get(DONE)
    if moved_to is None:
        return redirect("booking:start")
    context = {
        "starts_at": datetime.fromisoformat(moved_to) if moved_to else None,
        "is_called": request.session.get(CALLED, False),
    }
    return render(request, "booking/portal/links/done.html", context)
