"""Which answers stop a visit and which change it. Pure: answers in, alerts out.

The table is in docs/intake.md; a clinician should sign off its thresholds. Every alert is
kept; the most severe decides. "Unsure" never passes silently: a therapist looks before treating.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import IntegerChoices
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from django_stubs_ext import StrOrPromise

    Answers = Mapping[str, Any]

RULES_VERSION = "2026-11"

HEALING = timedelta(weeks=6)
FIRST_TRIMESTER_WEEKS = 14  # under 14 completed weeks
BP_BLOCK = (180, 110)  # systolic, diastolic, mmHg
BP_CLEARANCE = (160, 100)
DEEP = frozenset({"firm", "deep"})
UNSURE = "unsure"


class Severity(IntegerChoices):
    """The highest decides what may happen to the visit."""

    NOTE = 1, _("Note")
    MODIFY = 2, _("Adapt the session")
    LOCAL = 3, _("Avoid an area")
    CLEARANCE = 4, _("Needs medical clearance")
    BLOCK = 5, _("Do not treat today")
    EMERGENCY = 6, _("Emergency")


@dataclass(frozen=True, slots=True)
class Alert:
    """One rule that an answer met. `message` is for the therapist, `advice` for the client."""

    rule: str
    severity: Severity
    message: StrOrPromise
    advice: StrOrPromise = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """An answer that always means the same, whatever else was answered."""

    question: str
    answer: str
    alert: Alert


def _rule(
    question: str,
    answer: str,
    severity: Severity,
    message: StrOrPromise,
    advice: StrOrPromise = "",
    *,
    rule: str = "",
) -> Rule:
    return Rule(question, answer, Alert(rule or answer, severity, message, advice))


CALL_US = _("Please call us before you come. Moving your visit is free.")
SEE_DOCTOR = _("Please get urgent medical care today, and call us before you come.")
LIGHT_ONLY = _("Bleeds or bruises easily: light pressure only.")

RULES: tuple[Rule, ...] = (
    _rule("emergency_signs", "chest_pain", Severity.EMERGENCY, _("Chest pain or pressure.")),
    _rule("emergency_signs", "stroke_signs", Severity.EMERGENCY, _("Signs of a stroke.")),
    _rule("emergency_signs", "worst_headache", Severity.EMERGENCY, _("Sudden worst headache.")),
    _rule(
        "emergency_signs",
        "bladder_bowel",
        Severity.EMERGENCY,
        _("New loss of bladder or bowel control."),
    ),
    _rule(
        "today",
        "calf_swelling",
        Severity.BLOCK,
        _("One calf swollen or warm: possible clot. Urgent medical care first."),
        SEE_DOCTOR,
    ),
    _rule("today", "fever", Severity.BLOCK, _("Fever of 100.4 °F or more."), CALL_US),
    _rule("today", "contagious", Severity.BLOCK, _("A contagious illness."), CALL_US),
    _rule("today", "intoxicated", Severity.BLOCK, _("Under the influence."), CALL_US),
    _rule(
        "acute_injury",
        "yes",
        Severity.LOCAL,
        _("Injured within the last 72 hours: keep off the area."),
        rule="acute_injury",
    ),
    _rule(
        "blood_clot",
        "suspected",
        Severity.BLOCK,
        _("A clot is suspected and not yet ruled out. Urgent medical care first."),
        SEE_DOCTOR,
        rule="clot_suspected",
    ),
    _rule(
        "blood_clot",
        "treated",
        Severity.CLEARANCE,
        _("Diagnosed clot, treated: medical clearance first."),
        rule="clot_treated",
    ),
    _rule(
        "conditions",
        "heart_failure",
        Severity.CLEARANCE,
        _("Heart failure: medical clearance first."),
    ),
    _rule(
        "conditions",
        "kidney_failure",
        Severity.CLEARANCE,
        _("Kidney failure: medical clearance first."),
    ),
    _rule(
        "conditions",
        "liver_failure",
        Severity.CLEARANCE,
        _("Liver failure: medical clearance first."),
    ),
    _rule(
        "conditions",
        "unstable_angina",
        Severity.CLEARANCE,
        _("Unstable angina: medical clearance first."),
    ),
    _rule(
        "conditions",
        "heart_attack",
        Severity.CLEARANCE,
        _("Recent heart attack: medical clearance first."),
    ),
    _rule("conditions", "stroke", Severity.CLEARANCE, _("Recent stroke: medical clearance first.")),
    _rule(
        "conditions",
        "seizures",
        Severity.CLEARANCE,
        _("Uncontrolled seizures: medical clearance first."),
    ),
    _rule(
        "conditions",
        "osteoporosis",
        Severity.MODIFY,
        _("Severe osteoporosis: gentle pressure, careful positioning."),
    ),
    _rule(
        "conditions",
        "neuropathy",
        Severity.MODIFY,
        _("Reduced feeling: pressure cannot be judged by the client; stay gentle."),
    ),
    _rule("conditions", "low_platelets", Severity.MODIFY, LIGHT_ONLY),
    _rule("conditions", "bleeding_disorder", Severity.MODIFY, LIGHT_ONLY),
    _rule("blood_thinner", "yes", Severity.MODIFY, LIGHT_ONLY, rule="blood_thinner"),
    _rule("skin", "open_wound", Severity.LOCAL, _("Open wound: keep off the area.")),
    _rule("skin", "burn", Severity.LOCAL, _("Burn: keep off the area.")),
    _rule("skin", "rash", Severity.LOCAL, _("Rash: keep off the area.")),
    _rule("skin", "varicose_veins", Severity.LOCAL, _("Varicose veins: keep off the area.")),
    _rule(
        "skin",
        "spreading_infection",
        Severity.BLOCK,
        _("A spreading skin infection. Medical care first."),
        SEE_DOCTOR,
    ),
    _rule("implants", "port", Severity.LOCAL, _("Port or catheter: keep off the area.")),
    _rule(
        "cancer",
        "now",
        Severity.CLEARANCE,
        _("Cancer treatment now: medical clearance and an oncology-trained therapist."),
        rule="cancer_treatment",
    ),
    _rule(
        "cancer",
        "within_year",
        Severity.CLEARANCE,
        _("Cancer treatment within 12 months: clearance and an oncology-trained therapist."),
        rule="cancer_treatment",
    ),
    _rule("cancer", "earlier", Severity.NOTE, _("Cancer, treated over a year ago."), rule="cancer"),
    _rule(
        "lymph_nodes",
        "yes",
        Severity.LOCAL,
        _("Lymph nodes removed: keep off that limb; lymph-trained therapist."),
        rule="lymph_nodes",
    ),
    _rule("allergies", "yes", Severity.NOTE, _("Has allergies: read the list."), rule="allergy"),
)

# What "not sure" leaves open, named for the therapist.
OPEN_QUESTIONS: dict[str, StrOrPromise] = {
    "emergency_signs": _("signs of an emergency"),
    "today": _("being well enough today"),
    "acute_injury": _("a recent injury"),
    "blood_clot": _("blood clots"),
    "blood_pressure": _("blood pressure"),
    "conditions": _("heart, kidney and other conditions"),
    "blood_thinner": _("blood-thinning medicine"),
    "skin": _("skin"),
    "implants": _("implants"),
    "cancer": _("cancer treatment"),
    "lymph_nodes": _("lymph nodes"),
    "allergies": _("allergies"),
    "surgery": _("surgery"),
    "fracture": _("broken bones"),
    "pregnant": _("pregnancy"),
    "pregnancy_high_risk": _("pregnancy risk"),
}

# Every question a rule reads; a questionnaire must ask them all, and none may stay blank.
SAFETY_QUESTIONS = frozenset(OPEN_QUESTIONS)


def screen(answers: Answers, *, today: date) -> list[Alert]:
    """All alerts the answers raise, most severe first."""
    alerts = [rule.alert for rule in RULES if _says(answers, rule.question, rule.answer)]
    alerts += _blood_pressure(answers)
    alerts += _healing(answers, "surgery", "surgeries", today)
    alerts += _healing(answers, "fracture", "fractures", today)
    alerts += _cancer_areas(answers)
    alerts += _pregnancy(answers)
    alerts += _wishes(answers)
    alerts += _unsure(answers)
    return sorted(alerts, key=lambda alert: (-alert.severity, alert.rule))


def gravest(alerts: Iterable[Alert]) -> Severity | None:
    return max((alert.severity for alert in alerts), default=None)


def _says(answers: Answers, question: str, answer: str) -> bool:
    given = answers.get(question)
    return answer in given if isinstance(given, list) else given == answer


def _says_any(answers: Answers, question: str, *wanted: str) -> bool:
    return any(_says(answers, question, answer) for answer in wanted)


def _blood_pressure(answers: Answers) -> Iterator[Alert]:
    reading = (answers.get("bp_systolic") or 0, answers.get("bp_diastolic") or 0)

    def reaches(limit: tuple[int, int]) -> bool:
        return reading[0] >= limit[0] or reading[1] >= limit[1]

    if reaches(BP_BLOCK):
        message = _("Blood pressure of 180/110 or more: medical care first.")
        yield Alert("blood_pressure_very_high", Severity.BLOCK, message, SEE_DOCTOR)
    elif reaches(BP_CLEARANCE) or _says(answers, "blood_pressure", "uncontrolled"):
        message = _("High blood pressure, not controlled: medical clearance first.")
        yield Alert("blood_pressure_high", Severity.CLEARANCE, message)
    elif _says(answers, "blood_pressure", "controlled"):
        message = _("High blood pressure, controlled: slow position changes.")
        yield Alert("blood_pressure_controlled", Severity.MODIFY, message)


def _healing(answers: Answers, question: str, rows: str, today: date) -> Iterator[Alert]:
    """Surgery or a fracture: under six weeks needs clearance; the area is avoided either way."""
    if not _says(answers, question, "yes"):
        return
    dates = [date.fromisoformat(row["date"]) for row in answers.get(rows) or [] if row.get("date")]
    # Without a date we do not know that it has healed.
    if not dates or today - max(dates) < HEALING:
        message = _("Surgery or a broken bone within six weeks: medical clearance first.")
        yield Alert(f"{question}_recent", Severity.CLEARANCE, message)
    message = _("Surgery or a broken bone: avoid the area.")
    yield Alert(f"{question}_area", Severity.LOCAL, message)


def _cancer_areas(answers: Answers) -> Iterator[Alert]:
    if _says_any(answers, "cancer", "now", "within_year"):
        message = _("Keep off the tumor, the port and areas of radiation.")
        yield Alert("cancer_areas", Severity.LOCAL, message)


def _pregnancy(answers: Answers) -> Iterator[Alert]:
    if not _says(answers, "pregnant", "yes"):
        return
    weeks = answers.get("pregnancy_weeks")
    if weeks is None or weeks < FIRST_TRIMESTER_WEEKS:
        message = _("Pregnant, first trimester: medical clearance first.")
        yield Alert("pregnancy_first_trimester", Severity.CLEARANCE, message)
    if _says(answers, "pregnancy_high_risk", "yes"):
        message = _("High-risk pregnancy: medical clearance first.")
        yield Alert("pregnancy_high_risk", Severity.CLEARANCE, message)
    message = _("Pregnant: side-lying, prenatal-trained therapist.")
    yield Alert("pregnancy", Severity.MODIFY, message)


def _wishes(answers: Answers) -> Iterator[Alert]:
    """What the client asks for may be ruled out."""
    bleeds = _says(answers, "blood_thinner", "yes") or _says_any(
        answers, "conditions", "low_platelets", "bleeding_disorder"
    )
    if bleeds and answers.get("pressure") in DEEP:
        message = _("Wants deep work but bleeds easily: medical clearance before deep pressure.")
        yield Alert("deep_pressure", Severity.CLEARANCE, message)
    no_drainage = (
        _says_any(answers, "conditions", "heart_failure", "kidney_failure")
        or _says_any(answers, "blood_clot", "suspected", "treated")
        or _says(answers, "skin", "spreading_infection")
        or _says_any(answers, "today", "fever", "contagious", "calf_swelling")
    )
    if no_drainage and _says(answers, "goals", "less_swelling"):
        message = _(
            "Wants lymph drainage, which heart or kidney failure, infection or clot rules out."
        )
        yield Alert("lymph_drainage", Severity.BLOCK, message, CALL_US)
    elif no_drainage:
        message = _("No lymph drainage: heart or kidney failure, infection or clot.")
        yield Alert("lymph_drainage", Severity.MODIFY, message)


def _unsure(answers: Answers) -> Iterator[Alert]:
    for question, topic in OPEN_QUESTIONS.items():
        if _says(answers, question, UNSURE):
            message = _("Not sure about: %(topic)s. Ask before treating.") % {"topic": topic}
            yield Alert(f"unsure_{question}", Severity.CLEARANCE, message)
