"""Merging two records at the desk: find the other, compare, merge; and unmerging them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic import access
from clinic.audit import services as audit
from clinic.models import ClientMerge
from clinic.people.forms import ClientSearchForm
from clinic.people.merging import services
from clinic.people.merging.forms import MergeForm
from clinic.people.search import search_clients
from clinic.people.similar import perhaps_the_same
from clinic.web.form_page import act, form_page

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Client


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Which other record is the same person's."""
    client = access.client(access.user_of(request), client_id)
    form = ClientSearchForm(request.POST)  # names travel in the body, never in a URL
    words = form.cleaned_data["q"] if form.is_valid() else ""
    same = perhaps_the_same(client) if not words else []
    found = search_clients(words) if words else [one.client for one in same]
    context = {
        "client": client,
        "words": words,
        "found": [other for other in found if other.pk != client.pk],
    }
    return render(request, "clinic/people/merging/merge_find.html", context)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def compare(request: HttpRequest, client_id: UUID, other_id: UUID) -> HttpResponse:
    """Both records side by side; POST merges them."""
    user = access.user_of(request)
    one, other = access.client(user, client_id), access.client(user, other_id)
    if one.pk == other.pk:
        merged = _("These two records are already merged.")
        flash.info(request, merged if client_id != other_id else _("That is the same record."))
        return redirect("client-detail", one.pk)
    return _compare(request, one, other)


def _compare(request: HttpRequest, one: Client, other: Client) -> HttpResponse:
    form = MergeForm(request.POST if request.method == "POST" else None, one=one, other=other)

    def save(_typed: dict[str, Any]) -> str:
        made = services.merge(actor=access.user_of(request), choice=form.choice())
        flash.success(request, _("The two records are now merged."))
        return reverse("client-detail", args=[made.kept_id])

    def page() -> dict[str, Any]:
        for client in (one, other):
            audit.viewed(request, client)
        return {"client": one, "other": other, "objection": services.objection(one, other)}

    return form_page(request, form, "clinic/people/merging/merge.html", save, context=page)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, merge_id: UUID) -> HttpResponse:
    """One merge: by whom and when; POST undoes it."""
    rows = ClientMerge.objects.select_related("kept", "merged__user", "done_by", "undone_by")
    found = access.visible(request, rows, merge_id, "kept")
    if request.method == "POST":
        return _undo(request, found)
    audit.viewed(request, found, client=found.kept)
    later = services.later_merge(found) if found.is_in_effect else None
    context = {"merge": found, "later": later}
    return render(request, "clinic/people/merging/merge_detail.html", context)


def _undo(request: HttpRequest, merge: ClientMerge) -> HttpResponse:
    user, done = access.user_of(request), _("There are two records again.")
    if act(request, lambda: services.undo(actor=user, merge=merge), done):
        return redirect("client-detail", merge.merged_id)
    return redirect("merge-detail", merge.pk)
