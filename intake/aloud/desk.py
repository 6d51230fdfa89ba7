"""The therapist's page of one visit: ask, record, and read what was recorded."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from clinic import access
from clinic.audit import services as audit
from clinic.errors import DomainError
from clinic.web.form_page import UNPROCESSABLE, form_page
from intake import selectors, visits
from intake import services as intake
from intake.aloud import questions, services
from intake.aloud.forms import AloudForm
from intake.models import OralScreening, Questionnaire

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from intake.visits import Coming


@access.therapist
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """The stop questions of one visit, asked by the therapist who treats it today."""
    visit = _visit(request, appointment_id)
    audit.viewed(request, visit.client, action="intake.viewed")
    if (row := _asked_today(visit)) is not None:
        return _shown(request, visit, row)
    try:
        services.expect_askable(actor=access.user_of(request), visit=visit)
        return _form(request, visit, intake.published())
    except DomainError as refusal:
        context = {"visit": visit, "why": refusal.message}
        return render(request, "intake/aloud/refused.html", context, status=UNPROCESSABLE)


def _form(request: HttpRequest, visit: Coming, questionnaire: Questionnaire) -> HttpResponse:
    asked = questions.asked(selectors.parsed(questionnaire))
    minor = visit.client.is_minor_on(visit.day)
    form = AloudForm(asked, minor=minor, data=request.POST or None)
    save = partial(_record, request, visit, questionnaire, form)
    page = {"visit": visit, "text": services.consent_text(questionnaire), "minor": minor}
    return form_page(request, form, "intake/aloud/ask.html", save, context=page)


def _visit(request: HttpRequest, appointment_id: UUID) -> Coming:
    """Only a visit this therapist treats. Raises Http404."""
    visit = visits.find(appointment_id)
    if visit is None or not visit.is_treated_by(access.user_of(request)):
        raise Http404
    return visit


def _asked_today(visit: Coming) -> OralScreening | None:
    rows = OralScreening.objects.filter(visit=visit.pk, day=visit.day, client=visit.client)
    return rows.select_related("questionnaire", "asked_by").first()


def _record(
    request: HttpRequest,
    visit: Coming,
    questionnaire: Questionnaire,
    form: AloudForm,
    _data: dict[str, Any],
) -> str:
    services.record(
        actor=access.user_of(request), visit=visit, questionnaire=questionnaire, **form.record()
    )
    return reverse("intake:desk-aloud", args=[visit.pk])


def _shown(request: HttpRequest, visit: Coming, row: OralScreening) -> HttpResponse:
    asked = questions.asked(selectors.parsed(row.questionnaire))
    words = dict(questions.SAID)
    context = {
        "visit": visit,
        "row": row,
        "answers": [(one, words[row.answers[one.key]]) for one in asked if one.key in row.answers],
        "stops": questions.stops(asked, row.answers),
        "strokes": _lines(row.consent_drawing),
    }
    return render(request, "intake/aloud/asked.html", context)


def _lines(drawing: str) -> list[str]:
    """For the points of an SVG polyline."""
    strokes: list[list[int]] = json.loads(drawing) if drawing else []
    return [" ".join(str(number) for number in one) for one in strokes]
