"""Typed diagnosis codes, checked against the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prescriptions.codes import icd10
from prescriptions.models import DiagnosisCode

if TYPE_CHECKING:
    from collections.abc import Iterable


def check_codes(codes: Iterable[str]) -> list[tuple[icd10.Verdict, str]]:
    """Each code with its verdict and description, in the order given; one query."""
    codes = list(codes)
    rows = {row.code: row for row in DiagnosisCode.objects.of_this_year().filter(code__in=codes)}
    known = {code: row.billable for code, row in rows.items()}
    return [
        (icd10.check(code, known), rows[code].description if code in rows else "") for code in codes
    ]


def billable(codes: Iterable[str]) -> dict[str, bool]:
    """Whether each of them that this year's table has is complete; one query."""
    rows = DiagnosisCode.objects.of_this_year().filter(code__in=codes)
    return dict(rows.values_list("code", "billable"))


def known_codes(typed: set[str]) -> set[str]:
    """Which of them are codes in our table; a reviewer judges the rest. One query."""
    return set(DiagnosisCode.objects.filter(code__in=typed).values_list("code", flat=True))
