"""Filling in a questionnaire: one section a screen, review, sign. The steps of every place.

A `Place` is where it is filled in: the client's own pages, a tablet of the clinic, or a paper form
that staff type in. It says who acts, where the pages are, and what they may show.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.web.form_page import UNPROCESSABLE, form_page
from intake import errors, forms, progress, screening, selectors, services
from intake.screening import Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from clinic.models import User
    from intake.models import QuestionnaireResponse
    from intake.questionnaire import Section
    from intake.screening import Alert

KEEP = "keep"  # the button: leave the section as it was answered before


def _nothing(section: str) -> None:
    """Called with every section that was answered."""


@dataclass(frozen=True, slots=True)
class Place:
    """`pages` begins the names of its pages: `{pages}section`, and so on."""

    actor: User | None
    layout: str
    pages: str
    later: str  # where "Finish later" leads, by the name of the page; blank: not offered
    kind: str = "portal"  # portal | tablet | paper: for the words of the pages
    # Sections whose answers may be shown; None: all. The others were answered elsewhere.
    shown: frozenset[str] | None = None
    answered: Callable[[str], None] = field(default=_nothing)
    sign: Callable[..., object] = field(default=services.sign)
    logs_views: bool = True

    @property
    def section(self) -> str:
        return f"{self.pages}section"

    @property
    def autosave(self) -> str:
        return f"{self.pages}autosave"

    @property
    def review(self) -> str:
        return f"{self.pages}review"

    @property
    def emergency(self) -> str:
        return f"{self.pages}emergency"

    @property
    def signed(self) -> str:
        return f"{self.pages}signed"

    def hides(self, response: QuestionnaireResponse, shown: Section) -> bool:
        """Whether the section was answered elsewhere, so that its answers are not shown here."""
        if self.shown is None or shown.id in self.shown:
            return False
        return _is_answered(response, shown)


def _is_answered(response: QuestionnaireResponse, section: Section) -> bool:
    if section.is_body_map:
        return bool(response.marks)
    return any(question.id in response.answers for question in section.questions)


def section(
    request: HttpRequest, place: Place, response: QuestionnaireResponse, section_id: str
) -> HttpResponse:
    """One screen of questions. Next requires all required answers; Back and Later do not."""
    if response.is_completed:
        return redirect(place.signed, response.pk)
    shown = _section(response, section_id)
    if _must_stop(response, section_id):
        return redirect(place.emergency, response.pk)
    if request.method != "POST":
        return _section_page(
            request, place, response, shown, _form(request, place, response, shown)
        )
    return _save_and_go(request, place, response, shown, request.POST.get("go", "next"))


def _save_and_go(
    request: HttpRequest, place: Place, response: QuestionnaireResponse, shown: Section, go: str
) -> HttpResponse:
    if go == KEEP:
        return _leave(place, response, shown, "next")
    form = _form(request, place, response, shown, strict=go == "next")
    is_valid = form.is_valid()
    if _is_left(place, response, shown, form):
        if go == "next" and not is_valid:
            return _section_page(request, place, response, shown, form, status=UNPROCESSABLE)
        return _leave(place, response, shown, go)
    where = _target(response, shown.id, go) if is_valid else shown.id
    if _is_emergency(_save(place, response, form, shown, where)):
        return redirect(place.emergency, response.pk)
    if not is_valid:
        response.refresh_from_db(fields=["answers", "section"])
        return _section_page(request, place, response, shown, form, status=UNPROCESSABLE)
    return _leave(place, response, shown, go)


def _leave(place: Place, response: QuestionnaireResponse, shown: Section, go: str) -> HttpResponse:
    if go == "later" and place.later:
        return redirect(place.later)
    return _go(place, response, _target(response, shown.id, go))


def _is_left(
    place: Place,
    response: QuestionnaireResponse,
    shown: Section,
    form: forms.SectionForm | forms.BodyMapForm,
) -> bool:
    """Whether answers that are not shown here stay: nothing was put in their place."""
    given = [*form.answers().values(), *(form.marks() or [])]
    return place.hides(response, shown) and all(value is None for value in given)


def autosave(
    request: HttpRequest, place: Place, response: QuestionnaireResponse, section_id: str
) -> HttpResponse:
    """Save what is valid so far; htmx sends it on every change."""
    shown = _section(response, section_id)
    form = _form(request, place, response, shown)
    form.is_valid()
    if _is_left(place, response, shown, form):
        return render(request, "intake/_saved.html", {"advice": [], "errors": form.errors})
    try:
        alerts = _save(place, response, form, shown, section_id)
    except errors.AlreadySigned:
        return leave(reverse(place.signed, args=[response.pk]))
    if _is_emergency(alerts):
        return leave(reverse(place.emergency, args=[response.pk]))
    advice = progress.advice_of(alerts)
    return render(request, "intake/_saved.html", {"advice": advice, "errors": form.errors})


def review(
    request: HttpRequest,
    place: Place,
    response: QuestionnaireResponse,
    form: forms.SignForm,
    done: Callable[[], str],
) -> HttpResponse:
    """All answers, what is missing, and the signature; `done` says where to go afterward."""
    if response.is_completed:
        return redirect(place.signed, response.pk)
    if response.severity == Severity.EMERGENCY:
        return redirect(place.emergency, response.pk)
    _looked(request, place, response)
    found = progress.review(response)
    hidden = {part.id for part, _lines in found["answers"] if place.hides(response, part)}
    context = {"response": response, "place": place, "hidden": hidden, **found}
    sign = partial(_sign, place, response, form, done)
    return form_page(request, form, "intake/review.html", sign, context=context)


def _sign(
    place: Place,
    response: QuestionnaireResponse,
    form: forms.SignForm,
    done: Callable[[], str],
    _data: dict[str, Any],
) -> HttpResponse | str:
    with suppress(errors.AlreadySigned):  # in another window: this one shows it
        place.sign(actor=place.actor, response=response, **form.signature())
    return done()


def emergency(request: HttpRequest, place: Place, response: QuestionnaireResponse) -> HttpResponse:
    back = progress.emergency_section(selectors.definition_of(response))
    context = {"response": response, "back": back, "place": place}
    return render(request, "intake/emergency.html", context)


def resume(place: Place, response: QuestionnaireResponse) -> HttpResponse:
    return _go(place, response, progress.resume_at(response, today=selectors.clinic_today()))


def leave(url: str) -> HttpResponse:
    """Tell htmx to go to another page."""
    return HttpResponse(status=204, headers={"HX-Redirect": url})


def sign_form(
    request: HttpRequest,
    response: QuestionnaireResponse,
    kind: type[forms.SignForm] = forms.SignForm,
    relationship: str = "",
) -> forms.SignForm:
    return kind(
        selectors.definition_of(response).consents,
        minor=response.client.is_minor_on(selectors.clinic_today()),
        data=request.POST if request.method == "POST" else None,
        relationship=relationship,
    )


# ---- steps shared by the pages above ----


def _section(response: QuestionnaireResponse, section_id: str) -> Section:
    found = progress.section_of(response, section_id, today=selectors.clinic_today())
    if found is None:
        raise Http404
    return found


def _must_stop(response: QuestionnaireResponse, section_id: str) -> bool:
    """After an emergency answer only the section that asked for it stays open."""
    asked_in = progress.emergency_section(selectors.definition_of(response))
    return response.severity == Severity.EMERGENCY and section_id != asked_in


def _save(
    place: Place,
    response: QuestionnaireResponse,
    form: forms.SectionForm | forms.BodyMapForm,
    shown: Section,
    where: str,
) -> list[Alert]:
    alerts = services.save_section(
        actor=place.actor,
        response=response,
        section=where,
        answers=form.answers(),
        marks=form.marks(),
    )
    place.answered(shown.id)
    return alerts


def _is_emergency(alerts: list[Alert]) -> bool:
    return screening.gravest(alerts) == Severity.EMERGENCY


def _form(
    request: HttpRequest,
    place: Place,
    response: QuestionnaireResponse,
    shown: Section,
    *,
    strict: bool = False,
) -> forms.SectionForm | forms.BodyMapForm:
    data = request.POST if request.method == "POST" else None
    hidden = place.hides(response, shown)
    if shown.is_body_map:
        marks = [] if hidden else selectors.marks_of(response)
        return forms.BodyMapForm(shown, marks, data=data)
    today = selectors.clinic_today()
    form = forms.SectionForm(shown, response.answers, today=today, data=data, strict=strict)
    if hidden:
        form.initial = {}
    return form


def _section_page(
    request: HttpRequest,
    place: Place,
    response: QuestionnaireResponse,
    shown: Section,
    form: forms.SectionForm | forms.BodyMapForm,
    status: int = 200,
) -> HttpResponse:
    _looked(request, place, response)
    today = selectors.clinic_today()
    context = {
        "response": response,
        "place": place,
        "section": shown,
        "is_hidden": place.hides(response, shown),
        "form": form,
        "progress": progress.progress_of(response, today=today, current=shown.id),
    }
    return render(request, "intake/section.html", context, status=status)


def _looked(request: HttpRequest, place: Place, response: QuestionnaireResponse) -> None:
    if place.logs_views:
        audit.viewed(request, response, again=view_log.PAGE)


def _target(response: QuestionnaireResponse, section_id: str, go: str) -> str:
    now = progress.progress_of(response, today=selectors.clinic_today(), current=section_id)
    return {"back": now.back or section_id, "review": progress.REVIEW, "later": section_id}.get(
        go, now.forward
    )


def _go(place: Place, response: QuestionnaireResponse, where: str) -> HttpResponse:
    if where == progress.REVIEW:
        return redirect(place.review, response.pk)
    return redirect(place.section, response.pk, where)
