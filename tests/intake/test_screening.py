"""Every row of the table in docs/intake.md is a row here."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.paperwork import WELL
from intake import questionnaire, screening
from intake.management.commands.load_questionnaire import DATA
from intake.screening import Severity, gravest, screen

TODAY = date(2026, 11, 22)
DEFINITION = questionnaire.parse(json.loads((DATA / "health-history-1.json").read_text()))


def ago(**span: int) -> list[dict[str, str]]:
    return [{"what": "knee", "date": (TODAY - timedelta(**span)).isoformat()}]


def severities(answers: dict[str, Any]) -> list[Severity]:
    return [alert.severity for alert in screen(WELL | answers, today=TODAY)]


E, B, C, L, M, N = (
    Severity.EMERGENCY,
    Severity.BLOCK,
    Severity.CLEARANCE,
    Severity.LOCAL,
    Severity.MODIFY,
    Severity.NOTE,
)
YES = {"surgery": "yes"}
BROKEN = {"fracture": "yes"}
PREGNANT = {"pregnant": "yes", "pregnancy_high_risk": "no"}

TABLE: list[tuple[str, dict[str, Any], list[Severity]]] = [
    ("chest pain", {"emergency_signs": ["chest_pain"]}, [E]),
    ("stroke signs", {"emergency_signs": ["stroke_signs"]}, [E]),
    ("sudden worst headache", {"emergency_signs": ["worst_headache"]}, [E]),
    ("bladder or bowel loss", {"emergency_signs": ["bladder_bowel"]}, [E]),
    ("one-sided calf swelling", {"today": ["calf_swelling"]}, [B, M]),
    ("suspected clot", {"blood_clot": "suspected"}, [B, M]),
    ("treated clot", {"blood_clot": "treated"}, [C, M]),
    ("fever", {"today": ["fever"]}, [B, M]),
    ("contagious illness", {"today": ["contagious"]}, [B, M]),
    ("intoxication", {"today": ["intoxicated"]}, [B]),
    ("systolic 180", {"bp_systolic": 180}, [B]),
    ("systolic 179", {"bp_systolic": 179}, [C]),
    ("diastolic 110", {"bp_diastolic": 110}, [B]),
    ("diastolic 109", {"bp_diastolic": 109}, [C]),
    ("systolic 160", {"bp_systolic": 160}, [C]),
    ("systolic 159", {"bp_systolic": 159}, []),
    ("diastolic 100", {"bp_diastolic": 100}, [C]),
    ("diastolic 99", {"bp_diastolic": 99, "blood_pressure": "controlled"}, [M]),
    ("uncontrolled pressure", {"blood_pressure": "uncontrolled"}, [C]),
    ("controlled pressure", {"blood_pressure": "controlled"}, [M]),
    ("surgery 41 days ago", YES | {"surgeries": ago(days=41)}, [C, L]),
    ("surgery 42 days ago", YES | {"surgeries": ago(days=42)}, [L]),
    ("surgery years ago", YES | {"surgeries": ago(days=4000)}, [L]),
    ("surgery without a date", YES, [C, L]),
    ("old and new surgery", YES | {"surgeries": [*ago(days=999), *ago(days=3)]}, [C, L]),
    ("fracture 2 weeks ago", BROKEN | {"fractures": ago(weeks=2)}, [C, L]),
    ("fracture a year ago", BROKEN | {"fractures": ago(days=366)}, [L]),
    ("injury under 72 hours", {"acute_injury": "yes"}, [L]),
    ("open wound", {"skin": ["open_wound"]}, [L]),
    ("burn", {"skin": ["burn"]}, [L]),
    ("rash", {"skin": ["rash"]}, [L]),
    ("varicose veins", {"skin": ["varicose_veins"]}, [L]),
    ("port", {"implants": ["port"]}, [L]),
    ("spreading infection", {"skin": ["spreading_infection"]}, [B, M]),
    ("cancer treatment now", {"cancer": "now"}, [C, L]),
    ("cancer treatment under a year ago", {"cancer": "within_year"}, [C, L]),
    ("cancer longer ago", {"cancer": "earlier"}, [N]),
    ("lymph nodes removed", {"lymph_nodes": "yes"}, [L]),
    ("first trimester", PREGNANT | {"pregnancy_weeks": 13}, [C, M]),
    ("second trimester", PREGNANT | {"pregnancy_weeks": 14}, [M]),
    ("pregnant, weeks unknown", PREGNANT, [C, M]),
    (
        "high risk",
        {"pregnant": "yes", "pregnancy_weeks": 20, "pregnancy_high_risk": "yes"},
        [C, M],
    ),
    ("blood thinner", {"blood_thinner": "yes"}, [M]),
    ("blood thinner and deep work", {"blood_thinner": "yes", "pressure": "deep"}, [C, M]),
    ("low platelets", {"conditions": ["low_platelets"]}, [M]),
    ("bleeding disorder", {"conditions": ["bleeding_disorder"]}, [M]),
    ("heart failure", {"conditions": ["heart_failure"]}, [C, M]),
    ("kidney failure", {"conditions": ["kidney_failure"]}, [C, M]),
    ("liver failure", {"conditions": ["liver_failure"]}, [C]),
    ("unstable angina", {"conditions": ["unstable_angina"]}, [C]),
    ("recent heart attack", {"conditions": ["heart_attack"]}, [C]),
    ("recent stroke", {"conditions": ["stroke"]}, [C]),
    ("uncontrolled seizures", {"conditions": ["seizures"]}, [C]),
    (
        "lymph drainage with heart failure",
        {"conditions": ["heart_failure"], "goals": ["less_swelling"]},
        [B, C],
    ),
    (
        "lymph drainage after a clot",
        {"blood_clot": "treated", "goals": ["less_swelling"]},
        [B, C],
    ),
    ("lymph drainage, well", {"goals": ["less_swelling"]}, []),
    ("severe osteoporosis", {"conditions": ["osteoporosis"]}, [M]),
    ("neuropathy", {"conditions": ["neuropathy"]}, [M]),
    ("allergy", {"allergies": "yes"}, [N]),
    ("nothing at all", {}, []),
    (
        "warfarin and surgery three weeks ago",
        {"blood_thinner": "yes", "surgery": "yes", "surgeries": ago(weeks=3)},
        [C, L, M],
    ),
]


@pytest.mark.parametrize(
    ("answers", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_the_table_holds(answers: dict[str, Any], expected: list[Severity]) -> None:
    assert severities(answers) == expected


@pytest.mark.parametrize("question", sorted(screening.SAFETY_QUESTIONS))
def test_not_sure_always_asks_a_therapist(question: str) -> None:
    multiple = isinstance(WELL.get(question), list)
    answers: dict[str, Any] = {question: ["unsure"] if multiple else "unsure"}

    alerts = screen(WELL | answers, today=TODAY)

    assert gravest(alerts) == Severity.CLEARANCE
    assert f"unsure_{question}" in {alert.rule for alert in alerts}


def test_the_highest_severity_decides_and_every_alert_is_kept() -> None:
    alerts = screen(
        WELL | {"emergency_signs": ["chest_pain"], "today": ["fever"], "allergies": "yes"},
        today=TODAY,
    )

    assert gravest(alerts) == Severity.EMERGENCY
    assert [alert.rule for alert in alerts] == ["chest_pain", "fever", "lymph_drainage", "allergy"]


def test_nothing_is_said_about_somebody_who_is_well() -> None:
    assert gravest(screen(WELL, today=TODAY)) is None


def test_the_questionnaire_asks_all_that_the_rules_read() -> None:
    asked = {question.id: question for question in DEFINITION.questions()}
    for rule in screening.RULES:
        assert rule.answer in dict(asked[rule.question].options), rule
    for question in screening.SAFETY_QUESTIONS:
        assert asked[question].required, question
        assert "unsure" in dict(asked[question].options), question


def answers_of(question: questionnaire.Question) -> st.SearchStrategy[Any]:
    values = [value for value, _ in question.options]
    match question.type:
        case "choices":
            return st.lists(st.sampled_from(values), unique=True, min_size=1)
        case "number" | "scale":
            return st.integers(question.minimum or 0, question.maximum or 10)
        case "dated_list":
            days = st.integers(0, 5000)
            return st.lists(days.map(lambda n: ago(days=n)[0]), min_size=1, max_size=5)
        case "agree":
            return st.booleans()
        case _:
            return st.sampled_from(values) if values else st.text(max_size=20)


ANY_ANSWERS = st.fixed_dictionaries(
    {}, optional={question.id: answers_of(question) for question in DEFINITION.questions()}
)


@given(ANY_ANSWERS)
def test_screening_any_answers_gives_each_alert_once_gravest_first(answers: dict[str, Any]) -> None:
    alerts = screen(answers, today=TODAY)

    assert [alert.severity for alert in alerts] == sorted(
        (alert.severity for alert in alerts), reverse=True
    )
    keys = [(alert.rule, alert.severity) for alert in alerts]
    assert len(keys) == len(set(keys))


@given(ANY_ANSWERS, st.sampled_from(["chest_pain", "stroke_signs"]))
def test_no_other_answer_hides_an_emergency(answers: dict[str, Any], sign: str) -> None:
    signs = [*answers.get("emergency_signs", []), sign]
    assert gravest(screen(answers | {"emergency_signs": signs}, today=TODAY)) == E


def test_every_rule_stands_in_the_guide() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "intake.md").read_text(encoding="utf-8")
    source = Path(screening.__file__).read_text(encoding="utf-8")
    by_code = set(re.findall(r'Alert\(\s*"(\w+)"', source))
    rules = {rule.alert.rule for rule in screening.RULES} | by_code

    assert {rule for rule in rules if f"`{rule}`" not in guide} == set()
