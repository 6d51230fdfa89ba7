"""The client's own pages: one section a screen, review and sign, what was signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages as flash
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import access, audit, looks
from clinic.errors import DomainError
from intake import errors, forms, progress, screening, selectors, services
from intake.models import Consent, QuestionnaireResponse
from intake.screening import Severity

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

    from intake.questionnaire import Section


def _mine(request: HttpRequest, response_id: UUID) -> QuestionnaireResponse:
    """Only those who may act for the client answer for them: staff may not. Raises Http404."""
    mine = QuestionnaireResponse.objects.filter(client__in=access.clients_for(request.user))
    return access.own(request, mine.select_related("client", "questionnaire"), response_id)


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """How things stand; POST begins, resumes or renews."""
    client = access.acting_client(request)
    if request.method == "POST":
        try:
            response = services.start(actor=access.user_of(request), client=client)
        except DomainError as error:
            flash.error(request, error.message)
            return redirect("intake:start")
        return _resume(response)
    context = {
        "client": client,
        "light": selectors.readiness_for(client),
        "open": selectors.open_response(client),
        "signed": selectors.newest_signed(client),
    }
    return render(request, "intake/start.html", context)


@require_safe
def portal_panel(request: HttpRequest) -> HttpResponse:
    """For the portal's home; without htmx the page itself."""
    if not request.headers.get("HX-Request"):
        return redirect("intake:start")
    client = access.acting_client(request)
    context = {"client": client, "light": selectors.readiness_for(client)}
    return render(request, "intake/_portal_panel.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def section(request: HttpRequest, response_id: UUID, section_id: str) -> HttpResponse:
    """One screen of questions. Next asks for all that is required; Back and Later do not."""
    response = _mine(request, response_id)
    if response.is_completed:
        return redirect("intake:signed", response.pk)
    shown = _section(response, section_id)
    if _must_stop(response, section_id):
        return redirect("intake:emergency", response.pk)
    if request.method != "POST":
        return _section_page(request, response, shown, _form(request, response, shown))
    go = request.POST.get("go", "next")
    form = _form(request, response, shown, strict=go == "next")
    is_valid = form.is_valid()
    where = _target(response, section_id, go) if is_valid else section_id
    alerts = services.save_section(
        actor=access.user_of(request),
        response=response,
        section=where,
        answers=form.answers(),
        marks=form.marks(),
    )
    if screening.gravest(alerts) == Severity.EMERGENCY:
        return redirect("intake:emergency", response.pk)
    if not is_valid:
        response.refresh_from_db(fields=["answers", "section"])
        return _section_page(request, response, shown, form, status=422)
    return redirect("intake:start") if go == "later" else _go(response, where)


@require_POST
def autosave(request: HttpRequest, response_id: UUID, section_id: str) -> HttpResponse:
    """Keep what is sound so far; htmx sends it on every change."""
    response = _mine(request, response_id)
    shown = _section(response, section_id)
    form = _form(request, response, shown)
    form.is_valid()
    try:
        alerts = services.save_section(
            actor=access.user_of(request),
            response=response,
            section=section_id,
            answers=form.answers(),
            marks=form.marks(),
        )
    except errors.AlreadySigned:
        return _leave(reverse("intake:signed", args=[response.pk]))
    if screening.gravest(alerts) == Severity.EMERGENCY:
        return _leave(reverse("intake:emergency", args=[response.pk]))
    advice = progress.advice_of(alerts)
    return render(request, "intake/_saved.html", {"advice": advice, "errors": form.errors})


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, response_id: UUID) -> HttpResponse:
    """All answers, what is missing, and the signature."""
    response = _mine(request, response_id)
    if response.is_completed:
        return redirect("intake:signed", response.pk)
    if response.severity == Severity.EMERGENCY:
        return redirect("intake:emergency", response.pk)
    form = _sign_form(request, response)
    if form.is_bound and form.is_valid():
        try:
            services.sign(actor=access.user_of(request), response=response, **form.signature())
        except errors.AlreadySigned:
            return redirect("intake:signed", response.pk)
        except DomainError as error:
            form.add_error(None, str(error.message))
        else:
            return redirect("intake:signed", response.pk)
    audit.viewed(request, response, again=looks.PAGE)
    context = {"response": response, "form": form, **progress.review(response)}
    return render(request, "intake/review.html", context, status=422 if form.errors else 200)


