"""What clients see: what they sent, what became of it, and how to send one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages as flash
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from clinic import access, audit, documents
from clinic.errors import DomainError, InvalidTransition
from prescriptions import pages, selectors, services
from prescriptions.forms import UploadForm
from prescriptions.models import Prescription

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

QUARTER_TURNS = {"0", "90", "180", "270"}


@require_safe
def prescription_list(request: HttpRequest) -> HttpResponse:
    client = access.acting_client(request)
    cards = selectors.cards(client, timezone.localdate())
    context = {"client": client, "clients": access.clients_for(request.user), "cards": cards}
    return render(request, "prescriptions/list.html", context)


@require_safe
def portal_panel(request: HttpRequest) -> HttpResponse:
    """The newest one, for the portal's home; by itself it is the list."""
    if "HX-Request" not in request.headers:
        return redirect("prescriptions:list")
    client = access.acting_client(request)
    latest = selectors.latest(client)
    card = selectors.card(latest, timezone.localdate()) if latest else None
    return render(request, "prescriptions/_panel.html", {"card": card})


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    client = access.acting_client(request)
    form = _upload_form(request)
    if form.is_valid():
        try:
            sent = services.submit(
                actor=access.user_of(request),
                client=client,
                uploads=form.contents(),
                note=form.cleaned_data["note"],
            )
        except DomainError as error:
            form.add_error("document", str(error))
        else:
            flash.success(request, _("Thank you. We have it and will look at it soon."))
            return go(request, resolve_url("prescriptions:detail", sent.pk))
    return _upload_page(request, form, {"client": client})


@require_http_methods(["GET", "HEAD", "POST"])
def send_again(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """A better copy of one that we asked about."""
    prescription = access.mine(request, selectors.detailed(), prescription_id)
    form = _upload_form(request)
    try:
        if form.is_valid():
            services.send_again(
                actor=access.user_of(request),
                prescription=prescription,
                uploads=form.contents(),
                note=form.cleaned_data["note"],
            )
            flash.success(request, _("Thank you. We have it and will look at it soon."))
            return go(request, resolve_url("prescriptions:detail", prescription.pk))
    except InvalidTransition:
        flash.info(request, _("Nothing is missing on this one any more."))
        return go(request, resolve_url("prescriptions:detail", prescription.pk))
    except DomainError as error:
        form.add_error("document", str(error))
    card = selectors.card(prescription, timezone.localdate())
    return _upload_page(request, form, {"client": prescription.client, "card": card})


def go(request: HttpRequest, address: str) -> HttpResponse:
    """Leave for another page, also from a form that htmx sent."""
    if "HX-Request" in request.headers:
        return HttpResponseClientRedirect(address)
    return redirect(address)


def _upload_form(request: HttpRequest) -> UploadForm:
    posted = request.method == "POST"
    return UploadForm(request.POST, request.FILES) if posted else UploadForm()


def _upload_page(
    request: HttpRequest, form: UploadForm, context: dict[str, object]
) -> HttpResponse:
    # Through htmx only the errors come back: the files stay chosen in the page.
    partial = form.is_bound and "HX-Request" in request.headers
    template = "prescriptions/_upload_errors.html" if partial else "prescriptions/upload.html"
    status = 422 if form.is_bound else 200
    return render(request, template, {"form": form, **context}, status=status)


@require_safe
def detail(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    prescription = access.mine(request, selectors.detailed(), prescription_id)
    audit.viewed(request, prescription)
    today, entries = selectors.clinic_today(), selectors.ledger(prescription)
    context = {
        "client": prescription.client,
        "card": selectors.card(prescription, today),
        "entries": entries,
        "sums": selectors.sums(prescription, entries, today),
        "numbers": range(1, (prescription.document.pages or 0) + 1),
    }
    return render(request, "prescriptions/detail.html", context)


@require_safe
def document(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """The clean copy as a PDF."""
    found = Prescription.objects.select_related("document", "client")
    prescription = access.own(request, found, prescription_id)
    audit.record(request.user, "document.downloaded", prescription)
    return documents.response(prescription.document)


@require_safe
def page(request: HttpRequest, prescription_id: UUID, number: int) -> HttpResponse:
    """One page of the clean copy as a picture."""
    found = Prescription.objects.select_related("document", "client")
    prescription = access.own(request, found, prescription_id)
    turn = request.GET.get("turn", "0")
    try:
        pdf = documents.read(prescription.document)
        picture = pages.render(pdf, number, turn=int(turn) if turn in QUARTER_TURNS else 0)
    except (IndexError, pages.Unreadable, documents.DocumentLost) as error:
        raise Http404 from error
    if number == 1:  # one row for an opened document, not one a page
        audit.viewed(request, prescription)
    response = HttpResponse(picture, content_type="image/png")
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
