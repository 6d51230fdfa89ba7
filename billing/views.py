"""What clients see of money: their receipts. And the public check of a receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from billing import selectors
from billing.forms import VerifyForm
from clinic import access, audit, documents, throttle

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from billing.models import Receipt
    from clinic.models import Client

TRIES = 20  # guesses of a verification code by one network in ten minutes
PANEL = 3


@require_safe
def receipt_list(request: HttpRequest) -> HttpResponse:
    return render(request, "billing/receipt_list.html", _of(access.acting_client(request)))


@require_safe
def portal_panel(request: HttpRequest) -> HttpResponse:
    """The newest receipts, on the portal's home."""
    part = bool(getattr(request, "htmx", False))
    page = "billing/_portal_panel.html" if part else "billing/receipt_list.html"
    return render(request, page, _of(access.acting_client(request), PANEL if part else None))


@require_safe
def portal_balance(request: HttpRequest) -> HttpResponse:
    """One light for the next visit: what is still to pay."""
    client = access.acting_client(request)
    if not getattr(request, "htmx", False):
        return redirect("billing:receipt-list")
    return render(request, "billing/_balance.html", {"owed_cents": selectors.owed_by(client)})


def _of(client: Client, most: int | None = None) -> dict[str, Any]:
    return {
        "client": client,
        "fees": selectors.fees_of(client),
        "receipts": list(selectors.receipts_of(client)[:most]),
        "owed_cents": selectors.owed_by(client),
    }


@require_safe
def receipt(request: HttpRequest, receipt_id: UUID) -> HttpResponse:
    found = _own(request, receipt_id)
    audit.viewed(request, found)
    part = bool(getattr(request, "htmx", False))
    page = "billing/_download.html" if part else "billing/receipt.html"
    return render(request, page, {"receipt": found})


@require_safe
def download(request: HttpRequest, receipt_id: UUID) -> HttpResponse:
    """The PDF, byte for byte as it was made."""
    found = _own(request, receipt_id)
    if found.document is None:
        raise Http404
    audit.record(request.user, "receipt.downloaded", found)
    return documents.response(found.document)


def _own(request: HttpRequest, pk: UUID) -> Receipt:
    return access.own(request, selectors.receipts(), pk)


@access.public
@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """Whether a receipt is genuine and still valid. Says nothing about anybody."""
    form = VerifyForm(request.GET or None)
    found, status = None, 200
    if form.is_bound and form.is_valid():
        if throttle.crowded_here("verify", TRIES):
            return render(request, "429.html", status=429)
        found = selectors.receipt_by_code(form.cleaned_data["number"], form.cleaned_data["code"])
        status = 200 if found else 404
    answered = form.is_bound and form.is_valid()
    return render(
        request,
        "billing/verify.html",
        {"form": form, "receipt": found, "answered": answered},
        status=status,
    )
