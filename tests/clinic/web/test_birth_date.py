"""A date of birth as people type it (B1): also with nothing but the digits of a phone's keypad."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
import time_machine
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from clinic.web.birth_date import BirthDateField, Unreadable, read

BORN = date(1981, 4, 12)


class Born(forms.Form):
    birth_date = BirthDateField(label="Date of birth")


@pytest.mark.parametrize(
    "text",
    [
        "04121981",
        "04.12.1981",
        "04 12 1981",
        "4/12/1981",
        "4-12-1981",
        "04,12,1981",
        "04/12/1981",
        " 04 / 12 / 1981 ",
        "04/121981",
        "0412-1981",
        "04/12/1981.",
        "4\u201312\u20131981",
        "1981-04-12",
        "1981/4/12",
        "19810412",
        "\u0660\u0664\u0661\u0662\u0661\u0669\u0668\u0661",
    ],
)
def test_every_way_of_typing_it_is_read(text: str) -> None:
    assert read(text) == BORN
    assert Born({"birth_date": text}).is_valid()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("abc", "invalid"),
        ("04/12", "invalid"),
        ("4121981", "invalid"),  # 4/12, or 12/04 with a digit missing
        ("041219811", "invalid"),
        ("04/12/19810", "invalid"),
        ("041/2/1981", "invalid"),
        ("0/4121981", "invalid"),
        ("April 12, 1981", "invalid"),
        ("4/12/81", "short_year"),
        ("041281", "short_year"),
        ("04/12/198", "short_year"),
        ("13/04/1981", "order"),
        ("25121981", "order"),
        ("02/30/1981", "no_such_day"),
        ("00/12/1981", "no_such_day"),
        ("02/29/1981", "no_such_day"),
    ],
)
def test_what_could_mean_another_day_is_asked_about(text: str, problem: str) -> None:
    with pytest.raises(Unreadable, match=problem):
        read(text)
    form = Born({"birth_date": text})
    assert form.errors["birth_date"] == [BirthDateField.default_error_messages[problem]]
    assert f'value="{text}"' in str(form["birth_date"])  # and stays for them to correct


@time_machine.travel("2026-11-29T17:00:00Z")
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "This field is required."),
        ("   ", "This field is required."),
        ("11/29/2026", ""),
        ("11/30/2026", "That date is in the future. Check the year of birth."),
        ("11/29/1906", ""),
        ("11/28/1906", "That is more than 120 years ago. Check the year of birth."),
        ("01/01/0001", "That is more than 120 years ago. Check the year of birth."),
        ("02/29/2024", ""),
    ],
)
def test_nobody_is_born_tomorrow_or_too_long_ago(text: str, sentence: str) -> None:
    errors = Born({"birth_date": text}).errors
    assert errors == ({"birth_date": [sentence]} if sentence else {})


def test_the_page_shows_the_order_and_what_is_known() -> None:
    shown = Born(initial={"birth_date": BORN})["birth_date"]
    assert shown.help_text == "MM/DD/YYYY"
    assert 'value="04/12/1981"' in str(shown)
    assert 'inputmode="numeric"' in str(shown)


@given(
    day=st.dates(date(1900, 1, 1), date(2026, 1, 1)),
    between=st.sampled_from(["", "/", ".", "-", " ", ","]),
)
def test_any_day_is_read_as_itself(day: date, between: str) -> None:
    assert read(day.strftime(f"%m{between}%d{between}%Y")) == day
    assert read(day.isoformat()) == day


@given(st.text("0123456789/.- ", max_size=12))
def test_no_text_breaks_it_or_is_read_as_another_year(text: str) -> None:
    with suppress(Unreadable):
        assert f"{read(text).year:04d}" in "".join(filter(str.isdigit, text))
