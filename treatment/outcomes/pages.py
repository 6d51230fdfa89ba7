"""Pain before and after each visit, for who treats and for the client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.views.decorators.http import require_safe

from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from treatment.confirming.selectors import last_of
from treatment.outcomes import plot, selectors

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Client


@access.treatment
@require_safe
def desk(request: HttpRequest, client_id: UUID) -> HttpResponse:
    client = access.client(access.user_of(request), client_id)
    audit.viewed(request, client, action="outcomes.viewed", again=view_log.PAGE)
    return render(request, "treatment/outcomes/desk.html", _about(client) | {"is_desk": True})


@require_safe
def portal(request: HttpRequest) -> HttpResponse:
    client = access.acting_client(request)
    audit.viewed(request, client, action="outcomes.viewed", again=view_log.PAGE)
    page = _about(client) | {"to_confirm": last_of(client)}
    return render(request, "treatment/outcomes/portal.html", page)


def _about(client: Client) -> dict[str, Any]:
    rows = selectors.rows_of(client)
    typical, told = selectors.typical_of(rows)
    return {
        "client": client,
        "rows": rows[::-1],
        "plot": plot.of(rows) if rows else None,
        "typical": typical,
        "told": told,
    }
