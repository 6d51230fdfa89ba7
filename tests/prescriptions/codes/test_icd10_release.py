"""The real classification, once: what the house says of it is checked against the package."""

from __future__ import annotations

from datetime import date
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command

from prescriptions.codes import icd10
from prescriptions.codes.icd10 import Refusal
from prescriptions.codes.selectors import check_codes, loaded
from prescriptions.management.commands import load_icd10

if TYPE_CHECKING:
    from prescriptions.models import DiagnosisCode

# The clinic's usual codes.
_USUAL = """
    M54.2 M54.50 M54.51 M54.59 M54.6 M54.12 M54.16 M54.31 M54.32 M54.41 M54.42 M54.81
    M79.11 M79.12 M79.18 M79.7 M62.830 M62.838 G44.209 G43.909 M26.623 G56.01 G56.02 G54.0
    G57.01 M25.511 M25.512 M75.01 M75.41 M75.101 M77.11 M72.2 M76.31 M41.9 M51.26 G35.D
    I89.0 S13.4XXA S16.1XXA S39.012A
"""
USUAL = _USUAL.split()
HEADINGS = ["M54.5", "M79.1", "R51", "M51.36", "G35"]


ODD = ["S13.4A", "12", "M50-M54", "M99.99"]
TYPED = [" m5450", "U07.1", "QA0.0101"]
ASKED = {icd10.tidy(text) for text in (*USUAL, *HEADINGS, *ODD, *TYPED)}
read = load_icd10.read
ON = date(2026, 4, 1)  # since when the package's codes are in force


@pytest.mark.django_db
def test_the_usual_codes_are_complete_and_the_traps_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def those_asked(release: str) -> list[DiagnosisCode]:
        return [row for row in read(release) if row.code in ASKED]

    # Read whole, but only what is asked for is written: all of it would take half a minute here.
    monkeypatch.setattr(load_icd10, "read", those_asked)
    call_command("load_icd10", stdout=StringIO())
    assert len(USUAL) == 40
    judged = check_codes(USUAL, ON)
    assert [verdict.code for verdict, _ in judged if not verdict.accepted] == []
    assert all(words for _, words in judged)
    headings = check_codes(HEADINGS, ON)
    assert {verdict.refusal for verdict, _ in headings} == {Refusal.HEADER}
    odd = check_codes([icd10.tidy(text) for text in ODD], ON)
    assert [verdict.refusal for verdict, _ in odd] == [
        *(Refusal.SEVENTH, Refusal.SHAPE, Refusal.SHAPE, Refusal.UNKNOWN)
    ]
    (release,) = loaded()
    assert release.in_force_on == ON
    there = check_codes([icd10.tidy(text) for text in TYPED], ON)
    assert all(verdict.accepted for verdict, _ in there)
