"""The client's own pages: one section a screen, review and sign, what was signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages as flash
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.errors import DomainError
from clinic.web.form_page import act
from intake import filling, progress, selectors, services
from intake.filling import Place
from intake.models import Consent, QuestionnaireResponse
from intake.screening import Severity

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Client


def _mine(request: HttpRequest, response_id: UUID) -> QuestionnaireResponse:
    """Only those who may act for the client answer for them: staff may not. Raises Http404.

    Nor is what staff type in from paper theirs before it is signed.
    """
    mine = QuestionnaireResponse.objects.filter(client__in=access.clients_for(request.user))
    mine = mine.exclude(status=QuestionnaireResponse.Status.IN_PROGRESS, entered_by__isnull=False)
    return access.visible(request, mine.select_related("client", "questionnaire"), response_id)


def _place(request: HttpRequest) -> Place:
    return Place(access.user_of(request), "layouts/portal.html", "intake:", later="intake:start")


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """The questionnaire's status; POST starts, resumes or renews it."""
    client = access.acting_client(request)
    if request.method == "POST":
        return _begin(request, client)
    context = {
        "client": client,
        "light": selectors.readiness_for(client),
        "open": selectors.open_response(client),
        "signed": selectors.newest_signed(client),
    }
    return render(request, "intake/start.html", context)


def _begin(request: HttpRequest, client: Client) -> HttpResponse:
    try:
        response = services.start(actor=access.user_of(request), client=client)
    except DomainError as error:
        flash.error(request, error.message)
        return redirect("intake:start")
    return filling.resume(_place(request), response)


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
    """One screen of questions."""
    return filling.section(request, _place(request), _mine(request, response_id), section_id)


@require_POST
def autosave(request: HttpRequest, response_id: UUID, section_id: str) -> HttpResponse:
    return filling.autosave(request, _place(request), _mine(request, response_id), section_id)


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, response_id: UUID) -> HttpResponse:
    """All answers, what is missing, and the signature."""
    response = _mine(request, response_id)
    guardian = response.client.guardians.filter(user=access.user_of(request)).first()
    relationship = guardian.relationship if guardian else ""
    form = filling.sign_form(request, response, relationship=relationship)

    def done() -> str:
        return reverse("intake:signed", args=[response.pk])

    return filling.review(request, _place(request), response, form, done)


@require_safe
def emergency(request: HttpRequest, response_id: UUID) -> HttpResponse:
    response = _mine(request, response_id)
    if response.is_completed or response.severity != Severity.EMERGENCY:
        return redirect("intake:start")
    return filling.emergency(request, _place(request), response)


@require_safe
def signed(request: HttpRequest, response_id: UUID) -> HttpResponse:
    """What was signed, word for word, and what happens now."""
    response = _mine(request, response_id)
    if not response.is_completed:
        return filling.resume(_place(request), response)
    audit.viewed(request, response, again=view_log.PAGE)
    context = {
        "response": response,
        "is_newest": selectors.newest_signed(response.client) == response,
        "light": selectors.readiness_for(response.client),
        "consents": response.consents.all(),
        **progress.signed(response),
    }
    return render(request, "intake/signed.html", context)


@require_POST
def withdraw_consent(request: HttpRequest, given_id: UUID) -> HttpResponse:
    consent = access.own(request, Consent.objects.all(), given_id)

    def withdraw() -> str:
        services.withdraw_consent(actor=access.user_of(request), consent=consent)
        return _("Done. This consent has ended.")

    act(request, withdraw)
    return redirect("consents")
