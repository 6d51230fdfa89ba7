"""The note of a visit: written, kept while one types, signed, added to."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.errors import DomainError
from clinic.format import clock
from clinic.web.form_page import UNPROCESSABLE, act, form_page
from prescriptions import areas
from treatment import selectors
from treatment.confirming.selectors import word_of
from treatment.notes import content, download, phrases, services
from treatment.notes import selectors as notes
from treatment.notes.errors import ChangedMeanwhile, NoteIncomplete, NoteSigned, NotRead
from treatment.notes.forms import AddendumForm, NoteForm, typed_in
from treatment.regions import bodymap, scope
from treatment.selfcare import selectors as selfcare

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse, QueryDict

    from treatment.models import TreatmentNote, Visit

CONFLICT = 409


def _visit(request: HttpRequest, pk: UUID, *, is_whole: bool = True) -> Visit:
    """One of a client whom this login treats; nobody writes the note of their own treatment.

    `is_whole`: with what was recorded, and ordered.
    """
    rows = selectors.visits() if is_whole else selectors.plain_visits()
    found = access.visible(request, rows, pk, client_field="appointment__client")
    client = found.appointment.client
    if client is not None and access.may_act_for(request.user, client):
        raise Http404
    return found


@access.treatment
@require_http_methods(["GET", "HEAD", "POST"])
def note(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """The draft; once it is signed, what was signed and a place to add to it."""
    visit = _visit(request, visit_id)
    client = visit.appointment.client
    audit.viewed(request, visit, action="note.viewed", client=client, again=view_log.PAGE)
    known = notes.note_of(visit)
    if known is not None and known.is_signed:
        return _signed(request, visit, known)
    form = _form(visit, known, request.POST if request.method == "POST" else None)
    return _posted(request, visit, form) if form.is_bound else _draft(request, visit, form)


def _posted(request: HttpRequest, visit: Visit, form: NoteForm) -> HttpResponse:
    if _save(request, visit, form):
        done = "treatment:today" if "sign" in request.POST else "treatment:note"
        return redirect(_next(request, visit, done))
    fresh = notes.note_of(visit)
    if fresh is not None and fresh.is_signed:  # at this moment
        return _signed(request, visit, fresh)
    form.show_again(fresh.said if fresh else {})
    return _draft(request, visit, form)


def _draft(request: HttpRequest, visit: Visit, form: NoteForm) -> HttpResponse:
    form.phrases = phrases.of(access.user_of(request))
    page = {"visit": visit, "form": form, "last": form.last_note, "back_url": _back(visit)}
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "treatment/notes/note.html", page, status=status)


def _form(visit: Visit, known: TreatmentNote | None, typed: QueryDict | None) -> NoteForm:
    last = services.last_signed(visit)
    said = known.said if known else {}
    form = NoteForm(
        typed,
        fields=services.fields_of(visit),
        said=said,
        last=selfcare.renewed(last.said) if last else {},
        offers={selfcare.FIELD: selfcare.offers(_places(visit, said), _chosen(said, typed))},
    )
    form.last_note = last
    return form


def _places(visit: Visit, said: Mapping[str, str]) -> list[str]:
    """What is to be treated: as ordered, or else as treated, or else where it hurts."""
    return scope.ordered_of(visit.appointment) or visit.regions or said.get("hurts", "").split()


def _chosen(said: Mapping[str, str], typed: QueryDict | None) -> str:
    """What is picked, on this page or before: it stays to be seen, even if it is retired by now."""
    return " ".join(
        [said.get(selfcare.FIELD, ""), *(typed.getlist(selfcare.FIELD) if typed else ())]
    )


def _save(request: HttpRequest, visit: Visit, form: NoteForm) -> bool:
    """Keep what this window changed, then sign if that was pressed; false: the form says what is
    wrong."""
    if not form.is_valid():
        return False
    actor, typed = access.user_of(request), dict(form.cleaned_data)
    for name, value in typed.items():
        if not form.is_changed_here(name):
            continue
        form.settled.add(name)
        try:
            services.save_field(
                actor=actor, visit=visit, name=name, value=value, seen=form.seen(name)
            )
        except ChangedMeanwhile as refusal:
            form.add_error(name, _theirs(visit, name, refusal))
        except NoteSigned as refusal:
            form.add_error(None, str(refusal.message))
            return False
    return not form.errors and _finished(request, visit, form, typed)


def _theirs(visit: Visit, name: str, refusal: ChangedMeanwhile) -> str:
    field = next(one for one in services.fields_of(visit) if one.name == name)
    theirs = content.spoken(field, refusal.theirs) or _("nothing")
    return _("%(message)s It says now: “%(theirs)s”. Save again to put yours in its place.") % {
        "message": refusal.message,
        "theirs": theirs,
    }


def _finished(request: HttpRequest, visit: Visit, form: NoteForm, typed: dict[str, str]) -> bool:
    if "sign" not in request.POST:
        flash.success(request, _("Saved."))
        return True
    try:
        services.sign(actor=access.user_of(request), visit=visit, read=typed)
    except NotRead as refusal:
        for field in refusal.fields:
            form.add_error(field.name, _("Changed in another window. Read it, then sign."))
        return False
    except NoteIncomplete as refusal:
        for field in refusal.fields:
            form.add_error(field.name, _("Needed before the note can be signed."))
        return False
    except DomainError as refusal:
        form.add_error(None, str(refusal.message))
        return False
    flash.success(request, _("Signed."))
    return True


def _next(request: HttpRequest, visit: Visit, done: str) -> str:
    if done == "treatment:note" or not access.is_therapist(request.user):
        return reverse("treatment:note", args=[visit.pk])
    return reverse(done)


def _back(visit: Visit) -> str:
    return reverse("treatment:record", args=[visit.pk])


@access.treatment
@require_POST
def keep(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """One field, sent while one types."""
    visit = _visit(request, visit_id, is_whole=False)
    try:
        seen = _kept(request, visit)
    except ChangedMeanwhile as refusal:
        client = visit.appointment.client  # it tells what another has written
        audit.viewed(request, visit, action="note.viewed", client=client, again=view_log.PAGE)
        said = _theirs(visit, request.POST.get("field", ""), refusal)
        return _told(said, CONFLICT, services.mark_of(refusal.theirs))
    except NoteSigned as refusal:
        return _told(str(refusal.message), CONFLICT)
    except DomainError as refusal:
        return _told(str(refusal.message), UNPROCESSABLE)
    return _told(_("Kept at %(time)s.") % {"time": clock(timezone.now())}, seen=seen)


def _kept(request: HttpRequest, visit: Visit) -> str:
    """Keep the field; the mark of what it says now."""
    name, value, seen = (request.POST.get(key, "") for key in ("field", "value", "seen"))
    actor = access.user_of(request)
    made = services.save_field(actor=actor, visit=visit, name=name, value=value, seen=seen)
    return services.mark_of(made.said.get(name, ""))


def _told(message: str, status: int = 200, seen: str = "") -> JsonResponse:
    return JsonResponse({"message": message, "seen": seen}, status=status)


@access.treatment
@require_POST
def copy(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """The words of the last note, where nothing is written yet."""
    visit = _visit(request, visit_id)
    act(request, partial(services.copy_last, actor=access.user_of(request), visit=visit))
    return redirect("treatment:note", visit.pk)


@access.treatment
@require_safe
def pdf(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """The signed note on paper, with all that was added and corrected until now."""
    visit = _visit(request, visit_id)
    known = notes.note_of(visit)
    if known is None or not known.is_signed:
        return redirect("treatment:note", visit.pk)
    page = {"back_url": reverse("treatment:note", args=[visit.pk])}
    return download.answer(request, visit, known, "treatment/notes/print_desk.html", page)


def _signed(request: HttpRequest, visit: Visit, known: TreatmentNote) -> HttpResponse:
    is_addendum = "form_token" in request.POST
    unsaved = "" if is_addendum else services.not_in(known, typed_in(request.POST))
    if request.method == "POST" and not is_addendum and not unsaved:  # pressed twice
        return redirect("treatment:note", visit.pk)
    form = AddendumForm(request.POST if is_addendum else None, initial={"text": unsaved})

    def save(data: dict[str, Any]) -> str:
        services.add(actor=access.user_of(request), visit=visit, **data)
        flash.success(request, _("Added."))
        return reverse("treatment:note", args=[visit.pk])

    def page() -> dict[str, Any]:
        return {
            "visit": visit,
            "note": known,
            "unsaved": unsaved,
            "map": bodymap.shown(known.said.get("hurts", "").split()),
            "sides": bodymap.outlines(),
            "treated": [place.label for place in areas.known(visit.regions)],
            "lines": notes.lines(services.fields_of(visit), known.said),
            "history": selectors.history_of(visit),
            "word": word_of(visit),
            "is_as_signed": services.is_as_signed(known),
            "back_url": _back(visit),
        }

    answer = form_page(
        request, form, "treatment/notes/signed.html", save, context=page, field="text"
    )
    if unsaved:
        answer.status_code = UNPROCESSABLE
    return answer
