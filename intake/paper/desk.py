"""Typing in a form that was filled in on paper. Each view of it is recorded."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import access
from clinic.errors import DomainError
from intake import filling
from intake.filling import Place
from intake.models import QuestionnaireResponse
from intake.paper import services
from intake.paper.forms import PaperSignForm
from intake.screening import Severity

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    View = Callable[..., HttpResponse]


def typing(view: View) -> View:
    """A page of a form that this staff member types in; signed, or a colleague's, it is closed."""

    @wraps(view)
    def guarded(request: HttpRequest, response_id: UUID, *args: Any, **kwargs: Any) -> HttpResponse:
        rows = QuestionnaireResponse.objects.select_related("client", "questionnaire")
        found = access.visible(request, rows, response_id)
        if found.is_completed or found.entered_by_id != access.user_of(request).pk:
            return redirect("client-detail", found.client_id)
        return view(request, found, *args, **kwargs)

    return access.care_team(guarded)


def _place(request: HttpRequest) -> Place:
    return Place(
        actor=access.user_of(request),
        layout="layouts/desk.html",
        pages="intake:desk-paper-",
        later="intake:desk",
        kind="paper",
        sign=services.sign,
    )


@access.care_team
@require_POST
def begin(request: HttpRequest, client_id: UUID) -> HttpResponse:
    user = access.user_of(request)
    client = access.client(user, client_id)
    try:
        response = services.begin(actor=user, client=client)
    except DomainError as refusal:
        flash.error(request, str(refusal.message))
        return redirect("client-detail", client.pk)
    return filling.resume(_place(request), response)


@typing
@require_http_methods(["GET", "HEAD", "POST"])
def section(request: HttpRequest, response: QuestionnaireResponse, section_id: str) -> HttpResponse:
    return filling.section(request, _place(request), response, section_id)


@typing
@require_POST
def autosave(
    request: HttpRequest, response: QuestionnaireResponse, section_id: str
) -> HttpResponse:
    return filling.autosave(request, _place(request), response, section_id)


@typing
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, response: QuestionnaireResponse) -> HttpResponse:
    form = filling.sign_form(request, response, PaperSignForm)

    def done() -> str:
        flash.success(request, _("Stored. From here on only the therapist reads the answers."))
        return reverse("client-detail", args=[response.client_id])

    return filling.review(request, _place(request), response, form, done)


@typing
@require_safe
def emergency(request: HttpRequest, response: QuestionnaireResponse) -> HttpResponse:
    if response.severity != Severity.EMERGENCY:
        return redirect("intake:desk-paper-review", response.pk)
    return filling.emergency(request, _place(request), response)


@typing
@require_safe
def signed(request: HttpRequest, response: QuestionnaireResponse) -> HttpResponse:
    """Not yet; once it is, `typing` leads to the client instead."""
    return redirect("intake:desk-paper-review", response.pk)
