"""Which questions stop a visit is read from the questionnaire and the rules. Pure."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from intake import questionnaire
from intake.aloud import questions
from intake.aloud.services import is_drawn
from intake.management.commands.load_questionnaire import DATA
from intake.screening import RULES, Severity, gravest, screen

DEFINITION = questionnaire.parse(json.loads((DATA / "health-history-1.json").read_text()))
ASKED = questions.asked(DEFINITION)
KEYS = [one.key for one in ASKED]
SAID = st.fixed_dictionaries({key: st.sampled_from(["yes", "no", "unsure"]) for key in KEYS})
TODAY = date(2026, 11, 20)


def test_every_answer_that_always_stops_a_visit_is_asked_emergencies_first() -> None:
    grave = {
        f"{rule.question}-{rule.answer}" for rule in RULES if rule.alert.severity >= Severity.BLOCK
    }
    assert grave <= set(KEYS)
    assert set(KEYS) - grave == {"bp_systolic-very_high"}
    assert len(KEYS) == len(set(KEYS)) >= 10
    kinds = [one.is_emergency for one in ASKED]
    assert kinds == sorted(kinds, reverse=True)
    assert all(str(one.words) and one.question for one in ASKED)


def as_answers(key: str) -> dict[str, Any]:
    """The questionnaire's own answer that the asked one stands for."""
    question, _dash, answer = key.partition("-")
    if question == "bp_systolic":
        return {"bp_systolic": 180, "bp_diastolic": 90}
    kinds = {one.id: one.type for one in DEFINITION.questions()}
    return {question: [answer] if kinds[question] == "choices" else answer}


@given(SAID)
def test_a_yes_stops_exactly_where_the_questionnaire_would(said: dict[str, str]) -> None:
    stopped = {one.key for one in questions.stops(ASKED, said)}
    for key in KEYS:
        worst = gravest(screen(as_answers(key), today=TODAY)) or 0
        assert worst >= Severity.BLOCK
        assert (key in stopped) == (said[key] == "yes")


@given(SAID, st.sampled_from(KEYS), st.sampled_from(["", "maybe", "YES"]))
def test_all_must_be_answered_and_only_those(said: dict[str, str], key: str, wrong: str) -> None:
    assert questions.is_complete(ASKED, said)
    assert not questions.is_complete(ASKED, {**said, key: wrong})
    assert not questions.is_complete(ASKED, {**said, "other": "no"})
    del said[key]
    assert not questions.is_complete(ASKED, said)


@given(st.text(max_size=200) | st.recursive(st.integers() | st.text(), st.lists).map(json.dumps))
def test_no_drawing_breaks_the_check(drawing: str) -> None:
    assert is_drawn(drawing) in {True, False}


def test_a_drawing_is_more_than_a_slip_of_the_finger() -> None:
    line = [number for place in range(20) for number in (place * 10, 50)]
    assert is_drawn(json.dumps([line]))
    assert is_drawn(json.dumps([line[:8], line[8:]]))
    for wrong in ("", "[]", "{}", "[[1,2]]", "null", "[[1.5,2]]", json.dumps([line[:-1]])):
        assert not is_drawn(wrong), wrong
    assert not is_drawn(json.dumps([[True] * 40]))
    assert not is_drawn(json.dumps([[5000] * 40]))
    assert not is_drawn(json.dumps([line * 2000]))
