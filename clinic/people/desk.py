"""A client's details at the desk: a new record, and what is put right in one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.people import adding, record
from clinic.people.details import services as details
from clinic.people.person_forms import GROUPS, DetailsForm, NewClientForm, NoteForm
from clinic.web.form_page import form_page

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Client

ADD = "clinic/people/add.html"
DETAILS = "clinic/people/details.html"


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new record, without a booking. What was searched for is already in the form."""
    searched = "q" in request.POST and "name" not in request.POST
    data = request.POST if request.method == "POST" and not searched else None
    form = NewClientForm(data, initial=record.from_search(request.POST.get("q", "")))
    save = partial(_add, request, form)
    page = partial(_similar, form)
    if "preview" in request.POST:
        return render(request, ADD, {"form": form, **page()})
    return form_page(request, form, ADD, save, context=page)


def _similar(form: NewClientForm) -> dict[str, Any]:
    found = record.similar_to(form)
    return {"similar": [(one, reverse("client-detail", args=[one.client.pk])) for one in found]}


def _add(request: HttpRequest, form: NewClientForm, _data: dict[str, Any]) -> str:
    actor = access.user_of(request)
    client = adding.add(actor=actor, seen=record.looked_at(request), **form.columns)
    flash.success(request, _("%(name)s is in the records.") % {"name": client.name})
    return reverse("client-detail", args=[client.pk])


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, client_id: UUID) -> HttpResponse:
    client = access.client(access.user_of(request), client_id)
    audit.viewed(request, client, again=view_log.PAGE)
    form = DetailsForm(request.POST or None, client=client)
    save = partial(_save, request, client, form)
    return form_page(request, form, DETAILS, save, context={"client": client}, edits=client)


def _save(request: HttpRequest, client: Client, form: DetailsForm, _data: dict[str, Any]) -> str:
    details.change_details(actor=access.user_of(request), client=client, **form.columns)
    flash.success(request, _("Saved."))
    return reverse("client-detail", args=[client.pk])


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def field(request: HttpRequest, client_id: UUID, group: str) -> HttpResponse:
    """One detail, changed in place; without JavaScript, the page of all of them."""
    if group not in GROUPS:
        raise Http404
    client = access.client(access.user_of(request), client_id)
    if "HX-Request" not in request.headers:
        return redirect(reverse("client-details", args=[client.pk]) + f"#div_id_{GROUPS[group][0]}")
    audit.viewed(request, client, part=True)
    page = {"client": client, "group": group, "row": record.row(client, group), "may_change": True}
    if request.GET.get("show"):  # Cancel
        return _row(request, page)
    form = DetailsForm(request.POST or None, client=client, only=group)
    save = partial(_save_field, request, form, page)
    return form_page(request, form, "clinic/people/_edit.html", save, context=page, edits=client)


def _save_field(
    request: HttpRequest, form: DetailsForm, page: dict[str, Any], _data: dict[str, Any]
) -> HttpResponse:
    details.change_details(actor=access.user_of(request), client=page["client"], **form.columns)
    return _row(request, page)


def _row(request: HttpRequest, page: dict[str, Any]) -> HttpResponse:
    page["row"] = record.row(page["client"], page["group"])
    return render(request, "clinic/people/_row.html", page)


@access.care_team
@require_http_methods(["GET", "HEAD", "POST"])
def note(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """What everyone who works with this client should know; it shows on the board."""
    client = access.client(access.user_of(request), client_id)
    audit.viewed(request, client, again=view_log.PAGE)
    form = NoteForm(request.POST or None, initial={"note": client.note})
    form.fields["note"].widget.attrs["autofocus"] = True
    save = partial(_save_note, request, client)
    page = {"client": client}
    return form_page(request, form, "clinic/people/note.html", save, context=page, edits=client)


def _save_note(request: HttpRequest, client: Client, data: dict[str, Any]) -> str:
    details.write_note(actor=access.user_of(request), client=client, note=data["note"])
    flash.success(request, _("Saved."))
    return record.next_page(request, reverse("client-detail", args=[client.pk]))
