"""A client's own estimates."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from billing.estimates import selectors, services
from billing.estimates.forms import AskForm
from clinic import access
from clinic.audit import services as audit
from clinic.web.form_page import form_page

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Client


@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: HttpRequest) -> HttpResponse:
    """Those that were given, and the form that asks for one."""
    client = access.acting_client(request)
    form = AskForm(request.POST or None)

    def page() -> dict[str, Any]:
        return {"client": client, "estimates": selectors.of_client(client)}

    ask = partial(_ask, request, client)
    return form_page(request, form, "billing/estimates/portal_list.html", ask, context=page)


def _ask(request: HttpRequest, client: Client, data: dict[str, Any]) -> str:
    made = services.ask(actor=access.user_of(request), client=client, **data)
    return reverse("billing:estimate", args=[made.pk])


@require_safe
def estimate(request: HttpRequest, estimate_id: UUID) -> HttpResponse:
    found = access.own(request, selectors.estimates(), estimate_id)
    audit.viewed(request, found)
    (shown,) = selectors.compared([found])
    return render(request, "billing/estimates/portal_estimate.html", {"shown": shown})
