"""A paper handed over at the desk: scanned or photographed there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.shortcuts import resolve_url
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from prescriptions.models import Prescription
from prescriptions.selectors import asked
from prescriptions.uploading import receiving, selectors
from prescriptions.uploading.forms import DeskUploadForm
from prescriptions.uploading.views import go, progress_page, upload_form, upload_page

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

PAGE = "prescriptions/uploading/desk_upload.html"


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, client_id: UUID) -> HttpResponse:
    user = access.user_of(request)
    client = access.client(user, client_id)
    audit.viewed(request, client, action="prescriptions.viewed", again=view_log.PAGE)
    waiting = asked(client, timezone.localdate())
    form = upload_form(request, client, partial(DeskUploadForm, asked=waiting))

    def send(_data: dict[str, Any]) -> HttpResponse:
        source = Prescription.Source.DESK
        sent = receiving.receive(actor=user, client=client, source=source, **form.sent())
        return go(request, resolve_url("prescriptions:desk-upload-progress", sent.pk))

    return upload_page(request, form, PAGE, send, {"client": client})


@access.desk
@require_safe
def upload_progress(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Progress of checking a scan, then on to its review."""
    sent = access.visible(request, selectors.uploads(), upload_id)
    audit.viewed(request, sent, again=view_log.PAGE)
    page = "prescriptions/uploading/desk_upload_progress.html"
    again = resolve_url("prescriptions:desk-upload", sent.client_id)
    return progress_page(request, sent, page=page, ready="prescriptions:review", again=again)
