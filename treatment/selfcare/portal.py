"""What a client was given to do at home. Shown whatever the setting on notes is: it is for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.selectors import clinic_today
from treatment.selfcare import selectors, services

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Client


@require_safe
def given(request: HttpRequest) -> HttpResponse:
    client = access.acting_client(request)
    audit.viewed(request, client, action="selfcare.viewed", again=view_log.PAGE)
    return render(request, "treatment/selfcare/portal.html", _of(client))


@require_safe
def panel(request: HttpRequest) -> HttpResponse:
    """For the portal's home; without htmx the page itself."""
    if not request.headers.get("HX-Request"):
        return redirect("treatment:portal-selfcare")
    client = access.acting_client(request)
    return render(request, "treatment/selfcare/_portal_panel.html", _of(client))


@require_POST
def tick(request: HttpRequest, exercise_id: UUID) -> HttpResponse:
    """Done today, or not after all. Only what this client was given."""
    client = access.acting_client(request)
    known = (one for one in selectors.given_to(client) if one.exercise.pk == exercise_id)
    if (found := next(known, None)) is None:
        raise Http404
    services.tick(
        actor=access.user_of(request),
        client=client,
        exercise=found.exercise,
        day=clinic_today(),
        is_done=request.POST.get("done") == "1",
    )
    return _ticked(request, client, found.exercise.pk)


def _ticked(request: HttpRequest, client: Client, pk: UUID) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        return redirect(f"{reverse('treatment:portal-selfcare')}#done-{pk.hex}")
    fresh = selectors.given_to(client, clinic_today())
    one = next(one for one in fresh if one.exercise.pk == pk)
    page = {"one": one, "client": client}
    return render(request, "treatment/selfcare/_done.html", page)


def _of(client: Client) -> dict[str, Any]:
    return {"client": client, "given": selectors.given_to(client, clinic_today())}
