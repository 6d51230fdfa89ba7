"""What the holder of a link in a message sees: two questions, answered with a tap each."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from clinic import access
from clinic.web import throttle
from treatment.followups import asking, questions, selectors, services
from treatment.followups.errors import LinkOver, NotAnAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from treatment.models import FollowUp

    View = Callable[..., HttpResponse]

TRIES = 120  # per network in ten minutes: a visit's answers are five requests
GONE, UNKNOWN, TOO_MANY, UNPROCESSABLE = 410, 404, 429, 422


def private(view: View) -> View:
    """Open to anyone with the link: throttled, never cached, never indexed.

    The page keeps the house's Referrer-Policy, same-origin: under "no-referrer" a browser sends
    its forms with `Origin: null`, and Django refuses those. No other host is told of the key.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if throttle.network_over_limit("after", TRIES):
            return _unlisted(render(request, "429.html", status=TOO_MANY))
        try:
            return _unlisted(view(request, *args, **kwargs))
        except LinkOver as refusal:
            page = "treatment/followups/over.html"
            return _unlisted(render(request, page, {"refusal": refusal}, status=GONE))
        except Http404:
            return _unlisted(render(request, "404.html", status=UNKNOWN))

    return access.public(guarded)


def _unlisted(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


@private
@require_http_methods(["GET", "HEAD", "POST"])
def after(request: HttpRequest, token: str) -> HttpResponse:
    """Only a POST keeps anything: mail programs open links by themselves."""
    follow_up = asking.find(token)
    if request.method != "POST":
        return _page(request, follow_up)
    try:
        _take(request, follow_up)
    except NotAnAnswer as refusal:
        return _page(request, follow_up, refusal)
    return redirect("treatment:after", token)


def _take(request: HttpRequest, follow_up: FollowUp) -> None:
    """An answer, or that they do not want to be asked any more."""
    client = follow_up.visit.appointment.client
    if "stop" in request.POST and client is not None:
        services.choose(actor=None, client=client, is_asked=False, how=services.How.LINK)
    else:
        services.answer(actor=None, follow_up=follow_up, said=request.POST.dict())


def _page(
    request: HttpRequest, follow_up: FollowUp, refusal: NotAnAnswer | None = None
) -> HttpResponse:
    client = follow_up.visit.appointment.client
    page = {
        "questions": questions.of(follow_up.visit, follow_up),
        "first_name": client.first_name if client else "",
        "is_asked": client is not None and selectors.is_asked(client),
        "refusal": refusal,
    }
    status = UNPROCESSABLE if refusal else 200
    return render(request, "treatment/followups/after.html", page, status=status)
