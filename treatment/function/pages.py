"""What a client can do again: entered by who treats them, or by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.web.form_page import form_page
from treatment.function import selectors, services
from treatment.function.forms import MeasureForm
from treatment.models import Activity

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Client

METHODS = ["GET", "HEAD", "POST"]


@access.treatment
@require_http_methods(METHODS)
def desk(request: HttpRequest, client_id: UUID) -> HttpResponse:
    client = access.client(access.user_of(request), client_id)
    back = reverse("treatment:progress", args=[client.pk])
    return _page(request, client, "treatment/function/desk.html", back)


@require_http_methods(METHODS)
def portal(request: HttpRequest) -> HttpResponse:
    client = access.acting_client(request)
    back = reverse("treatment:portal-progress")
    return _page(request, client, "treatment/function/portal.html", back)


def _page(request: HttpRequest, client: Client, template: str, back: str) -> HttpResponse:
    if selectors.is_kept(client, request.POST.get("form_token", "")):  # pressed twice
        return redirect(back)
    audit.viewed(request, client, action="function.viewed", again=view_log.PAGE)
    asked = selectors.asked(client)
    form = MeasureForm(request.POST or None, asked=asked)

    def save(_data: dict[str, Any]) -> str:
        user = access.user_of(request)
        services.measure(actor=user, client=client, **form.measured())
        flash.success(request, _("Saved."))
        return back

    return form_page(request, form, template, save, context={"client": client, "back_url": back})


@access.treatment
@require_POST
def desk_end(request: HttpRequest, activity_id: UUID) -> HttpResponse:
    activity = access.visible(request, Activity.objects.select_related("client"), activity_id)
    services.end(actor=access.user_of(request), activity=activity)
    return redirect("treatment:function", activity.client_id)


@require_POST
def portal_end(request: HttpRequest, activity_id: UUID) -> HttpResponse:
    activity = access.own(request, Activity.objects.select_related("client"), activity_id)
    services.end(actor=access.user_of(request), activity=activity)
    return redirect("treatment:portal-function")
