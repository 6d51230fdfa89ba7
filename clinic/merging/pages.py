"""Joining two records at the desk: find the other, compare, join; and parting them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages as flash
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic import access, audit, selectors
from clinic.errors import DomainError
from clinic.forms import ClientSearchForm
from clinic.merging import services
from clinic.merging.forms import MergeForm
from clinic.models import ClientMerge

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Which other record is the same person's."""
    client = access.client(access.user_of(request), client_id)
    form = ClientSearchForm(request.POST)  # names travel in the body, never in an address
    words = form.cleaned_data["q"] if form.is_valid() else ""
    found = selectors.search_clients(words) if words else selectors.perhaps_the_same(client)
    context = {
        "client": client,
        "words": words,
        "found": [other for other in found if other.pk != client.pk],
    }
    return render(request, "desk/merge_find.html", context)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def compare(request: HttpRequest, client_id: UUID, other_id: UUID) -> HttpResponse:
    """Both records side by side; POST joins them."""
    user = access.user_of(request)
    one, other = access.client(user, client_id), access.client(user, other_id)
    if one.pk == other.pk:
        joined = _("These two are one record already.")
        flash.info(request, joined if client_id != other_id else _("That is the same record."))
        return redirect("client-detail", one.pk)
    form = MergeForm(request.POST if request.method == "POST" else None, one=one, other=other)
    if form.is_valid():
        try:
            made = services.merge(actor=user, choice=form.choice())
        except DomainError as error:
            form.add_error(None, str(error.message))
        else:
            flash.success(request, _("The two records are one now."))
            return redirect("client-detail", made.kept_id)
    for client in (one, other):
        audit.viewed(request, client)
    context = {
        "client": one,
        "other": other,
        "form": form,
        "objection": services.objection(one, other),
    }
    status = 422 if form.is_bound else 200
    return render(request, "desk/merge.html", context, status=status)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, merge_id: UUID) -> HttpResponse:
    """One joining: by whom and when; POST undoes it."""
    user = access.user_of(request)
    rows = ClientMerge.objects.select_related("kept", "merged__user", "done_by", "undone_by")
    found = access.own(request, rows, merge_id, "kept")
    if request.method == "POST":
        try:
            services.undo(actor=user, merge=found)
        except DomainError as error:
            flash.error(request, str(error.message))
        else:
            flash.success(request, _("There are two records again."))
            return redirect("client-detail", found.merged_id)
        return redirect("merge-detail", found.pk)
    audit.viewed(request, found, client=found.kept)
    context = {"merge": found, "later": services.later_merge(found) if found.is_standing else None}
    return render(request, "desk/merge_detail.html", context)
