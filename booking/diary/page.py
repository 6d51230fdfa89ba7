"""How every page of the managers goes: type, look at the effect, save. Nothing is saved unseen.

The page holds what was typed, a stamp of what stood when it was opened, and after the preview a
mark of what was previewed. Saving something else than what was previewed shows the preview again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.shortcuts import redirect, render
from django.utils.translation import ngettext

from booking import flow
from booking.diary import preview, services
from booking.diary.errors import ChangedMeanwhile, WouldStrand
from clinic import access
from clinic.errors import DomainError
from clinic.models import Role

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django import forms
    from django.http import HttpRequest, HttpResponse

    from booking.diary.changes import Change

SAVE, LEAVE, PREVIEW = "save", "leave", "preview"
DECISIONS = {SAVE, LEAVE, PREVIEW}
OURS = {"csrfmiddlewaretoken", "do", "seen", "accept", "shown"}


@dataclass(slots=True)
class Editor:
    """What is special about one page."""

    template: str
    form: forms.BaseForm | None  # None: there is nothing to type, only to agree
    change: Callable[[str], Change]  # from the stamp of what was shown; called with a valid form
    stamp: str  # of what stands now
    done: str  # where to go then
    said: str  # once it is saved
    context: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)  # which one a refusal is about, by code


def edit(request: HttpRequest, editor: Editor) -> HttpResponse:
    """GET shows the form; POST previews or saves, by the button that was pressed."""
    actor, form = access.user_of(request), editor.form
    do, mark = request.POST.get("do", ""), _mark(request)
    shown = request.POST.get("shown", "") if request.method == "POST" else editor.stamp
    effect, problem, status = None, "", 200
    about: str | None = None
    if form is None or (do in DECISIONS and form.is_valid()):
        change = editor.change(shown)
        try:
            if do in {SAVE, LEAVE} and request.POST.get("seen") == mark:
                accepted = _accepted(request) if do == LEAVE else set()
                left = services.save(actor=actor, change=change, accepted=accepted)
                _say(request, editor.said, left)
                return redirect(editor.done)
        except (ChangedMeanwhile, WouldStrand) as refusal:
            problem, shown = str(refusal.message), editor.stamp
        except DomainError as refusal:
            problem, about = str(refusal.message), editor.fields.get(refusal.code)
        try:
            effect = preview.effect(actor=actor, change=change)
        except DomainError as refusal:
            problem, about = str(refusal.message), editor.fields.get(refusal.code)
    if problem and form is not None:
        form.add_error(about, problem)
    if problem or (form is not None and do in DECISIONS and form.errors):
        status = 422
    context = {
        "form": form,
        "effect": effect,
        "problem": problem,
        "shown": shown,
        "seen": mark,
        **role_of(request),
        **editor.context,
    }
    return render(request, editor.template, context, status=status)


def role_of(request: HttpRequest) -> dict[str, bool]:
    """What the pages show to whom: the desk reads the hours, managers set all of it."""
    return {"manages": access.user_of(request).role == Role.MANAGER}


def _say(request: HttpRequest, said: str, left: int) -> None:
    flash.success(request, said)
    if left:
        text = ngettext(
            "%(count)s visit is still to be moved; it is on the Diary page until it is.",
            "%(count)s visits are still to be moved; they are on the Diary page until they are.",
            left,
        )
        flash.warning(request, text % {"count": left})


def _mark(request: HttpRequest) -> str:
    """All that was typed, in a few letters."""
    typed = sorted((name, request.POST.getlist(name)) for name in request.POST if name not in OURS)
    return sha256(repr(typed).encode()).hexdigest()[:20]


def _accepted(request: HttpRequest) -> set[UUID]:
    found = (flow.uuid_or_none(text) for text in request.POST.getlist("accept"))
    return {pk for pk in found if pk}
