"""Pages for clients: sending a prescription, and what becomes of the files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.http import HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from clinic import access
from clinic.errors import InvalidTransition
from clinic.web.form_page import form_page
from prescriptions.models import Upload
from prescriptions.selectors import card, detailed
from prescriptions.uploading import receiving, selectors
from prescriptions.uploading.forms import UploadForm

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.http import HttpRequest

    from clinic.models import Client
    from prescriptions.models import Prescription

PAGE = "prescriptions/uploading/upload.html"
ERRORS = "prescriptions/uploading/_upload_errors.html"
STATE = "prescriptions/uploading/_upload_state.html"


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    client = access.acting_client(request)
    form = upload_form(request, client)

    def send(_data: dict[str, Any]) -> HttpResponse:
        sent = receiving.receive(actor=access.user_of(request), client=client, **form.sent())
        return go(request, resolve_url("prescriptions:upload-progress", sent.pk))

    return upload_page(request, form, PAGE, send, {"client": client})


@require_http_methods(["GET", "HEAD", "POST"])
def send_again(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """Send a better copy that we asked for."""
    prescription = access.own(request, detailed(), prescription_id)
    form = upload_form(request, prescription.client)
    shown = card(prescription, timezone.localdate())
    context = {"client": prescription.client, "card": shown}

    def send(_data: dict[str, Any]) -> HttpResponse:
        return _send_copy(request, prescription, form)

    return upload_page(request, form, PAGE, send, context)


def _send_copy(request: HttpRequest, prescription: Prescription, form: UploadForm) -> HttpResponse:
    user, client = access.user_of(request), prescription.client
    try:
        sent = receiving.receive(actor=user, client=client, answers=prescription, **form.sent())
    except InvalidTransition:
        flash.info(request, _("Nothing is missing on this one anymore."))
        return go(request, resolve_url("prescriptions:detail", prescription.pk))
    return go(request, resolve_url("prescriptions:upload-progress", sent.pk))


@require_safe
def upload_progress(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Progress of checking what was sent, then on to the prescription."""
    sent = access.own(request, selectors.uploads(), upload_id)
    if sent.status == sent.Status.READY:
        flash.success(request, _("Thank you. We have it and will review it soon."))
    again = resolve_url("prescriptions:upload")
    if sent.answers_id:
        again = resolve_url("prescriptions:send-again", sent.answers_id)
    page = "prescriptions/uploading/upload_progress.html"
    return progress_page(request, sent, page=page, ready="prescriptions:detail", again=again)


# ---- Shared with the desk ----


def upload_form(
    request: HttpRequest, client: Client, make: Callable[..., UploadForm] = UploadForm
) -> UploadForm:
    if request.method == "POST":
        return make(request.POST, request.FILES)
    if "again" not in request.GET:
        return make()
    # After a refusal: other files, the same note.
    refused = access.visible(request, Upload.objects.filter(client=client), request.GET["again"])
    return make(initial={"note": refused.note, "answers": str(refused.answers_id or "new")})


def upload_page(
    request: HttpRequest,
    form: UploadForm,
    page: str,
    send: Callable[[dict[str, Any]], HttpResponse],
    context: dict[str, Any],
) -> HttpResponse:
    # htmx gets only the errors back, so the files stay chosen on the page.
    part = request.method == "POST" and "HX-Request" in request.headers
    template = ERRORS if part else page
    return form_page(request, form, template, send, context=context, field="document")


def progress_page(
    request: HttpRequest, sent: Upload, *, page: str, ready: str, again: str
) -> HttpResponse:
    """The page, or for htmx only the changing part, once it has changed."""
    found = resolve_url(ready, sent.prescription_id) if sent.prescription_id else None
    if found and sent.status == sent.Status.READY:
        return go(request, found)
    state = selectors.upload_state(sent)
    part = "HX-Request" in request.headers
    if part and request.GET.get("seen") == state.key:
        return HttpResponse(status=204)
    context = {"client": sent.client, "state": state, "known": found}
    context["again"] = f"{again}?again={sent.pk}"
    return render(request, STATE if part else page, context)


def go(request: HttpRequest, address: str) -> HttpResponse:
    """Redirect to another page, also from a form that htmx sent."""
    if "HX-Request" in request.headers:
        return HttpResponseClientRedirect(address)
    return redirect(address)
