"""Clients' rights at the desk: corrections to answer, and the accounting of disclosures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.audit.words import words
from clinic.models import CorrectionRequest
from clinic.privacy import corrections, evidence, selectors
from clinic.privacy import services as privacy
from clinic.privacy.forms import CorrectDetailsForm, DisclosureForm, DoneForm, KeepForm
from clinic.privacy.selectors import asked_rows
from clinic.web.form_page import expect_version, form_page, version_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import AuditEvent, Client

PAGE = "clinic/privacy/correction.html"
ON_A_PAGE = 50
Status = CorrectionRequest.Status


@access.care_team
@require_safe
def correction_list(request: HttpRequest) -> HttpResponse:
    """Unanswered corrections, longest wait first; then the answered ones."""
    user = access.user_of(request)
    wanted = selectors.corrections_for(user)
    answered = wanted.exclude(status=Status.OPEN).order_by("-answered_at")
    context = {
        "late_before": timezone.now() - corrections.ANSWER_WITHIN,
        "topics": access.corrections_about(user),
        "waiting": wanted.filter(status=Status.OPEN).order_by("created_at"),
        "answered": Paginator(answered, ON_A_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "clinic/privacy/corrections.html", context)


@access.care_team
@require_http_methods(["GET", "HEAD", "POST"])
def correction(request: HttpRequest, correction_id: UUID) -> HttpResponse:
    """One request, the ways to answer it; POST leaves it as it is, with a ground and the reason."""
    found = _found(request, correction_id)
    form = KeepForm(request.POST if request.method == "POST" else None)

    def save(typed: dict[str, Any]) -> str:
        corrections.keep_as_is(actor=access.user_of(request), correction=found, **typed)
        return _answered(request)

    return form_page(request, form, PAGE, save, context=_page(request, found, "keep"), edits=found)


@access.care_team
@require_http_methods(["GET", "HEAD", "POST"])
def correction_done(request: HttpRequest, correction_id: UUID) -> HttpResponse:
    """It is corrected, by one of the changes made since it was asked for."""
    found = _found(request, correction_id)
    form = DoneForm(request.POST or None, changes=_changes(found))

    def save(typed: dict[str, Any]) -> str:
        corrections.say_corrected(actor=access.user_of(request), correction=found, **typed)
        return _answered(request)

    return form_page(request, form, PAGE, save, context=_page(request, found, "done"), edits=found)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def correction_details(request: HttpRequest, correction_id: UUID) -> HttpResponse:
    """Correct the details of the person, and answer with it."""
    found = _found(request, correction_id)
    if found.about != CorrectionRequest.About.CONTACT:
        raise Http404
    form = _details_form(request.POST or None, found)

    def save(typed: dict[str, Any]) -> str:
        expect_version(found.client, request.POST.get("record", ""))
        user, changes = access.user_of(request), form.changes()
        corrections.correct_details(actor=user, correction=found, answer=typed["answer"], **changes)
        return _answered(request)

    page = _page(request, found, "details")
    return form_page(request, form, PAGE, save, context=page, edits=found)


def _found(request: HttpRequest, correction_id: UUID) -> CorrectionRequest:
    wanted = CorrectionRequest.objects.select_related("client", "answered_by")
    found = access.visible(request, wanted, correction_id)
    if not access.answers_correction(request.user, found):
        raise PermissionDenied
    return found


def _answered(request: HttpRequest) -> str:
    flash.success(request, _("Answered. We tell the client that there is news."))
    return "correction-list"


def _changes(found: CorrectionRequest) -> list[AuditEvent]:
    return list(evidence.changes_since(found)[: evidence.MOST_SHOWN])


def _details_form(data: Any, found: CorrectionRequest) -> CorrectDetailsForm:
    return CorrectDetailsForm(data, client=found.client, asked_for=found.asked_for or {})


def _page(
    request: HttpRequest, found: CorrectionRequest, mine: str
) -> Callable[[], dict[str, Any]]:
    """What the page shows; `mine` is the one of its forms that was sent."""

    def page() -> dict[str, Any]:
        audit.viewed(request, found)
        client = found.client
        is_open = found.status == Status.OPEN
        others: dict[str, Any] = {"keep": KeepForm(None)} if is_open else {}
        if is_open and (changes := _changes(found)):
            others["done"] = DoneForm(None, changes=changes)
        if is_open and found.about == CorrectionRequest.About.CONTACT:
            others["details"] = _details_form(None, found)
        others.pop(mine, None)
        return {
            "correction": found,
            "client": client,
            "mine": mine,
            "record": version_of(client),
            "forms": others,
            "asked": asked_rows(found),
            "answer_by": corrections.answer_by(found),
            "is_late": is_open and corrections.answer_by(found) < timezone.now(),
            "change": (change := evidence.named(found)),
            "change_words": words(change.action) if change else "",
        }

    return page


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def disclosure_list(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """One client's accounting of disclosures, and a form to add to it."""
    return _disclosures(request, access.client(access.user_of(request), client_id))


def _disclosures(request: HttpRequest, client: Client) -> HttpResponse:
    def save(typed: dict[str, Any]) -> str:
        privacy.record_disclosure(actor=access.user_of(request), client=client, **typed)
        flash.success(request, _("Recorded. The client can see it too."))
        return reverse("disclosure-list", args=[client.pk])

    def page() -> dict[str, Any]:
        audit.viewed(request, client, action="disclosure.viewed", again=view_log.PAGE)
        return {"client": client, "disclosures": client.disclosures.select_related("recorded_by")}

    form, template = DisclosureForm(request.POST or None), "clinic/privacy/disclosures.html"
    return form_page(request, form, template, save, context=page, field="disclosed_on")
