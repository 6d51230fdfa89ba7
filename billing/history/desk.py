"""A client's visits and what came of them: a panel of the client's page (htmx), or a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.history import rows
from booking import selectors as booking
from clinic import access
from clinic.audit import services as audit

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

PANEL, PAGE = 6, 25  # visits that are over
AHEAD = 4  # visits to come, in the panel


@access.staff
@require_safe
def visits(request: HttpRequest, client_id: UUID) -> HttpResponse:
    client = access.client(access.user_of(request), client_id)
    part = bool(getattr(request, "htmx", False))
    audit.viewed(request, client, action="appointments.viewed", part=part)
    pages = Paginator(rows.past(client), PANEL if part else PAGE)
    page = pages.get_page(request.GET.get("page"))
    ahead = list(booking.upcoming(client)) if access.in_care_team(request.user) else []
    shown = {
        "ahead": ahead[:AHEAD] if part else ahead,
        "more_ahead": max(0, len(ahead) - AHEAD) if part else 0,
        "rows": rows.rows(client, list(page)),
    }
    context = {"client": client, "page": page, "part": part, **shown}
    return render(request, f"billing/history/{'_visits' if part else 'visits'}.html", context)
