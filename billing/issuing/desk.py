"""A statement or a packet that the desk makes for a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.views.decorators.http import require_http_methods

from billing.issuing import services
from billing.issuing.forms import SpanForm, years_of
from billing.issuing.statements import Span
from clinic import access
from clinic.audit import services as audit
from clinic.web.form_page import form_page

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse


@access.money
@require_http_methods(["GET", "HEAD", "POST"])
def some_days(request: HttpRequest, client_id: UUID, kind: str) -> HttpResponse:
    client = access.client(access.user_of(request), client_id)
    form = SpanForm(request.POST or None, year=request.GET.get("year", ""))

    def save(days: dict[str, Any]) -> str:
        made = services.issue_range(kind, actor=access.user_of(request), span=Span(client, **days))
        return reverse("billing:desk-receipt", args=[made.pk])

    def page() -> dict[str, Any]:
        audit.viewed(request, client, action="receipts.viewed")
        return {"client": client, "kind": kind, "years": years_of(client)}

    return form_page(request, form, "billing/desk_some_days.html", save, context=page)
