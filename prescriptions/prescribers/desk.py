"""What the desk sees: the directory, and asking for an order on a client's behalf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages as flash
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import access, audit, looks
from clinic.errors import DomainError
from prescriptions.models import DoctorRequest, Prescriber, Prescription
from prescriptions.prescribers import directory, errors, selectors, services
from prescriptions.prescribers.forms import (
    DeskAskForm,
    PaperConsentForm,
    PrescriberForm,
    SearchForm,
)
from prescriptions.prescribers.views import renewed, request_context, show

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Client

PAGE = 50
Entries = Prescriber.objects


@access.desk
@require_safe
def prescriber_list(request: HttpRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    words = form.cleaned_data["q"] if form.is_valid() else ""
    page = Paginator(selectors.directory(words), PAGE).get_page(request.GET.get("page"))
    context = {"words": words, "page": page}
    return render(request, "prescriptions/prescribers/list.html", context)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def prescriber_new(request: HttpRequest) -> HttpResponse:
    form = PrescriberForm(request.POST or None)
    user, holder = access.user_of(request), None
    if form.is_valid():
        try:
            made = directory.add(actor=user, **form.cleaned_data)
        except DomainError as error:
            holder = getattr(error, "holder", None)
            form.add_error("npi", str(error))
        else:
            flash.success(request, _("%(name)s is in the directory.") % {"name": made.title})
            return redirect("prescriptions:prescriber-list")
    context = {"form": form, "holder": holder}
    status = 422 if request.method == "POST" else 200
    return render(request, "prescriptions/prescribers/prescriber.html", context, status=status)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def prescriber(request: HttpRequest, prescriber_id: UUID) -> HttpResponse:
    found = access.own(request, Entries.all(), prescriber_id)
    form = PrescriberForm(request.POST) if request.POST else PrescriberForm.of(found)
    user, holder = access.user_of(request), None
    if form.is_valid():
        try:
            directory.change(actor=user, prescriber=found, **form.cleaned_data)
        except DomainError as error:
            holder = getattr(error, "holder", None)
            form.add_error("npi", str(error))
        else:
            flash.success(request, _("Saved."))
            return redirect("prescriptions:prescriber-list")
    context = {"form": form, "holder": holder, "prescriber": found}
    status = 422 if request.method == "POST" else 200
    return render(request, "prescriptions/prescribers/prescriber.html", context, status=status)


@access.desk
@require_POST
def prescriber_retire(request: HttpRequest, prescriber_id: UUID) -> HttpResponse:
    """Out of use, or back into it."""
    found = access.own(request, Entries.all(), prescriber_id)
    wanted = request.POST.get("active") == "yes"
    directory.set_active(actor=access.user_of(request), prescriber=found, is_active=wanted)
    flash.success(request, _("In use again.") if wanted else _("Retired."))
    return redirect("prescriptions:prescriber", found.pk)


@access.desk
@require_POST
def prescriber_hint(request: HttpRequest) -> HttpResponse:
    """Entries of the directory while a reviewer types a name."""
    found = selectors.offered(request.POST.get("prescriber_name", "")[:100])
    return render(request, "prescriptions/prescribers/_offered.html", {"found": found})


@access.desk
@require_safe
def ask_who(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Whom to ask for this client: those they have, and the directory."""
    client = access.client(access.user_of(request), client_id)
    audit.viewed(request, client, action="doctorrequests.viewed", again=looks.PAGE)
    form = SearchForm(request.GET)
    words = form.cleaned_data["q"] if form.is_valid() else ""
    agreed = selectors.consents_in_force(client)
    context = {
        "client": client,
        "words": words,
        "own": [(one, one.pk in agreed) for one in selectors.own_prescribers(client)],
        "found": [(one, one.pk in agreed) for one in selectors.offered(words)],
        "cards": selectors.requests_of(client),
    }
    return render(request, "prescriptions/prescribers/desk_who.html", context)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, client_id: UUID, prescriber_id: UUID) -> HttpResponse:
    """Ask, with a consent on file; without one, how to get it."""
    user = access.user_of(request)
    client = access.client(user, client_id)
    audit.viewed(request, client, action="doctorrequests.viewed", again=looks.PAGE)
    found = access.own(request, Entries.filter(is_active=True), prescriber_id)
    renews = renewed(client, request.POST.get("renews") or request.GET.get("renews"))
    consent = selectors.consent_in_force(client, found)
    form, paper = _desk_forms(request, client, found)
    try:
        if paper.is_valid():
            services.give_consent(
                actor=user,
                client=client,
                prescriber=found,
                signature=paper.signature(),
                on_paper=True,
            )
            flash.success(request, _("The consent is recorded. You can ask now."))
            return redirect(_here(client, found, renews))
        if form.is_valid():
            note = form.cleaned_data["note"]
            made = services.ask(
                actor=user, client=client, prescriber=found, renews=renews, note=note
            )
            return redirect("prescriptions:desk-request", made.pk)
    except errors.AlreadyAsked as error:
        flash.info(request, str(error))
        return redirect("prescriptions:desk-request", error.request.pk)
    except DomainError as error:
        show(paper if paper.is_bound else form, error)
    context = {
        "client": client,
        "prescriber": found,
        "consent": consent,
        "renews": renews,
        "form": form,
        "paper": paper,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "prescriptions/prescribers/desk_ask.html", context, status=status)


def _here(client: Client, found: Prescriber, renews: Prescription | None) -> str:
    page = reverse("prescriptions:desk-ask", args=[client.pk, found.pk])
    return f"{page}?renews={renews.pk}" if renews else page


def _desk_forms(
    request: HttpRequest, client: Client, found: Prescriber
) -> tuple[DeskAskForm, PaperConsentForm]:
    """Of the two forms of the page the one that was sent is bound."""
    posted = request.POST if request.method == "POST" else None
    is_paper = posted is not None and posted.get("form") == "paper"
    paper = PaperConsentForm(
        posted if is_paper else None,
        text=services.consent_text(client, found),
        minor=client.is_minor_on(selectors.today()),
    )
    return DeskAskForm(None if is_paper else posted), paper


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def request_detail(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """One request, to send its link again or to take it back."""
    found = access.own(request, selectors.requests(), request_id)
    if request.method == "POST":
        return _act(request, found)
    part = "HX-Request" in request.headers
    audit.viewed(request, found, part=part)
    if part:
        return render(request, "prescriptions/prescribers/_form.html", {"doctor_request": found})
    context = request_context(found) | {"message": selectors.link_message(found), "is_desk": True}
    return render(request, "prescriptions/prescribers/desk_request.html", context)


def _act(request: HttpRequest, found: DoctorRequest) -> HttpResponse:
    user = access.user_of(request)
    try:
        if request.POST.get("act") == "send":
            services.send_link(actor=user, request=found)
            flash.success(request, _("A new link is on its way; the one before is dead."))
        elif request.POST.get("act") == "withdraw":
            services.withdraw_request(actor=user, request=found)
            flash.success(request, _("The request is withdrawn."))
        elif request.POST.get("act") == "withdraw-consent":
            services.withdraw_consent(actor=user, consent=found.consent)
            flash.success(request, _("The consent is withdrawn, and the request with it."))
    except DomainError as error:
        flash.warning(request, str(error))
    return redirect("prescriptions:desk-request", found.pk)
