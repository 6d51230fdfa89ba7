"""A therapist's own phrases: the page to change them, and keeping one while writing a note."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic import access
from clinic.errors import DomainError
from clinic.web.form_page import UNPROCESSABLE, act, show
from treatment.notes import phrases
from treatment.notes.forms import NewPhraseForm, PhraseForm

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from clinic.models import User
    from treatment.notes.content import Field

    Rows = list[tuple[Field, list[PhraseForm]]]

PAGE = "treatment:phrases"


@access.treatment
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """All of one's own, by field; each with its buttons, and a place for a new one."""
    user, pressed = access.user_of(request), request.POST.get("do", "")
    pk = request.POST.get("phrase", "")
    if pressed in {"up", "remove"}:
        work = phrases.move_up if pressed == "up" else phrases.remove
        act(request, partial(work, actor=user, pk=pk))
        return redirect(PAGE)
    new = NewPhraseForm(request.POST if pressed == "add" else None)
    rows = _rows(user, request.POST if pressed == "save" else None, pk)
    changed = next((form for _field, forms in rows for form in forms if form.is_bound), None)
    if _saved(request, new, changed):
        return redirect(PAGE)
    return _shown(request, new, rows)


def _shown(request: HttpRequest, new: NewPhraseForm, rows: Rows) -> HttpResponse:
    status = UNPROCESSABLE if request.method == "POST" else 200
    context = {"new": new, "rows": rows, "most": phrases.MOST}
    return render(request, "treatment/notes/phrases.html", context, status=status)


def _rows(user: User, typed: Any, pk: str) -> Rows:
    """The fields that have phrases, in the note's order, each with the forms to change them."""
    known = phrases.of(user)
    return [
        (
            field,
            [
                PhraseForm(
                    typed if str(one.pk) == pk else None,
                    initial={"text": one.text},
                    phrase=one,
                )
                for one in known[name]
            ],
        )
        for name, field in phrases.FIELDS.items()
        if name in known
    ]


def _saved(request: HttpRequest, new: NewPhraseForm, changed: PhraseForm | None) -> bool:
    """Keep what was sent; what is refused is said at its field."""
    actor = access.user_of(request)
    form = new if new.is_bound else changed
    if form is None or not form.is_valid():
        return False
    try:
        if isinstance(form, PhraseForm):
            phrases.change(actor=actor, pk=str(form.phrase.pk), **form.cleaned_data)
        else:
            phrases.keep(actor=actor, **form.cleaned_data)
    except DomainError as refusal:
        show(form, refusal, "text")
        return False
    flash.success(request, _("Saved."))
    return True


@access.treatment
@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """From the note, while one writes: the answer holds what the page then offers."""
    field, text = request.POST.get("field", ""), request.POST.get("text", "")
    try:
        made = phrases.keep(actor=access.user_of(request), field=field, text=text)
    except DomainError as refusal:
        return JsonResponse({"message": str(refusal.message)}, status=UNPROCESSABLE)
    return JsonResponse({"message": _("Kept as a phrase."), "text": made.text})
