"""Pages for the desk: the directory, and asking for an order on a client's behalf."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.web.form_page import act, form_page
from prescriptions.models import DoctorRequest, Prescriber, Prescription
from prescriptions.prescribers import directory, errors, selectors, services
from prescriptions.prescribers.consent import covers_letters
from prescriptions.prescribers.forms import (
    DeskAskForm,
    PaperConsentForm,
    PrescriberForm,
    SearchForm,
)
from prescriptions.prescribers.views import renewed, request_context

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Client

ENTRY = "prescriptions/prescribers/prescriber.html"
ASK = "prescriptions/prescribers/desk_ask.html"
PER_PAGE = 50
Entries = Prescriber.objects


@access.desk
@require_safe
def prescriber_list(request: HttpRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    words = form.cleaned_data["q"] if form.is_valid() else ""
    page = Paginator(selectors.directory(words), PER_PAGE).get_page(request.GET.get("page"))
    context = {"words": words, "page": page}
    return render(request, "prescriptions/prescribers/list.html", context)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def prescriber_new(request: HttpRequest) -> HttpResponse:
    form = PrescriberForm(request.POST if request.method == "POST" else None)

    def save(data: dict[str, Any]) -> str:
        with _naming_the_holder(form):
            made = directory.add(actor=access.user_of(request), **data)
        flash.success(request, _("%(name)s is now in the directory.") % {"name": made.title})
        return "prescriptions:prescriber-list"

    return form_page(request, form, ENTRY, save)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def prescriber(request: HttpRequest, prescriber_id: UUID) -> HttpResponse:
    found = access.visible(request, Entries.all(), prescriber_id)
    form = PrescriberForm.of(found, request.POST if request.method == "POST" else None)

    def save(data: dict[str, Any]) -> str:
        with _naming_the_holder(form):
            directory.change(actor=access.user_of(request), prescriber=found, **data)
        flash.success(request, _("Saved."))
        return "prescriptions:prescriber-list"

    return form_page(request, form, ENTRY, save, context={"prescriber": found}, edits=found)


@contextmanager
def _naming_the_holder(form: PrescriberForm) -> Iterator[None]:
    """When the NPI is taken, the form says by whom."""
    try:
        yield
    except errors.NpiTaken as refusal:
        form.holder = refusal.holder
        raise


@access.desk
@require_POST
def prescriber_retire(request: HttpRequest, prescriber_id: UUID) -> HttpResponse:
    """Deactivate an entry, or activate it again."""
    found = access.visible(request, Entries.all(), prescriber_id)
    wanted = request.POST.get("active") == "yes"
    directory.set_active(actor=access.user_of(request), prescriber=found, is_active=wanted)
    flash.success(request, _("Active again.") if wanted else _("Deactivated."))
    return redirect("prescriptions:prescriber", found.pk)


@access.desk
@require_POST
def prescriber_hint(request: HttpRequest) -> HttpResponse:
    """Matching directory entries while a reviewer types a name."""
    found = selectors.offered(request.POST.get("prescriber_name", "")[:100])
    return render(request, "prescriptions/prescribers/_offered.html", {"found": found})


@access.desk
@require_safe
def ask_who(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Which prescriber to ask for this client: their own, and the directory."""
    client = access.client(access.user_of(request), client_id)
    audit.viewed(request, client, action="doctorrequests.viewed", again=view_log.PAGE)
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
    """Ask, if a consent is on file; otherwise, how to get one."""
    client = access.client(access.user_of(request), client_id)
    audit.viewed(request, client, action="doctorrequests.viewed", again=view_log.PAGE)
    found = access.visible(request, Entries.filter(is_active=True), prescriber_id)
    renews = renewed(client, request.POST.get("renews") or request.GET.get("renews"))
    form, paper = _desk_forms(request, client, found)
    context: dict[str, Any] = {"client": client, "prescriber": found, "renews": renews}
    context |= {"form": form, "paper": paper}
    context |= _consent(client, found)
    if paper.is_bound:
        record = partial(_record_consent, request, client, found, renews, paper)
        return form_page(request, paper, ASK, record, context=context)
    send = partial(_ask, request, client, found, renews)
    return form_page(request, form, ASK, send, context=context)


def _consent(client: Client, found: Prescriber) -> dict[str, Any]:
    """The one in force, and whether it lets us write about treatment."""
    given = selectors.consent_in_force(client, found)
    return {"consent": given, "covers_letters": given is not None and covers_letters(given)}


def _record_consent(
    request: HttpRequest,
    client: Client,
    found: Prescriber,
    renews: Prescription | None,
    paper: PaperConsentForm,
    _data: dict[str, Any],
) -> str:
    try:
        services.give_consent(
            actor=access.user_of(request),
            client=client,
            prescriber=found,
            signature=paper.signature(),
            on_paper=True,
        )
    except errors.ConsentChanged:
        paper.show_new_text()
        raise
    flash.success(request, _("Consent recorded. You can ask now."))
    page = reverse("prescriptions:desk-ask", args=[client.pk, found.pk])
    return f"{page}?renews={renews.pk}" if renews else page


def _ask(
    request: HttpRequest,
    client: Client,
    found: Prescriber,
    renews: Prescription | None,
    data: dict[str, Any],
) -> HttpResponse:
    user = access.user_of(request)
    try:
        made = services.ask(
            actor=user, client=client, prescriber=found, renews=renews, note=data["note"]
        )
    except errors.AlreadyAsked as error:
        flash.info(request, str(error))
        return redirect("prescriptions:desk-request", error.request.pk)
    return redirect("prescriptions:desk-request", made.pk)


def _desk_forms(
    request: HttpRequest, client: Client, found: Prescriber
) -> tuple[DeskAskForm, PaperConsentForm]:
    """Bind whichever of the page's two forms was submitted."""
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
    """One request: send its link again or withdraw it."""
    found = access.visible(request, selectors.requests(), request_id)
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

    def send() -> str:
        services.send_link(actor=user, request=found)
        return _("A new link is on its way; the old one no longer works.")

    def withdraw() -> str:
        services.withdraw_request(actor=user, request=found)
        return _("Request withdrawn.")

    def withdraw_consent() -> str:
        services.withdraw_consent(actor=user, consent=found.consent)
        return _("Consent withdrawn, and the request with it.")

    works = {"send": send, "withdraw": withdraw, "withdraw-consent": withdraw_consent}
    if work := works.get(request.POST.get("act", "")):
        act(request, work)
    return redirect("prescriptions:desk-request", found.pk)
