"""How every manager page works: type, preview the effect, save. Nothing is saved unseen.

The page holds what was typed, the version of the rows when it was opened, and after the preview a
mark of what was previewed. Saving anything else than that shows the preview again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import messages as flash
from django.shortcuts import redirect, render
from django.utils.translation import ngettext

from booking.setup import preview, selectors, services
from booking.setup.errors import NewConflicts
from booking.visits import requests
from clinic import access
from clinic.errors import DomainError
from clinic.web.form_page import UNPROCESSABLE, VERSION, ChangedSince

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django import forms
    from django.http import HttpRequest, HttpResponse

    from booking.setup.changes import Change
    from clinic.models import Location

Result = TypeVar("Result")

SAVE, LEAVE, PREVIEW = "save", "leave", "preview"
DECISIONS = {SAVE, LEAVE, PREVIEW}
OURS = {"csrfmiddlewaretoken", "do", "seen", "accept", VERSION}


@dataclass(slots=True, kw_only=True)
class Editor:
    """What is special about one page."""

    title: str
    tab: str  # which of the tabs it belongs to
    form: forms.BaseForm | None  # None: there is nothing to type, only to confirm
    change: Callable[[], Change]  # called with a valid form
    version: str = ""  # of the current rows; empty: they are new
    done: str  # where to go then
    said: str  # once it is saved
    template: str = "booking/setup/form.html"
    context: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)  # which one a refusal is about, by code


def list_page(
    request: HttpRequest, template: str, read: Callable[[Location], dict[str, Any]]
) -> HttpResponse:
    """What there is at one location."""
    places = selectors.places()
    here = selectors.place(request, places)
    context = {"places": places, "here": here, **role_of(request), **read(here)}
    return render(request, template, context)


def edit(request: HttpRequest, editor: Editor) -> HttpResponse:
    """GET shows the form; POST previews or saves, by the button that was pressed."""
    return _Attempt(request, editor).answer()


class _Attempt:
    """One request for a page: what was pressed, and what came of it."""

    def __init__(self, request: HttpRequest, editor: Editor) -> None:
        self.request, self.editor, self.form = request, editor, editor.form
        self.actor = access.user_of(request)
        self.do, self.mark = request.POST.get("do", ""), _mark(request)
        is_post = request.method == "POST"
        self.version = request.POST.get(VERSION, "") if is_post else editor.version
        self.effect: preview.Effect | None = None
        self.problem = ""
        self.field: str | None = None

    def answer(self) -> HttpResponse:
        if self.form is None or (self.do in DECISIONS and self.form.is_valid()):
            change = self.editor.change()
            change.version = self.version
            if self._saves(change):
                return redirect(self.editor.done)
            self.effect = self._try(lambda: preview.effect(actor=self.actor, change=change))
        if self.problem and self.form is not None:
            self.form.add_error(self.field, self.problem)
        wrong = self.form is not None and self.do in DECISIONS and self.form.errors
        status = UNPROCESSABLE if self.problem or wrong else 200
        return render(self.request, self.editor.template, self._context(), status=status)

    def _saves(self, change: Change) -> bool:
        """Save what was previewed, if that is what was pressed; returns whether it is saved."""
        if self.do not in {SAVE, LEAVE} or self.request.POST.get("seen") != self.mark:
            return False
        accepted = _accepted(self.request) if self.do == LEAVE else set()
        left = self._try(lambda: services.save(actor=self.actor, change=change, accepted=accepted))
        if left is None:
            return False
        _flash(self.request, self.editor.said, left)
        return True

    def _try(self, work: Callable[[], Result]) -> Result | None:
        """Do it, or say why not."""
        try:
            return work()
        except (ChangedSince, NewConflicts) as refusal:  # what is shown next is up to date
            self.problem, self.field, self.version = str(refusal), None, self.editor.version
        except DomainError as refusal:
            self.problem, self.field = str(refusal), self.editor.fields.get(refusal.code)
        return None

    def _context(self) -> dict[str, Any]:
        return {
            "title": self.editor.title,
            "tab": self.editor.tab,
            "back": self.editor.done,
            "form": self.form,
            "effect": self.effect,
            "problem": self.problem,
            "version": self.version,
            "seen": self.mark,
            **role_of(self.request),
            **self.editor.context,
        }


def role_of(request: HttpRequest) -> dict[str, bool]:
    """Who sees what: the desk reads the hours, managers set everything."""
    return {"manages": access.is_manager(request.user)}


def _flash(request: HttpRequest, said: str, left: int) -> None:
    flash.success(request, said)
    if left:
        text = ngettext(
            "%(count)s visit still has to be moved; it stays on the Schedule page until then.",
            "%(count)s visits still have to be moved; they stay on the Schedule page until then.",
            left,
        )
        flash.warning(request, text % {"count": left})


def _mark(request: HttpRequest) -> str:
    """A short mark of everything that was typed."""
    typed = sorted((name, request.POST.getlist(name)) for name in request.POST if name not in OURS)
    return sha256(repr(typed).encode()).hexdigest()[:20]


def _accepted(request: HttpRequest) -> set[UUID]:
    found = (requests.uuid_or_none(text) for text in request.POST.getlist("accept"))
    return {pk for pk in found if pk}
