"""What the desk sees of clients' rights: corrections to answer, and what was given to others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages as flash
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clinic import access, audit, looks, rights
from clinic.errors import DomainError
from clinic.models import CorrectionRequest
from clinic.rights_forms import AnswerForm, DisclosureForm

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

PAGE = 50


@access.staff
@require_safe
def correction_list(request: HttpRequest) -> HttpResponse:
    """What waits for an answer, the longest waiting first; then what was answered.

    The desk sees of all that they wait, also of those that others answer; therapists see theirs.
    """
    user = access.user_of(request)
    topics = access.corrections_about(user)
    wanted = access.seen(user, CorrectionRequest.objects.all())
    if user.role not in access.DESK:
        wanted = wanted.filter(about__in=topics)
    wanted = wanted.select_related("client", "answered_by").defer("text", "answer")
    answered = wanted.exclude(status="open").order_by("-answered_at")
    context = {
        "topics": topics,
        "waiting": wanted.filter(status="open").order_by("created_at"),
        "answered": Paginator(answered, PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "desk/corrections.html", context)


@access.staff
@require_http_methods(["GET", "HEAD", "POST"])
def correction(request: HttpRequest, correction_id: UUID) -> HttpResponse:
    wanted = CorrectionRequest.objects.select_related("client", "answered_by")
    found = access.own(request, wanted, correction_id)
    if found.about not in access.corrections_about(access.user_of(request)):
        raise PermissionDenied
    form = AnswerForm(request.POST or None)
    if form.is_valid():
        try:
            rights.answer_correction(
                actor=access.user_of(request), correction=found, **form.cleaned_data
            )
        except DomainError as error:
            form.add_error(None, str(error.message))
        else:
            flash.success(request, _("Answered. The client is told that there is news."))
            return redirect("correction-list")
    audit.viewed(request, found)
    context = {"correction": found, "client": found.client, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "desk/correction.html", context, status=status)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def disclosure_list(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """The log of what was given to others about one client, and a form to add to it."""
    user = access.user_of(request)
    client = access.client(user, client_id)
    form = DisclosureForm(request.POST or None)
    if form.is_valid():
        try:
            rights.record_disclosure(actor=user, client=client, **form.cleaned_data)
        except DomainError as error:
            form.add_error("disclosed_on", str(error.message))
        else:
            flash.success(request, _("Written down. The client sees it too."))
            return redirect("disclosure-list", client.pk)
    audit.viewed(request, client, action="disclosure.viewed", again=looks.PAGE)
    context = {
        "client": client,
        "form": form,
        "disclosures": client.disclosures.select_related("recorded_by"),
    }
    status = 422 if form.is_bound else 200
    return render(request, "desk/disclosures.html", context, status=status)
