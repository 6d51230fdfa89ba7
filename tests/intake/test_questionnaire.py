from __future__ import annotations

import json
from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from intake import questionnaire
from intake.management.commands.load_questionnaire import DATA
from intake.questionnaire import InvalidDefinition, carried, effective, missing, parse, problem

TODAY = date(2026, 11, 22)
DATA_1: dict[str, Any] = json.loads((DATA / "health-history-1.json").read_text())
DEFINITION = parse(DATA_1)
QUESTIONS = {question.id: question for question in DEFINITION.questions()}


def test_every_required_question_is_missing_at_first() -> None:
    found = {row.question.id for row in missing(DEFINITION, {}, age=40, today=TODAY)}

    assert {"emergency_signs", "blood_clot", "pain_now", "emergency_name", "pregnant"} <= found
    assert "surgeries" not in found  # asked only after a yes


def test_a_follow_up_is_missing_once_it_applies() -> None:
    found = {
        row.question.id for row in missing(DEFINITION, {"surgery": "yes"}, age=40, today=TODAY)
    }
    assert "surgeries" in found


def test_answers_to_questions_no_longer_asked_do_not_count() -> None:
    answers = {"surgery": "no", "surgeries": [{"what": "knee", "date": "2026-11-01"}]}
    assert effective(DEFINITION, answers, age=40) == {"surgery": "no"}


@pytest.mark.parametrize(("age", "asked"), [(9, False), (10, True), (60, True), (61, False)])
def test_pregnancy_is_asked_where_it_can_be(age: int, *, asked: bool) -> None:
    found = {row.question.id for row in missing(DEFINITION, {}, age=age, today=TODAY)}
    assert ("pregnant" in found) == asked


def test_what_was_true_only_that_day_is_asked_again() -> None:
    last = {"today": ["none"], "pain_now": 3, "allergies": "yes", "allergies_what": "nuts"}
    assert carried(DEFINITION, last) == {"allergies": "yes", "allergies_what": "nuts"}


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("blood_clot", "maybe"),
        ("conditions", ["none", "stroke"]),
        ("conditions", ["gout"]),
        ("conditions", "none"),
        ("pain_now", 11),
        ("pain_now", -1),
        ("pain_now", "3"),
        ("pain_now", True),
        ("bp_systolic", 20),
        ("surgeries", [{"what": "knee", "date": "2026-11-23"}]),
        ("surgeries", [{"what": "knee", "date": "1899-12-31"}]),
        ("surgeries", [{"what": "", "date": "2026-01-01"}]),
        ("surgeries", [{"what": "x", "date": "2026-01-01"}] * 6),
        ("occupation", "x" * 201),
        ("medicines", "x" * 2001),
    ],
)
def test_an_answer_outside_its_question_is_refused(question: str, value: Any) -> None:
    assert problem(QUESTIONS[question], value, today=TODAY)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("conditions", ["none"]),
        ("conditions", ["stroke", "neuropathy"]),
        ("pain_now", 0),
        ("pain_now", 10),
        ("surgeries", [{"what": "knee", "date": "2026-11-22"}]),
        ("medicines", "x" * 2000),
        ("sms", True),
    ],
)
def test_a_proper_answer_passes(question: str, value: Any) -> None:
    assert problem(QUESTIONS[question], value, today=TODAY) is None


def test_an_answer_that_no_longer_fits_counts_as_missing() -> None:
    found = missing(DEFINITION, {"pain_now": 99}, age=40, today=TODAY)
    assert "pain_now" in {row.question.id for row in found}


def broken(change: str) -> dict[str, Any]:
    data = deepcopy(DATA_1)
    first = data["sections"][0]["questions"]
    match change:
        case "unknown type":
            first[0]["type"] = "riddle"
        case "asked twice":
            first.append(first[0])
        case "depends on nothing":
            first[0]["when"] = {"question": "horoscope", "in": ["yes"]}
        case "no options":
            first[0]["options"] = []
        case "misspelt":
            first[0]["requird"] = True
        case "no title":
            del data["title"]
        case "no consent text":
            first[0]["consent"] = "organ_donation"
    return data


@pytest.mark.parametrize(
    "change",
    [
        "unknown type",
        "asked twice",
        "depends on nothing",
        "no options",
        "misspelt",
        "no title",
        "no consent text",
    ],
)
def test_a_faulty_definition_is_refused(change: str) -> None:
    with pytest.raises(InvalidDefinition):
        parse(broken(change))


def test_none_of_these_is_offered_by_every_required_list_of_troubles() -> None:
    for question in DEFINITION.questions():
        if question.type == "choices" and question.required and question.id != "goals":
            assert questionnaire.NONE in dict(question.options), question.id
