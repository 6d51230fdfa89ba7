"""What clients see of their rights: everything about me, consents, corrections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages as flash
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import access, audit, consents, documents, reauthentication, rights
from clinic.errors import DomainError
from clinic.models import Export
from clinic.retention import PERIODS
from clinic.rights_forms import CorrectionForm

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Client


@require_http_methods(["GET", "HEAD", "POST"])
def my_data(request: HttpRequest) -> HttpResponse:
    """The newest archive, and corrections; POST asks for one."""
    client = access.acting_client(request)
    form = CorrectionForm(request.POST or None)
    if form.is_valid():
        try:
            rights.ask_correction(actor=access.user_of(request), client=client, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error.message))
        else:
            flash.success(request, _("Thank you. We look at it and answer you here."))
            return redirect("my-data")
    return _page(request, client, form)


def _page(request: HttpRequest, client: Client, form: CorrectionForm) -> HttpResponse:
    context = {
        "client": client,
        "clients": access.clients_for(request.user),
        "export": client.exports.first(),
        "days": PERIODS["exports"].length.days,
        "form": form,
        "corrections": client.correction_requests.all(),
    }
    if request.headers.get("HX-Request"):
        return render(request, "portal/_export.html", context)
    status = 422 if form.is_bound else 200
    return render(request, "portal/my_data.html", context, status=status)


@require_POST
def ask_export(request: HttpRequest) -> HttpResponse:
    client = access.acting_client(request)
    reauthentication.require(request)
    rights.ask_export(actor=access.user_of(request), client=client)
    return redirect("my-data")


@require_safe
def export_download(request: HttpRequest, export_id: UUID) -> HttpResponse:
    ready = Export.objects.filter(status=Export.Status.READY, expires_at__gt=timezone.now())
    found = access.mine(request, ready.select_related("document"), export_id)
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
    return render(request, "portal/consents.html", context)
