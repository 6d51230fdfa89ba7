"""How far a client is in the questionnaire, and answers as words. Reads for pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from clinic.ids import phone
from intake import questionnaire, screening, selectors
from intake.screening import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django_stubs_ext import StrOrPromise

    from intake.models import QuestionnaireResponse
    from intake.questionnaire import Definition, Missing, Question, Section
    from intake.screening import Alert

REVIEW = "review"
GUARDIAN_STAYS = 13  # below this age a guardian is in the room; later by agreement


@dataclass(frozen=True, slots=True)
class Step:
    """One section in the list beside the questions."""

    section: Section
    number: int
    is_done: bool
    is_current: bool


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    text: StrOrPromise


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything a screen says about an unfinished questionnaire."""

    steps: list[Step]
    missing: list[Missing]
    advice: list[StrOrPromise]
    number: int
    total: int
    back: str
    forward: str


def progress_of(response: QuestionnaireResponse, *, today: date, current: str = REVIEW) -> Progress:
    definition = selectors.definition_of(response)
    age = response.client.age_on(today)
    sections = definition.sections_for(age)
    absent = questionnaire.missing(definition, response.answers, age=age, today=today)
    open_sections = {row.section.id for row in absent}
    order = [section.id for section in sections]
    seen = order.index(response.section) if response.section in order else -1
    place = order.index(current) if current in order else len(order)
    return Progress(
        steps=[
            Step(
                section,
                number,
                is_done=section.id not in open_sections
                and (
                    number - 1 <= seen or any(q.id in response.answers for q in section.questions)
                ),
                is_current=section.id == current,
            )
            for number, section in enumerate(sections, start=1)
        ],
        missing=absent,
        advice=advice(response, today=today),
        number=min(place + 1, len(order)),
        total=len(order),
        back=order[place - 1] if place else "",
        forward=order[place + 1] if place + 1 < len(order) else REVIEW,
    )


def advice(response: QuestionnaireResponse, *, today: date) -> list[StrOrPromise]:
    return advice_of(selectors.alerts_of(response, today=today))


def advice_of(alerts: Iterable[Alert]) -> list[StrOrPromise]:
    """What the client should do about answers that rule out a visit; each sentence once."""
    grave = [alert.advice for alert in alerts if alert.severity >= Severity.BLOCK]
    return list(dict.fromkeys(text for text in grave if text))


def section_of(response: QuestionnaireResponse, section_id: str, *, today: date) -> Section | None:
    sections = selectors.definition_of(response).sections_for(response.client.age_on(today))
    return next((section for section in sections if section.id == section_id), None)


def resume_at(response: QuestionnaireResponse, *, today: date) -> str:
    """Where the client left off; for a renewal the review, which asks what has changed."""
    if not response.section:
        if response.based_on_id:
            return REVIEW
        return selectors.definition_of(response).sections[0].id
    if response.section == REVIEW or section_of(response, response.section, today=today):
        return response.section
    return REVIEW


def emergency_section(definition: Definition) -> str:
    asked = {rule.question for rule in screening.RULES if rule.alert.severity == Severity.EMERGENCY}
    for section in definition.sections:
        if any(question.id in asked for question in section.questions):
            return section.id
    return definition.sections[0].id


def review(response: QuestionnaireResponse) -> dict[str, Any]:
    """What the review-and-sign screen shows."""
    today = selectors.clinic_today()
    definition = selectors.definition_of(response)
    age = response.client.age_on(today)
    return {
        "progress": progress_of(response, today=today),
        "answers": spelled(definition, response.answers, age=age),
        "marks": selectors.marks_of(response),
        "map": selectors.map_of(response),
        "minor": response.client.is_minor_on(today),
        "guardian_stays": age is not None and age <= GUARDIAN_STAYS,
    }


def signed(response: QuestionnaireResponse) -> dict[str, Any]:
    """What was signed, with the age the client had then."""
    on = selectors.signed_on(response)
    definition = selectors.definition_of(response)
    return {
        "answers": spelled(definition, response.answers, age=response.client.age_on(on)),
        "marks": selectors.marks_of(response),
        "map": selectors.map_of(response),
        "advice": advice(response, today=on),
        "signed_on": on,
    }


def spelled(
    definition: Definition, answers: Mapping[str, Any], *, age: int | None
) -> list[tuple[Section, list[Line]]]:
    """Each section with its answers in words, questions that were skipped left out."""
    counted = questionnaire.effective(definition, answers, age=age)
    return [
        (
            section,
            [
                Line(question.label, _words(question, counted[question.id]))
                for question in section.questions
                if question.id in counted
            ],
        )
        for section in definition.sections_for(age)
    ]


def _words(question: Question, value: Any) -> StrOrPromise:
    match question.type:
        case "choice" | "yes_no" | "yes_no_unsure":
            return question.label_of(value)
        case "choices":
            return "; ".join(str(question.label_of(item)) for item in value)
        case "scale":
            return _("%(value)s of %(most)s") % {"value": value, "most": questionnaire.SCALE_MAX}
        case "number":
            return f"{value} {question.unit}".strip()
        case "agree":
            return _("Yes")
        case "phone":
            return str(phone.read(value) or value)
        case "dated_list":
            return "; ".join(
                f"{row['what']} ({date_format(date.fromisoformat(row['date']), 'M j, Y')})"
                for row in value
            )
        case _:
            return str(value)
