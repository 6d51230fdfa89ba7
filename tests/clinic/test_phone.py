"""Telephone numbers with their extension (C21): kept whole, or not taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.ids.phone import LONGEST_EXTENSION, Phone, read

NUMBER = "+12125550142"


@pytest.mark.parametrize(
    ("text", "extension"),
    [
        ("212-555-0142", ""),
        ("1 (212) 555-0142", ""),
        ("+1 212.555.0142", ""),
        ("212-555-0142 x89", "89"),
        ("212-555-0142x89", "89"),
        ("212-555-0142 ext 89", "89"),
        ("(212) 555-0142 ext. 12", "12"),
        ("212-555-0142 Extension: 12", "12"),
        ("212-555-0142,12", "12"),
        ("212-555-0142,,12", "12"),
        ("212-555-0142;ext=12", "12"),
        ("212-555-0142 #012", "012"),
    ],
)
def test_a_number_is_read_with_its_extension(text: str, extension: str) -> None:
    assert read(text) == Phone(NUMBER, extension)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x89",
        "555-0142",
        "212-555-0142 89",
        "212-555-0142 x12345678",
        "212-555-0142 x89 or x90",
        "(530) 583-6985 x302/x2303",
        "212-555-0142 / 813-555-0142",
        "212-555-0142 press 3",
    ],
)
def test_what_cannot_be_kept_whole_is_not_taken(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("phone", "text", "uri"),
    [
        (Phone(), "", ""),
        (Phone(NUMBER), "(212) 555-0142", "tel:+12125550142"),
        (Phone(NUMBER, "89"), "(212) 555-0142 ext. 89", "tel:+12125550142;ext=89"),
        (Phone("+442079460958"), "+44 20 7946 0958", "tel:+442079460958"),
    ],
)
def test_it_is_written_for_people_and_for_a_link(phone: Phone, text: str, uri: str) -> None:
    assert (str(phone), phone.uri, bool(phone)) == (text, uri, bool(text))


def test_the_two_columns_make_one() -> None:
    assert Phone.of("", "89") == Phone.of(None) == Phone()
    assert Phone.of(NUMBER, "89") == Phone(NUMBER, "89")


@given(
    number=st.from_regex(r"2125550[1-9][0-9]{2}", fullmatch=True),
    extension=st.text("0123456789", max_size=LONGEST_EXTENSION),
    between=st.sampled_from([" x", " ext. ", ";ext=", ", "]),
)
def test_whatever_is_written_is_read_as_the_same(number: str, extension: str, between: str) -> None:
    typed = f"{number}{between}{extension}" if extension else number
    found = read(typed)
    assert found == Phone(f"+1{number}", extension)
    assert read(str(found)) == found
    assert read(found.uri) == found
