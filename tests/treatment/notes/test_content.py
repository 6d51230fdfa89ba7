"""What a note must say, what is carried over from the last one, and what never is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatment.notes import content
from treatment.notes.content import CONSULTATION, NOT_SAID, TREATMENT, Kind

BOTH = [TREATMENT, CONSULTATION]
words = st.dictionaries(
    st.sampled_from([field.name for field in TREATMENT]),
    st.text(max_size=12) | st.sampled_from(["0", "7", NOT_SAID]),
)


def whole(fields: tuple[content.Field, ...] = TREATMENT) -> dict[str, str]:
    """All that is needed, and nothing else."""
    answers = {Kind.WORDS: "As it is", Kind.SCORE: "4"}
    return {
        field.name: answers.get(field.kind, field.choices[0][0] if field.choices else "")
        for field in fields
        if field.is_needed
    }


@pytest.mark.parametrize("fields", BOTH)
def test_a_note_is_whole_once_all_that_is_needed_is_there(
    fields: tuple[content.Field, ...],
) -> None:
    assert content.missing(fields, whole(fields)) == []
    for name in whole(fields):
        lacking = content.missing(fields, {**whole(fields), name: "  "})
        assert [field.name for field in lacking] == [name]


def test_what_a_state_asks_for_at_least_is_needed() -> None:
    """COMAR 10.65.06.01: reason, assessment, plan, techniques and the response to them."""
    needed = {field.name for field in TREATMENT if field.is_needed}
    assert needed >= {"reason", "findings", "treated", "response", "plan", "pain_now", "pain_after"}


@pytest.mark.parametrize(
    ("name", "value", "is_valid"),
    [
        ("pain_now", "0", True),
        ("pain_now", "10", True),
        ("pain_now", NOT_SAID, True),
        ("pain_now", "", True),
        ("pain_now", "11", False),
        ("pain_now", "-1", False),
        ("pain_now", "3.5", False),
        ("pain_now", "\N{ARABIC-INDIC DIGIT THREE}", False),
        ("hurts", "", True),
        ("hurts", "back-neck-middle front-knee-left", True),
        ("hurts", "back-neck-middle back-neck-middle", False),
        ("hurts", "back-neck-middle tail", False),
        ("findings", "x" * content.LONGEST, True),
        ("findings", "x" * (content.LONGEST + 1), False),
    ],
)
def test_a_field_takes_what_it_is_for(name: str, value: str, is_valid: bool) -> None:
    field = next(one for one in TREATMENT if one.name == name)
    assert content.valid(field, value) is is_valid


@given(said=words, last=words)
def test_copying_overwrites_nothing_and_never_brings_a_score(
    said: dict[str, str], last: dict[str, str]
) -> None:
    made = content.carried(TREATMENT, said, last)
    for field in TREATMENT:
        before, after = said.get(field.name, ""), made.get(field.name, "")
        assert after == before or (not before and after == last[field.name] and field.is_carried)
        if field.kind == Kind.SCORE:
            assert after == before


@given(said=words, last=words)
def test_what_was_just_copied_has_not_changed(said: dict[str, str], last: dict[str, str]) -> None:
    made = content.carried(TREATMENT, said, last)
    for name in content.changed(TREATMENT, made, last):
        field = next(one for one in TREATMENT if one.name == name)
        assert said.get(name) or not field.is_carried


@pytest.mark.parametrize(("value", "number"), [("0", 0), ("10", 10), (NOT_SAID, None), ("", None)])
def test_a_score_that_nobody_said_is_unknown(value: str, number: int | None) -> None:
    assert content.score({"pain_now": value}, "pain_now") == number


def test_places_are_read_by_their_names() -> None:
    field = next(one for one in TREATMENT if one.name == "hurts")
    assert content.spoken(field, "back-neck-middle front-knee-left") == (
        "Back of the neck, Left knee"
    )
    assert content.spoken(field, "") == ""
