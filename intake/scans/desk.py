"""A scan of a paper questionnaire: attached by staff, read by therapists alone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.documents import store as documents
from clinic.web.form_page import form_page
from intake.models import PaperScan
from intake.scans import door, services
from intake.scans.forms import ScanForm

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

    from clinic.models import Client

POLL = 2  # seconds


@access.care_team
@require_http_methods(["GET", "HEAD", "POST"])
def attach(request: HttpRequest, client_id: UUID) -> HttpResponse:
    client = access.client(access.user_of(request), client_id)
    audit.viewed(request, client, action="intake.viewed", again=view_log.PAGE)
    posted = request.method == "POST"
    form = ScanForm(*((request.POST, request.FILES) if posted else ()), client=client)
    save = partial(_attach, request, client, form)
    page = {"client": client}
    return form_page(request, form, "intake/scans/attach.html", save, context=page)


def _attach(request: HttpRequest, client: Client, form: ScanForm, _data: dict[str, Any]) -> str:
    made = services.attach(actor=access.user_of(request), client=client, **form.sent())
    return reverse("intake:desk-scan", args=[made.pk])


@access.care_team
@require_safe
def scan(request: HttpRequest, scan_id: UUID) -> HttpResponse:
    """What became of it; its pages for those who may read answers."""
    rows = PaperScan.objects.select_related("client", "sent_by", "document")
    found = access.visible(request, rows, scan_id)
    audit.viewed(request, found, action="intake.viewed", again=view_log.PAGE)
    may_read = access.is_therapist(request.user) and found.document is not None
    pages = (found.document.pages or 0) if may_read and found.document else 0
    context = {
        "scan": found,
        "poll": POLL,
        "why_not": door.files().explained(found.refusal) if found.refusal else "",
        "numbers": range(1, pages + 1),
    }
    return render(request, "intake/scans/scan.html", context)


@access.therapist
@require_safe
def page(request: HttpRequest, scan_id: UUID, number: int) -> HttpResponse:
    """One page as a picture."""
    rows = PaperScan.objects.select_related("client", "document")
    found = access.visible(request, rows, scan_id)
    if found.document is None or not 1 <= number <= (found.document.pages or 0):
        raise Http404
    try:
        picture = door.files().page(documents.read(found.document), number)
    except (door.NoPage, documents.DocumentLost) as error:
        raise Http404 from error
    audit.record(request.user, "paperscan.viewed", found, page=number)
    kept_nowhere = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(picture, content_type="image/png", headers=kept_nowhere)
