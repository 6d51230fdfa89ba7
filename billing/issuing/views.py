"""A statement or a packet that a client makes of their own visits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.views.decorators.http import require_http_methods

from billing.issuing import services
from billing.issuing.forms import SpanForm, years_of
from billing.issuing.statements import Span
from clinic import access
from clinic.web.form_page import form_page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_http_methods(["GET", "HEAD", "POST"])
def some_days(request: HttpRequest, kind: str) -> HttpResponse:
    client = access.acting_client(request)
    form = SpanForm(request.POST or None, year=request.GET.get("year", ""))

    def save(days: dict[str, Any]) -> str:
        made = services.issue_range(kind, actor=access.user_of(request), span=Span(client, **days))
        return reverse("billing:receipt", args=[made.pk])

    def page() -> dict[str, Any]:
        return {"client": client, "kind": kind, "years": years_of(client)}

    return form_page(request, form, "billing/some_days.html", save, context=page)
