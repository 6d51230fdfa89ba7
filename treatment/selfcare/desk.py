"""The library for who treats, and the sheet of a visit on paper."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.web.form_page import act, form_page
from treatment import selectors as treatment
from treatment.models import Exercise, TreatmentNote
from treatment.selfcare import selectors, services
from treatment.selfcare.forms import ExerciseForm, NewExerciseForm

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

LIST = "treatment:selfcare"
FORM = "treatment/selfcare/form.html"
either = require_http_methods(["GET", "HEAD", "POST"])


@access.treatment
@require_safe
def library(request: HttpRequest) -> HttpResponse:
    page = {"exercises": selectors.in_use(), "retired": selectors.retired()}
    return render(request, "treatment/selfcare/library.html", page)


@access.treatment
@either
def new(request: HttpRequest) -> HttpResponse:
    form = NewExerciseForm(request.POST or None)

    def save(data: dict[str, Any]) -> str:
        token = data["form_token"]
        made = services.add(
            actor=access.user_of(request), form_token=token, values=form.own_values()
        )
        flash.success(request, _("“%(title)s” can be given now.") % {"title": made.title})
        return LIST

    return form_page(request, form, FORM, save)


@access.treatment
@either
def change(request: HttpRequest, exercise_id: UUID) -> HttpResponse:
    """The wording that is in use, even if the address is of an earlier one."""
    row = selectors.newest(exercise_id)
    if row is None:
        raise Http404
    form = ExerciseForm(request.POST or None, instance=Exercise.objects.get(pk=row.pk))
    save = partial(_save, request, row)
    return form_page(request, form, FORM, save, context={"exercise": row}, edits=row)


def _save(request: HttpRequest, row: Exercise, data: dict[str, Any]) -> str:
    made = services.change(actor=access.user_of(request), exercise=row, values=data)
    flash.success(request, _("“%(title)s” is saved.") % {"title": made.title})
    return LIST


@access.treatment
@require_POST
def retire(request: HttpRequest, exercise_id: UUID) -> HttpResponse:
    row = get_object_or_404(Exercise, pk=exercise_id)
    work = partial(services.retire, actor=access.user_of(request), exercise=row)
    act(request, work, _("“%(title)s” is not offered any more.") % {"title": row.title})
    return redirect(LIST)


@access.treatment
@require_POST
def bring_back(request: HttpRequest, exercise_id: UUID) -> HttpResponse:
    row = get_object_or_404(Exercise, pk=exercise_id)
    work = partial(services.bring_back, actor=access.user_of(request), exercise=row)
    act(request, work, _("“%(title)s” is offered again.") % {"title": row.title})
    return redirect(LIST)


@access.treatment
@require_safe
def sheet(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """What the note of a visit gives, for a client without the portal."""
    whose = "appointment__client"
    visit = access.visible(request, treatment.visits(), visit_id, client_field=whose)
    client = visit.appointment.client
    audit.viewed(request, visit, action="selfcare.viewed", client=client, again=view_log.PAGE)
    note = TreatmentNote.objects.filter(visit=visit).first()
    page = {
        "visit": visit,
        "client": client,
        "exercises": selectors.chosen_in(note.said) if note else [],
        "back_url": reverse("treatment:note", args=[visit.pk]),
    }
    return render(request, "treatment/selfcare/sheet.html", page)
