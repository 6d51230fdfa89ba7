"""Clients' receipts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from billing import selectors
from billing.issuing import packets
from clinic import access
from clinic.audit import services as audit
from clinic.documents import store as documents
from clinic.people import owed

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from billing.models import BillingDocument
    from clinic.models import Client

PANEL = 3


@require_safe
def receipt_list(request: HttpRequest) -> HttpResponse:
    return render(request, "billing/receipt_list.html", _of(access.acting_client(request)))


@require_safe
def portal_panel(request: HttpRequest) -> HttpResponse:
    """The newest receipts, on the portal's home page."""
    part = bool(getattr(request, "htmx", False))
    page = "billing/_portal_panel.html" if part else "billing/receipt_list.html"
    return render(request, page, _of(access.acting_client(request), PANEL if part else None))


@require_safe
def portal_balance(request: HttpRequest) -> HttpResponse:
    """One readiness light for the next visit: the balance due."""
    client = access.acting_client(request)
    if not getattr(request, "htmx", False):
        return redirect("billing:receipt-list")
    return render(request, "billing/_balance.html", {"owed_cents": owed.of(client.pk).cents})


def _of(client: Client, most: int | None = None) -> dict[str, Any]:
    return {
        "client": client,
        "fees": selectors.fees_of(client),
        "documents": list(selectors.documents_of(client)[:most]),
        "owed_cents": owed.of(client.pk).cents,
    }


@require_safe
def receipt(request: HttpRequest, receipt_id: UUID) -> HttpResponse:
    found = _own(request, receipt_id)
    audit.viewed(request, found, action=f"{found.kind}.viewed")
    part = bool(getattr(request, "htmx", False))
    page = "billing/_download.html" if part else "billing/receipt.html"
    return render(request, page, {"document": found, "progress": packets.progress(found)})


@require_safe
def download(request: HttpRequest, receipt_id: UUID) -> HttpResponse:
    """The PDF, byte for byte as it was made."""
    found = _own(request, receipt_id)
    if found.file is None:
        raise Http404
    audit.record(request.user, f"{found.kind}.downloaded", found)
    return documents.response(found.file)


def _own(request: HttpRequest, pk: UUID) -> BillingDocument:
    return access.visible(request, selectors.documents(), pk)
