"""Pain before and after each visit, for who treats and for the client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.selectors import clinic_today
from treatment.confirming.selectors import last_of
from treatment.followups import questions
from treatment.followups import selectors as follow_ups
from treatment.function import selectors as function
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
    page = _about(client) | {
        "questions": _last_visit(client),
        "to_confirm": last_of(client),
        "measure_url": reverse("treatment:portal-function"),
    }
    return render(request, "treatment/outcomes/portal.html", page)


def _last_visit(client: Client) -> questions.Questions | None:
    """What a client may say of their last visit without being asked."""
    visit = follow_ups.last_visit(client)
    return questions.of(visit, follow_ups.told_today(visit)) if visit else None


def _for_staff(client: Client) -> dict[str, Any]:
    return {
        "is_desk": True,
        "measure_url": reverse("treatment:function", args=[client.pk]),
        "practice": selfcare.practice_of(client, clinic_today()),
    }


def _about(client: Client) -> dict[str, Any]:
    rows = selectors.rows_of(client)
    typical, told = selectors.typical_of(rows)
    history = function.history_of(client)
    return {
        "client": client,
        "rows": rows[::-1],
        "plot": plot.of(rows) if rows else None,
        "function": history,
        "function_plot": plot.of_means(selectors.since_the_first(history)),
        "choice": follow_ups.choice_of(client),
        "typical": typical,
        "told": told,
    }
