"""At the desk: whether a client wants to be asked, on their word; and who has looked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.web.form_page import form_page
from treatment.followups import selectors, services
from treatment.followups.forms import DeskChoiceForm
from treatment.followups.portal import said
from treatment.models import FollowUp

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

HERE = "treatment/followups/desk.html"
CLIENT = "visit__appointment__client"


@access.care_team
@require_http_methods(["GET", "HEAD", "POST"])
def choice(request: HttpRequest, client_id: UUID) -> HttpResponse:
    user = access.user_of(request)
    client = access.client(user, client_id)
    audit.viewed(request, client, action="follow_up.viewed", again=view_log.PAGE)
    known = selectors.choice_of(client)
    form = DeskChoiceForm.of(request, known)

    def save(data: dict[str, Any]) -> str:
        services.choose(actor=user, client=client, how=services.How.DESK, **data)
        flash.success(request, said(is_asked=data["is_asked"]))
        return reverse("client-detail", args=[client.pk])

    return form_page(request, form, HERE, save, context={"client": client, "known": known})


@access.treatment
@require_POST
def look(request: HttpRequest, follow_up_id: UUID) -> HttpResponse:
    """From the list on the therapist's day to the client's progress."""
    rows = FollowUp.objects.select_related(CLIENT)
    found = access.visible(request, rows, follow_up_id, client_field=CLIENT)
    services.look(actor=access.user_of(request), follow_up=found)
    return redirect("treatment:progress", found.visit.appointment.client_id)
