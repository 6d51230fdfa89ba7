"""Clients' rights in the portal: archive, consents, corrections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import access
from clinic.accounts.reauthentication import services as reauthentication
from clinic.audit import services as audit
from clinic.documents import store as documents
from clinic.models import CorrectionRequest, Export
from clinic.privacy import consents, corrections
from clinic.privacy import services as privacy
from clinic.privacy.forms import CorrectionForm, DisagreeForm, NameForm
from clinic.privacy.retention import PERIODS
from clinic.web.form_page import form_page

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Client


@require_http_methods(["GET", "HEAD", "POST"])
def my_data(request: HttpRequest) -> HttpResponse:
    """The newest archive, and corrections; POST asks for one."""
    client = access.acting_client(request)

    def save(typed: dict[str, Any]) -> str:
        corrections.ask_correction(actor=access.user_of(request), client=client, **typed)
        flash.success(request, _("Thank you. We will look at it and answer you here."))
        return "my-data"

    form = CorrectionForm(request.POST or None)
    part = "HX-Request" in request.headers
    template = "clinic/privacy/_export.html" if part else "clinic/privacy/my_data.html"
    return form_page(request, form, template, save, context=_page(request, client))


def _page(request: HttpRequest, client: Client) -> dict[str, Any]:
    return {
        "client": client,
        "clients": access.clients_for(request.user),
        "export": client.exports.first(),
        "days": PERIODS["exports"].length.days,
        "corrections": client.correction_requests.all(),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def correct_name(request: HttpRequest) -> HttpResponse:
    """Ask for another name or date of birth, which are on orders and receipts."""
    client = access.acting_client(request)
    names = ("first_name", "last_name", "legal_name", "birth_date")
    form = NameForm(request.POST or None, initial={name: getattr(client, name) for name in names})

    def save(typed: dict[str, Any]) -> str:
        user, wanted = access.user_of(request), form.wanted()
        corrections.ask_for_details(actor=user, client=client, text=typed["text"], wanted=wanted)
        flash.success(request, _("Thank you. The desk will look at it and answer you here."))
        return "my-details"

    page = {"client": client, "clients": access.clients_for(request.user)}
    return form_page(request, form, "clinic/people/details/my_name.html", save, context=page)


@require_http_methods(["GET", "HEAD", "POST"])
def disagree(request: HttpRequest, correction_id: UUID) -> HttpResponse:
    """The client's statement about a request that was denied."""
    wanted = CorrectionRequest.objects.select_related("client")
    found = access.own(request, wanted, correction_id)

    def save(typed: dict[str, Any]) -> str:
        corrections.disagree(actor=access.user_of(request), correction=found, **typed)
        flash.success(request, _("Thank you. Your statement stays with your request."))
        return "my-data"

    form = DisagreeForm(request.POST or None)
    page = {"correction": found, "client": found.client}
    template = "clinic/privacy/disagree.html"
    return form_page(request, form, template, save, context=page, edits=found)


@require_POST
def ask_export(request: HttpRequest) -> HttpResponse:
    client = access.acting_client(request)
    reauthentication.require(request)
    privacy.ask_export(actor=access.user_of(request), client=client)
    return redirect("my-data")


@require_safe
def export_download(request: HttpRequest, export_id: UUID) -> HttpResponse:
    ready = Export.objects.filter(status=Export.Status.READY, expires_at__gt=timezone.now())
    found = access.own(request, ready.select_related("document"), export_id)
    reauthentication.require(request)
    if found.document is None:  # never, by constraint
        raise Http404
    audit.record(request.user, "export.downloaded", found)
    return documents.response(found.document)


@require_safe
def consent_list(request: HttpRequest) -> HttpResponse:
    client = access.acting_client(request)
    context = {
        "client": client,
        "clients": access.clients_for(request.user),
        "consents": consents.given(client),
    }
    return render(request, "clinic/privacy/consents.html", context)
