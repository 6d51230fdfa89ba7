"""What a client sees on a tablet of the clinic. No page here names anyone else or leads away."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.web.form_page import form_page
from intake import filling, visits
from intake.filling import Place
from intake.screening import Severity
from intake.tablet import lock, screens, services
from intake.tablet.forms import UnlockForm

if TYPE_CHECKING:
    from django.http import HttpRequest

    from intake.models import Handover, QuestionnaireResponse


def _place(handover: Handover) -> Place:
    """Nobody is signed in, and what was answered elsewhere is not shown."""
    return Place(
        actor=None,
        layout="layouts/tablet.html",
        pages="intake:tablet-",
        later="",
        kind="tablet",
        shown=frozenset(handover.sections),
        answered=partial(services.answered, handover),
        logs_views=False,
    )


@lock.held
@require_safe
def screen(request: HttpRequest, handover: Handover) -> HttpResponse:
    return screens.screen(request, handover)


@lock.answering
@require_safe
def begin(
    request: HttpRequest, handover: Handover, response: QuestionnaireResponse
) -> HttpResponse:
    """Where they left off."""
    return filling.resume(_place(handover), response)


@lock.answering
@require_http_methods(["GET", "HEAD", "POST"])
def section(
    request: HttpRequest, handover: Handover, response: QuestionnaireResponse, section_id: str
) -> HttpResponse:
    return filling.section(request, _place(handover), response, section_id)


@lock.answering
@require_POST
def autosave(
    request: HttpRequest, handover: Handover, response: QuestionnaireResponse, section_id: str
) -> HttpResponse:
    return filling.autosave(request, _place(handover), response, section_id)


@lock.answering
@require_http_methods(["GET", "HEAD", "POST"])
def review(
    request: HttpRequest, handover: Handover, response: QuestionnaireResponse
) -> HttpResponse:
    form = filling.sign_form(request, response)

    def done() -> str:
        services.finish(handover)
        return reverse(lock.SCREEN)

    return filling.review(request, _place(handover), response, form, done)


@lock.answering
@require_safe
def emergency(
    request: HttpRequest, handover: Handover, response: QuestionnaireResponse
) -> HttpResponse:
    if response.severity != Severity.EMERGENCY:
        return redirect(lock.SCREEN)
    return filling.emergency(request, _place(handover), response)


@lock.answering
@require_safe
def signed(
    request: HttpRequest, handover: Handover, response: QuestionnaireResponse
) -> HttpResponse:
    """Signed by now, here or elsewhere: nothing of it is shown."""
    if response.is_completed:
        services.finish(handover)
    return redirect(lock.SCREEN)


@lock.held
@require_POST
def seen(request: HttpRequest, handover: Handover) -> HttpResponse:
    """Someone is reading; the answer says whether the tablet is still theirs."""
    if handover.ended_at is None:
        services.touch(handover)
    return HttpResponse(status=204 if handover.ended_at is None else 410)


@lock.held
@require_http_methods(["GET", "HEAD", "POST"])
def unlock(request: HttpRequest, handover: Handover) -> HttpResponse:
    """The staff member's word, and back to where the tablet was handed over."""
    form = UnlockForm(request.POST or None)

    def take(data: dict[str, Any]) -> str:
        how = services.unlock(handover=handover, word=data["word"])
        lock.open_again(request, handover.handed_by, how)
        return _back_to(handover)

    page = "intake/tablet/unlock.html"
    return form_page(request, form, page, take, context={"handover": handover}, field="word")


def _back_to(handover: Handover) -> str:
    visit = visits.find(handover.visit) if handover.visit else None
    return visit.url if visit else reverse("client-detail", args=[handover.client_id])
