"""Pain before and after each visit, for who treats and for the client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.views.decorators.http import require_safe

from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.selectors import clinic_today
from treatment.outcomes import plot, selectors
from treatment.selfcare import selectors as selfcare

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Client


@access.treatment
@require_safe
def desk(request: HttpRequest, client_id: UUID) -> HttpResponse:
    client = access.client(access.user_of(request), client_id)
    audit.viewed(request, client, action="outcomes.viewed", again=view_log.PAGE)
    return render(request, "treatment/outcomes/desk.html", _about(client) | _for_staff(client))


@require_safe
def portal(request: HttpRequest) -> HttpResponse:
    client = access.acting_client(request)
    audit.viewed(request, client, action="outcomes.viewed", again=view_log.PAGE)
    return render(request, "treatment/outcomes/portal.html", _about(client))


def _for_staff(client: Client) -> dict[str, Any]:
    return {"is_desk": True, "practice": selfcare.practice_of(client, clinic_today())}


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
