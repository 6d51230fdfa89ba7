"""The drawers of the clinic: for managers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages as flash
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.drawers import services
from billing.models import Drawer
from clinic import access
from clinic import selectors as clinic
from clinic.web.form_page import act, form_page

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Location


class DrawerForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        help_text=gettext_lazy("Where it stands, such as “Front desk” or “Back office”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Give it a name.")},
    )


@access.manager
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    rows = Drawer.objects.select_related("location").order_by("location", "position", "created_at")
    found = sorted(rows, key=lambda one: one.retired_at is not None)
    several = len({one.location_id for one in found}) > 1
    context = {"drawers": found, "several_places": several}
    return render(request, "billing/drawers/list.html", context)


@access.manager
@require_http_methods(["GET", "HEAD", "POST"])
def drawer(request: HttpRequest, drawer_id: UUID | None = None) -> HttpResponse:
    row = get_object_or_404(Drawer, pk=drawer_id) if drawer_id else None
    form = DrawerForm(request.POST or None, initial={"name": row.name if row else ""})
    page = {"heading": row.name if row else _("New drawer"), "drawer": row}
    save = partial(_save, request, row, clinic.location())
    return form_page(
        request, form, "billing/drawers/drawer.html", save, context=page, edits=row, field="name"
    )


def _save(request: HttpRequest, row: Drawer | None, here: Location, data: dict[str, Any]) -> str:
    who = access.user_of(request)
    if row is None:
        services.add(actor=who, location=here, name=data["name"])
    else:
        services.rename(actor=who, drawer=row, name=data["name"])
    flash.success(request, _("%(name)s is saved.") % {"name": data["name"]})
    return "billing:drawers"


@access.manager
@require_POST
def retire(request: HttpRequest, drawer_id: UUID) -> HttpResponse:
    row = get_object_or_404(Drawer, pk=drawer_id)
    work = partial(services.retire, actor=access.user_of(request), drawer=row)
    act(request, work, _("%(name)s is retired: no cash goes into it.") % {"name": row.name})
    return redirect("billing:drawers")


@access.manager
@require_POST
def use_again(request: HttpRequest, drawer_id: UUID) -> HttpResponse:
    row = get_object_or_404(Drawer, pk=drawer_id)
    work = partial(services.use_again, actor=access.user_of(request), drawer=row)
    act(request, work, _("%(name)s is in use again.") % {"name": row.name})
    return redirect("billing:drawers")
