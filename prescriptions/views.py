"""Pages for clients: what they sent, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.documents import store as documents
from prescriptions import selectors
from prescriptions.models import Prescription
from prescriptions.reading import page_images
from prescriptions.uploading.selectors import open_uploads

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest


@require_safe
def prescription_list(request: HttpRequest) -> HttpResponse:
    client = access.acting_client(request)
    audit.viewed(request, client, action="prescriptions.viewed", again=view_log.PAGE)
    cards = selectors.cards(client, timezone.localdate())
    context = {"client": client, "clients": access.clients_for(request.user), "cards": cards}
    context["uploads"] = open_uploads(client)
    return render(request, "prescriptions/list.html", context)


@require_safe
def portal_panel(request: HttpRequest) -> HttpResponse:
    """The newest one, for the portal's home page; on its own, the list."""
    if "HX-Request" not in request.headers:
        return redirect("prescriptions:list")
    client = access.acting_client(request)
    audit.viewed(request, client, action="prescriptions.viewed", part=True)
    latest = selectors.latest(client)
    card = selectors.card(latest, timezone.localdate()) if latest else None
    return render(request, "prescriptions/_panel.html", {"card": card})


@require_safe
def detail(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    prescription = access.own(request, selectors.detailed(), prescription_id)
    audit.viewed(request, prescription, again=view_log.PAGE)
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
    prescription = access.visible(request, found, prescription_id)
    audit.record(request.user, "document.downloaded", prescription)
    return documents.response(prescription.document)


@require_safe
def page(request: HttpRequest, prescription_id: UUID, number: int) -> HttpResponse:
    """One page of the clean copy as a picture."""
    found = Prescription.objects.select_related("document", "client").defer("words")
    prescription = access.visible(request, found, prescription_id)
    # Do not decrypt anything just to find out that there is no such page.
    if not 1 <= number <= (prescription.document.pages or 0):
        raise Http404
    try:
        picture = page_images.render(documents.read(prescription.document), number)
    except (IndexError, page_images.Unreadable, documents.DocumentLost) as error:
        raise Http404 from error
    audit.record(request.user, "prescription.viewed", prescription, page=number)
    kept_nowhere = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(picture, content_type="image/png", headers=kept_nowhere)