@require_safe
def emergency(request: HttpRequest, response_id: UUID) -> HttpResponse:
    response = _mine(request, response_id)
    if response.is_completed or response.severity != Severity.EMERGENCY:
        return redirect("intake:start")
    back = progress.emergency_section(selectors.definition_of(response))
    return render(request, "intake/emergency.html", {"response": response, "back": back})


@require_safe
def signed(request: HttpRequest, response_id: UUID) -> HttpResponse:
    """What was signed, word for word, and what happens now."""
    response = _mine(request, response_id)
    if not response.is_completed:
        return _resume(response)
    audit.viewed(request, response, again=looks.PAGE)
    context = {
        "response": response,
        "is_newest": selectors.newest_signed(response.client) == response,
        "light": selectors.readiness_for(response.client),
        "consents": response.consents.all(),
        **progress.signed(response),
    }
    return render(request, "intake/signed.html", context)


# ---- steps shared by the pages above ----


def _section(response: QuestionnaireResponse, section_id: str) -> Section:
    found = progress.section_of(response, section_id, today=selectors.clinic_today())
    if found is None:
        raise Http404
    return found


def _must_stop(response: QuestionnaireResponse, section_id: str) -> bool:
    """After an emergency answer only the section that asked for it stays open."""
    asked_in = progress.emergency_section(selectors.definition_of(response))
    return response.severity == Severity.EMERGENCY and section_id != asked_in


def _form(
    request: HttpRequest,
    response: QuestionnaireResponse,
    shown: Section,
    *,
    strict: bool = False,
) -> forms.SectionForm | forms.BodyMapForm:
    data = request.POST if request.method == "POST" else None
    if shown.is_body_map:
        return forms.BodyMapForm(shown, selectors.marks_of(response), data=data)
    today = selectors.clinic_today()
    return forms.SectionForm(shown, response.answers, today=today, data=data, strict=strict)


def _sign_form(request: HttpRequest, response: QuestionnaireResponse) -> forms.SignForm:
    minor = response.client.is_minor_on(selectors.clinic_today())
    guardian = response.client.guardians.filter(user=access.user_of(request)).first()
    return forms.SignForm(
        selectors.definition_of(response).consents,
        minor=minor,
        data=request.POST if request.method == "POST" else None,
        relationship=guardian.relationship if guardian else "",
    )


def _section_page(
    request: HttpRequest,
    response: QuestionnaireResponse,
    shown: Section,
    form: forms.SectionForm | forms.BodyMapForm,
    status: int = 200,
) -> HttpResponse:
    audit.viewed(request, response, again=looks.PAGE)
    today = selectors.clinic_today()
    context = {
        "response": response,
        "section": shown,
        "form": form,
        "standing": progress.standing(response, today=today, current=shown.id),
    }
    return render(request, "intake/section.html", context, status=status)


def _target(response: QuestionnaireResponse, section_id: str, go: str) -> str:
    here = progress.standing(response, today=selectors.clinic_today(), current=section_id)
    return {"back": here.back or section_id, "review": progress.REVIEW, "later": section_id}.get(
        go, here.forward
    )


def _go(response: QuestionnaireResponse, where: str) -> HttpResponse:
    if where == progress.REVIEW:
        return redirect("intake:review", response.pk)
    return redirect("intake:section", response.pk, where)


def _resume(response: QuestionnaireResponse) -> HttpResponse:
    return _go(response, progress.resume_at(response, today=selectors.clinic_today()))


def _leave(url: str) -> HttpResponse:
    """Tell htmx to go to another page."""
    return HttpResponse(status=204, headers={"HX-Redirect": url})


@require_POST
def withdraw_consent(request: HttpRequest, given_id: UUID) -> HttpResponse:
    consent = access.mine(request, Consent.objects.all(), given_id)
    try:
        services.withdraw_consent(actor=access.user_of(request), consent=consent)
        flash.success(request, _("Done. This consent has ended."))
    except DomainError as error:
        flash.warning(request, str(error.message))
    return redirect("consents")
