"""Pages for payers and techniques: a list, and one form each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from booking.setup import records
from booking.setup.forms import PayerForm, TechniqueForm
from booking.setup.page import role_of
from clinic import access
from clinic.models import Payer, Technique
from clinic.web.form_page import form_page

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

RECORD = "booking/setup/record.html"
either = require_http_methods(["GET", "HEAD", "POST"])


@access.manager
@require_safe
def payer_list(request: HttpRequest) -> HttpResponse:
    context = {"payers": Payer.objects.order_by("-is_active", "name"), **role_of(request)}
    return render(request, "booking/setup/payers.html", context)


@access.manager
@either
def payer(request: HttpRequest, payer_id: UUID | None = None) -> HttpResponse:
    row = get_object_or_404(Payer, pk=payer_id) if payer_id else Payer()
    form = PayerForm(request.POST or None, instance=row)
    heading = row.name if payer_id else _("New payer")
    page = {"tab": "payers", "heading": heading, **role_of(request)}
    save = partial(_save, request, row)
    return form_page(request, form, RECORD, save, context=page, edits=row if payer_id else None)


@access.manager
@require_safe
def technique_list(request: HttpRequest) -> HttpResponse:
    context = {"techniques": Technique.objects.all(), **role_of(request)}
    return render(request, "booking/setup/techniques.html", context)


@access.manager
@either
def technique(request: HttpRequest, technique_id: UUID | None = None) -> HttpResponse:
    row = get_object_or_404(Technique, pk=technique_id) if technique_id else Technique()
    form = TechniqueForm(request.POST or None, instance=row)
    heading = row.name if technique_id else _("New technique")
    page = {"tab": "techniques", "heading": heading, **role_of(request)}
    save = partial(_save, request, row)
    return form_page(request, form, RECORD, save, context=page, edits=row if technique_id else None)


def _save(request: HttpRequest, row: Payer | Technique, data: dict[str, Any]) -> str:
    records.save(actor=access.user_of(request), row=row, values=data)
    flash.success(request, _("%(name)s is saved.") % {"name": row.name})
    return "diary:payers" if isinstance(row, Payer) else "diary:techniques"
