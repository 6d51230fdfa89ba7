"""What a therapist asks aloud: the answers of a questionnaire that stop a visit. Pure.

They are read from the questionnaire that is in use and from the rules, so that a new version of
either asks its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from intake.screening import BP_BLOCK, RULES, SEE_DOCTOR, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django_stubs_ext import StrOrPromise

    from intake.questionnaire import Definition, Question

YES, NO, UNSURE = "yes", "no", "unsure"
SAID = ((NO, _("No")), (YES, _("Yes")), (UNSURE, _("Not sure")))
PRESSURE = ("bp_systolic", "very_high")


@dataclass(frozen=True, slots=True)
class Asked:
    """One answer of the questionnaire, asked by itself."""

    key: str  # the question and the answer, as stored
    question: str  # what stands above it in the questionnaire
    words: StrOrPromise
    severity: Severity
    advice: StrOrPromise

    @property
    def is_emergency(self) -> bool:
        return self.severity == Severity.EMERGENCY


def asked(definition: Definition) -> list[Asked]:
    """Every answer that always stops a visit, emergencies first, then as the form has them."""
    by_id = {question.id: question for question in definition.questions()}
    found = [
        Asked(
            key=f"{rule.question}-{rule.answer}",
            question=by_id[rule.question].label,
            words=_words(by_id[rule.question], rule.answer),
            severity=rule.alert.severity,
            advice=rule.alert.advice,
        )
        for rule in RULES
        if rule.alert.severity >= Severity.BLOCK and rule.question in by_id
    ]
    if PRESSURE[0] in by_id:
        found.append(_pressure())
    order = {question: place for place, question in enumerate(by_id)}
    return sorted(
        found, key=lambda one: (-one.severity, order.get(one.key.partition("-")[0], len(order)))
    )


def _words(question: Question, answer: str) -> StrOrPromise:
    return question.label_of(answer)


def _pressure() -> Asked:
    words = _("A blood pressure of %(upper)s over %(lower)s or more, if it was taken") % {
        "upper": BP_BLOCK[0],
        "lower": BP_BLOCK[1],
    }
    return Asked("-".join(PRESSURE), str(_("Blood pressure")), words, Severity.BLOCK, SEE_DOCTOR)


def is_complete(questions: Iterable[Asked], said: Mapping[str, str]) -> bool:
    """Every question has an answer, and there is no other."""
    keys = {one.key for one in questions}
    return keys == set(said) and all(said[key] in {YES, NO, UNSURE} for key in keys)


def stops(questions: Iterable[Asked], said: Mapping[str, str]) -> list[Asked]:
    """What was answered yes: with any of these no visit goes ahead today, not even on request."""
    return [one for one in questions if said.get(one.key) == YES]
