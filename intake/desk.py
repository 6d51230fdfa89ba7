"""What staff see. Front desk: lights and titles. Answers: therapists only, each look recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages as flash
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clinic import access, audit
from clinic.errors import DomainError
from clinic.models import Role
from intake import forms, progress, selectors, services
from intake.models import QuestionnaireResponse
from intake.screening import Severity

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse


@access.staff
@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """Answers that stop a visit until a therapist has decided."""
    user = access.user_of(request)
    lists = {
        "emergencies": list(access.seen(user, selectors.emergencies())),
        "waiting": list(access.seen(user, selectors.waiting())),
        "decided": list(access.seen(user, selectors.decided_lately())),
    }
    shown = [row.client for rows in lists.values() for row in rows]
    audit.listed(request, "intake.listed", shown)
    context = {**lists, "may_read": user.role == Role.THERAPIST}
    return render(request, "intake/desk.html", context)


@access.roles(Role.THERAPIST)
@require_http_methods(["GET", "HEAD", "POST"])
def response(request: HttpRequest, response_id: UUID) -> HttpResponse:
    """All of somebody's signed answers, and the decision on them."""
    signed = QuestionnaireResponse.objects.filter(status=QuestionnaireResponse.Status.COMPLETED)
    found = access.own(request, signed.select_related("client", "questionnaire"), response_id)
    form = forms.DecisionForm(request.POST or None)
    if form.is_valid():
        try:
            services.decide_clearance(
                actor=access.user_of(request), response=found, **form.cleaned_data
            )
        except DomainError as error:
            form.add_error(None, str(error.message))
        else:
            flash.success(request, _("Your decision is recorded."))
            return redirect("intake:desk")
    return _page(request, found, form)


def _page(
    request: HttpRequest, found: QuestionnaireResponse, form: forms.DecisionForm
) -> HttpResponse:
    audit.viewed(request, found, client=found.client)
    decisions = list(found.clearances.select_related("decided_by"))
    severity = found.severity or 0
    context = {
        "response": found,
        "client": found.client,
        "form": form,
        "flags": found.flags.all(),
        "decisions": decisions,
        "newest_decision": decisions[0].pk if decisions else "",
        "consents": found.consents.defer("text"),
        "intact": services.is_intact(found),
        "newest": selectors.newest_signed(found.client),
        "decidable": severity >= Severity.CLEARANCE,
        "blocked": severity >= Severity.BLOCK,
        **progress.signed(found),
    }
    status = 422 if form.errors else 200
    return render(request, "intake/desk_response.html", context, status=status)


@access.staff
@require_safe
def client_panel(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """The light for one client's record."""
    user = access.user_of(request)
    client = access.client(user, client_id)
    part = bool(request.headers.get("HX-Request"))
    audit.viewed(request, client, action="intake.viewed", part=part)
    context = {
        "client": client,
        "light": selectors.readiness_for(client),
        "newest": selectors.newest_signed(client),
        "may_read": user.role == Role.THERAPIST,
        "is_part": part,
    }
    return render(request, "intake/client_panel.html", context)
