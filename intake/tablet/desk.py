"""Staff hand a tablet over, and take back one that lies elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages as flash
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic import access
from clinic.errors import DomainError
from clinic.web.form_page import act
from intake import visits
from intake.models import Handover
from intake.tablet import lock, services

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Client


@access.care_team
@require_POST
def hand_over(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """From here on this browser shows one client's questionnaire and nothing else."""
    user = access.user_of(request)
    client = access.client(user, client_id)
    try:
        handover = services.hand_over(actor=user, client=client, visit=_visit(request, client))
    except DomainError as refusal:
        flash.error(request, str(refusal.message))
        return redirect("client-detail", client.pk)
    lock.close(request, handover)
    return redirect(lock.SCREEN)


def _visit(request: HttpRequest, client: Client) -> UUID | None:
    """The visit it was handed over for, if the form named one of this client's."""
    found = visits.named(request.POST.get("visit", ""))
    return found.pk if found and found.client.pk == client.pk else None


@access.care_team
@require_POST
def take_back(request: HttpRequest, handover_id: UUID) -> HttpResponse:
    handover = access.visible(request, Handover.objects.all(), handover_id)

    def take() -> None:
        services.take_back(actor=access.user_of(request), handover=handover)

    act(request, take, _("Taken back: what was open on the tablet is closed."))
    return redirect("intake:desk")
