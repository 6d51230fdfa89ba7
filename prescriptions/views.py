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

from clinic import access, audit, documents, looks
from clinic.errors import DomainError, InvalidTransition
from prescriptions import pages, receiving, selectors
from prescriptions.forms import UploadForm
from prescriptions.models import Prescription, Upload

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.http import HttpRequest

    from clinic.models import Client


@require_safe
def prescription_list(request: HttpRequest) -> HttpResponse:
    client = access.acting_client(request)
    audit.viewed(request, client, action="prescriptions.viewed", again=looks.PAGE)
    cards = selectors.cards(client, timezone.localdate())
    context = {"client": client, "clients": access.clients_for(request.user), "cards": cards}
    context["uploads"] = selectors.open_uploads(client)
    return render(request, "prescriptions/list.html", context)


@require_safe
def portal_panel(request: HttpRequest) -> HttpResponse:
    """The newest one, for the portal's home; by itself it is the list."""
    if "HX-Request" not in request.headers:
        return redirect("prescriptions:list")
    client = access.acting_client(request)
    audit.viewed(request, client, action="prescriptions.viewed", part=True)
    latest = selectors.latest(client)
    card = selectors.card(latest, timezone.localdate()) if latest else None
    return render(request, "prescriptions/_panel.html", {"card": card})


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    client = access.acting_client(request)
    form = upload_form(request, client)
    if form.is_valid():
        try:
            user = access.user_of(request)
            sent = receiving.receive(actor=user, client=client, **form.sent())
        except DomainError as error:
            form.add_error("document", str(error))
        else:
            return go(request, resolve_url("prescriptions:upload-progress", sent.pk))
    return _upload_page(request, form, {"client": client})


@require_http_methods(["GET", "HEAD", "POST"])
def send_again(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """A better copy of one that we asked about."""
    prescription = access.mine(request, selectors.detailed(), prescription_id)
    client = prescription.client
    form = upload_form(request, client)
    try:
        if form.is_valid():
            user, sent = access.user_of(request), form.sent()
            upload = receiving.receive(actor=user, client=client, answers=prescription, **sent)
            return go(request, resolve_url("prescriptions:upload-progress", upload.pk))
    except InvalidTransition:
        flash.info(request, _("Nothing is missing on this one any more."))
        return go(request, resolve_url("prescriptions:detail", prescription.pk))
    except DomainError as error:
        form.add_error("document", str(error))
    card = selectors.card(prescription, timezone.localdate())
    return _upload_page(request, form, {"client": client, "card": card})


@require_safe
def upload_progress(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """How far the check of what was sent has come; then on to the prescription."""
    sent = access.mine(request, selectors.uploads(), upload_id)
    if sent.status == sent.Status.READY:
        flash.success(request, _("Thank you. We have it and will look at it soon."))
    again = resolve_url("prescriptions:upload")
    if sent.answers_id:
        again = resolve_url("prescriptions:send-again", sent.answers_id)
    return progress_page(
        request,
        sent,
        page="prescriptions/upload_progress.html",
        ready="prescriptions:detail",
        again=again,
    )


def progress_page(
    request: HttpRequest, sent: Upload, *, page: str, ready: str, again: str
) -> HttpResponse:
    """The page, or through htmx the part that moves, when it has moved."""
    found = resolve_url(ready, sent.prescription_id) if sent.prescription_id else None
    if found and sent.status == sent.Status.READY:
        return go(request, found)
    state = selectors.upload_state(sent)
    partial = "HX-Request" in request.headers
    if partial and request.GET.get("seen") == state.key:
        return HttpResponse(status=204)
    context = {"client": sent.client, "state": state, "known": found}
    context["again"] = f"{again}?again={sent.pk}"
    return render(request, "prescriptions/_upload_state.html" if partial else page, context)


def go(request: HttpRequest, address: str) -> HttpResponse:
    """Leave for another page, also from a form that htmx sent."""
    if "HX-Request" in request.headers:
        return HttpResponseClientRedirect(address)
    return redirect(address)


def upload_form(
    request: HttpRequest, client: Client, make: Callable[..., UploadForm] = UploadForm
) -> UploadForm:
    if request.method == "POST":
        return make(request.POST, request.FILES)
    if "again" not in request.GET:
        return make()
    # After a refusal: other files, the same words.
    refused = access.own(request, Upload.objects.filter(client=client), request.GET["again"])
    return make(initial={"note": refused.note, "answers": str(refused.answers_id or "new")})


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
    audit.viewed(request, prescription, again=looks.PAGE)
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
    found = Prescription.objects.select_related("document", "client").defer("words")
    prescription = access.own(request, found, prescription_id)
    # Nothing is deciphered to find out that there is no such page.
    if not 1 <= number <= (prescription.document.pages or 0):
        raise Http404
    try:
        picture = pages.render(documents.read(prescription.document), number)
    except (IndexError, pages.Unreadable, documents.DocumentLost) as error:
        raise Http404 from error
    audit.record(request.user, "prescription.viewed", prescription, page=number)
    kept_nowhere = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(picture, content_type="image/png", headers=kept_nowhere)
