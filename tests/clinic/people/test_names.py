from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.people.likeness import Name
from clinic.people.names import of, split, tidy

LETTERS = st.text(alphabet="abcXYZéñß", min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("Ana Lima", "Ana", "Lima"),
        ("Lima, Ana", "Ana", "Lima"),
        ("  lima ,  ana maria ", "ana maria", "lima"),
        ("Mary Ann Smith", "Mary Ann", "Smith"),
        ("Ana de la Cruz", "Ana", "de la Cruz"),
        ("de la Cruz, Ana", "Ana", "de la Cruz"),
        ("Vincent van Gogh", "Vincent", "van Gogh"),
        ("Van Morrison", "Van", "Morrison"),
        ("Sam Lee Jr.", "Sam", "Lee Jr."),
        ("Sam Lee, Jr.", "Sam", "Lee Jr."),
        ("Lee, Jr., Sam", "Sam", "Lee Jr."),
        ("Suharto", "Suharto", ""),
        ("Suharto -", "Suharto", ""),
        ("Suharto,", "Suharto", ""),
        (", Suharto", "Suharto", ""),
        ("Jr.", "Jr.", ""),
        ("-", "", ""),
        (" . , - ", "", ""),
        ("", "", ""),
    ],
)
def test_a_line_is_split(typed: str, first: str, last: str) -> None:
    assert split(typed) == Name(first, last)


def test_one_name_is_enough_in_either_field() -> None:
    assert of("", "Suharto") == of("Suharto", " - ") == Name("Suharto", "")
    assert tidy("  van   Gogh ") == "van Gogh"


@given(first=LETTERS, last=LETTERS)
def test_last_first_is_read_the_other_way_round(first: str, last: str) -> None:
    assert split(f"{last}, {first}") == Name(first, last)


@given(st.lists(LETTERS, min_size=1, max_size=6), st.booleans())
def test_no_letter_is_lost_or_added(words: list[str], comma: bool) -> None:
    typed = " ".join(words)
    if comma:
        typed = typed.replace(" ", ", ", 1)
    found = split(typed)
    assert sorted(f"{found.first} {found.last}".split()) == sorted(words)
    assert found.first
