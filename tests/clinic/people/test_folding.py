"""The database folds what is stored exactly as we fold what is typed."""

from __future__ import annotations

import unicodedata

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.people.folding import fold

# Python's tables must know the letter; what is known never changes.
# ruff: noqa: RUF001 - letters that look alike are what this is about
known = st.characters(blacklist_categories=["Cs", "Cn"], blacklist_characters="\x00")
hard = st.sampled_from("ÅåØøŁłßẞÆæŒœÞþĐđıİŞşĞğ'’‘ʼ-‐–.,ơƯừẠñÑçΣςσΆЁйЙﬁ½Ⅳ\u0301\u00a0´`˙")
texts = st.text(st.one_of(known, hard, st.sampled_from("aZ b")), max_size=40)


def by_database(text: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clinic_fold(%s)", [text])
        (folded,) = cursor.fetchone()
    return str(folded)


@pytest.mark.django_db
@settings(max_examples=400, deadline=None)
@given(text=texts)
def test_both_fold_alike(text: str) -> None:
    folded = fold(text)
    assert by_database(text) == folded
    assert fold(folded) == folded
    assert "  " not in folded


@pytest.mark.django_db
def test_every_letter_of_the_first_planes_folds_alike() -> None:
    letters = [chr(code) for code in range(1, 0x3000) if unicodedata.category(chr(code)) != "Cn"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT letter, clinic_fold('a' || letter || 'b') FROM unnest(%s) AS letter", [letters]
        )
        assert [
            (letter, folded) for letter, folded in cursor if fold(f"a{letter}b") != folded
        ] == []


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("O’Brien-Smith", "obrien smith"),
        ("García López", "garcia lopez"),
        ("Thị Hoa NGUYỄN", "thi hoa nguyen"),
        ("Đặng Ơn", "dang on"),
        ("Søren Łukasz Groß", "soren lukasz gross"),
        ("Lima, Ana", "lima ana"),
        ("  St.  John ", "st john"),
        ("ΜΑΡΊΑ Ёлкин", "μαρια елкин"),
        ("-", ""),
    ],
)
def test_what_it_makes_of_names(typed: str, folded: str) -> None:
    assert fold(typed) == folded
