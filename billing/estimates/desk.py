"""A client's estimates at the desk: given on request, compared with what came."""

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


@access.money
@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: HttpRequest, client_id: UUID) -> HttpResponse:
    client = access.client(access.user_of(request), client_id)
    form = AskForm(request.POST or None)

    def page() -> dict[str, Any]:
        audit.viewed(request, client, action="estimates.viewed")
        return {"client": client, "estimates": selectors.of_client(client)}

    ask = partial(_ask, request, client)
    return form_page(request, form, "billing/estimates/desk_list.html", ask, context=page)


def _ask(request: HttpRequest, client: Client, data: dict[str, Any]) -> str:
    made = services.ask(actor=access.user_of(request), client=client, **data)
    return reverse("billing:desk-estimate", args=[made.pk])


@access.money
@require_safe
def estimate(request: HttpRequest, estimate_id: UUID) -> HttpResponse:
    found = access.visible(request, selectors.estimates(), estimate_id)
    audit.viewed(request, found)
    (shown,) = selectors.compared([found])
    return render(request, "billing/estimates/desk_estimate.html", {"shown": shown})
