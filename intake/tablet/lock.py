"""The session of a browser that a client holds: which handover it is, and what it may not do."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from clinic import access
from clinic.accounts import lending
from clinic.audit.view_log import BACKGROUND
from intake.models import Handover
from intake.tablet import services

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from clinic.models import User

    View = Callable[..., HttpResponse]

KEY = "tablet"  # session key: {"handover": id, "kept": what leads back}
SCREEN = "intake:tablet"


def close(request: HttpRequest, handover: Handover) -> None:
    """From here on this browser is signed in as nobody and shows one form."""
    kept = lending.lend(request)
    request.session[KEY] = {"handover": str(handover.pk), "kept": kept}


def open_again(request: HttpRequest, user: User, how: str) -> None:
    lending.give_back(request, user, request.session[KEY]["kept"], how)


def handover_of(request: HttpRequest) -> Handover | None:
    rows = Handover.objects.select_related(
        "handed_by", "client", "response__questionnaire", "response__client"
    )
    return rows.filter(pk=UUID(request.session[KEY]["handover"])).first()


def held(view: View) -> View:
    """A page for a browser that was handed over, and for no other."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        handover: Handover | None = getattr(request, "handover", None)
        if handover is None:
            signed_in = request.user.is_authenticated
            return redirect("after-login" if signed_in else "account_login")
        return view(request, handover, *args, **kwargs)

    return access.public(guarded)


def answering(view: View) -> View:
    """A page with health answers: while it is in the client's hands, and only of theirs."""

    @wraps(view)
    def guarded(
        request: HttpRequest, handover: Handover, response_id: UUID, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if handover.ended_at is not None or handover.response_id != response_id:
            return to_screen(request)
        if BACKGROUND not in request.headers:
            services.touch(handover)
        return view(request, handover, handover.response, *args, **kwargs)

    return held(guarded)


def to_screen(request: HttpRequest) -> HttpResponse:
    """To the one page that is always there; htmx is told to go, not to load it inside another."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": reverse(SCREEN)})
    return redirect(SCREEN)
