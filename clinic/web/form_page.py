"""A page with one form: show it, check it, save it, or say what is wrong and keep what was typed.

A page that edits a row carries the version of what it showed. When two people edit the same row,
the second is told and nothing is overwritten unseen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.db import transaction
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError
from clinic.models import User

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django import forms
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django_stubs_ext import StrOrPromise

    from clinic.models.base import BaseModel

    Page = Mapping[str, Any]
    Save = Callable[[dict[str, Any]], "HttpResponse | str"]

UNPROCESSABLE = 422
VERSION = "version"  # the hidden field: `components/form_start.html`


class ChangedSince(DomainError):
    message = _(
        "Someone else saved changes after you opened this page, so yours are not saved yet."
        " Check what you typed against what is saved now, then save again."
    )


def version_of(row: BaseModel | User) -> str:
    """What a page that shows this row carries: it differs after every save."""
    return row.version if isinstance(row, User) else row.updated_at.isoformat()


def expect_version(row: BaseModel | User, shown: str) -> None:
    """Lock a row, and make sure that it is still what the page showed.

    Raises:
        ChangedSince: someone saved it since; `row` holds what is saved now.
    """
    rows: QuerySet[Any] = type(row)._base_manager.select_for_update(no_key=True)
    row.refresh_from_db(from_queryset=rows)
    if version_of(row) != shown:
        raise ChangedSince


def form_page(
    request: HttpRequest,
    form: forms.BaseForm,
    template: str,
    save: Save,
    *,
    context: Page | Callable[[], Page] | None = None,
    edits: BaseModel | User | None = None,
    field: str | None = None,
) -> HttpResponse:
    """Answer a request for a page with one form.

    `save` is called with the cleaned data, does the work through a service, and returns where to go
    next: an address or the name of a page, or a whole answer. What it refuses (`DomainError`) is
    shown at `field`, or at the field that the error names, or above the form. `edits` is the row
    that the form changes: the page then must include `components/form_start.html`. `context` is
    what else the page shows; as a function, it is called only when the page is shown.
    """
    if request.method == "POST" and form.is_valid():
        try:
            done = _save(request, form, save, edits)
            return redirect(done) if isinstance(done, str) else done
        except ChangedSince as refusal:
            show(form, refusal)
        except DomainError as refusal:
            show(form, refusal, field)
    more = context() if callable(context) else context or {}
    page = {"form": form, "version": version_of(edits) if edits else "", **more}
    return render(request, template, page, status=UNPROCESSABLE if form.is_bound else 200)


def show(form: forms.BaseForm, refusal: DomainError, field: str | None = None) -> None:
    """Say a refusal at its field, or above the form."""
    place = getattr(refusal, "field", None) or field
    form.add_error(place if place in form.fields else None, str(refusal.message))


def act(request: HttpRequest, work: Callable[[], object], done: StrOrPromise = "") -> bool:
    """Do what one button asks for, and say on the next page that it is done, or why not.

    What is said is `done`, or the sentence that `work` returns.
    """
    try:
        result = work()
    except DomainError as refusal:
        flash.error(request, str(refusal.message))
        return False
    said = result if isinstance(result, str | Promise) else done
    if said:
        flash.success(request, str(said))
    return True


def _save(
    request: HttpRequest, form: forms.BaseForm, save: Save, edits: BaseModel | User | None
) -> HttpResponse | str:
    if edits is None:
        return save(form.cleaned_data)
    with transaction.atomic():
        expect_version(edits, request.POST.get(VERSION, ""))
        return save(form.cleaned_data)
