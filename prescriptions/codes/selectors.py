"""What the table says about diagnosis codes, and which release it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from prescriptions.codes import icd10
from prescriptions.models import CodeRelease, DiagnosisCode

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from django.db.models import QuerySet


def loaded() -> QuerySet[CodeRelease]:
    """Releases that were loaded, the newest first."""
    return CodeRelease.objects.defer("file").filter(status=CodeRelease.Status.LOADED)


def releases() -> QuerySet[CodeRelease]:
    """All of them, the newest first, without their files."""
    return CodeRelease.objects.defer("file").select_related("sent_by")


def outdated_since(today: date) -> date | None:
    """Since when a release is in force that is not loaded, if one is."""
    newest = in_force_on()
    following = icd10.next_release(newest) if newest else None
    return following if following and following <= today else None


def in_force_on() -> date | None:
    """Since when the release that was loaded last is in force."""
    return loaded().values_list("in_force_on", flat=True).first()


def table(codes: Iterable[str]) -> icd10.Table:
    """What is known about these codes; two queries."""
    return _table(DiagnosisCode.objects.released().filter(code__in=list(codes)))


def _table(rows: Iterable[DiagnosisCode]) -> icd10.Table:
    return replace(_known(rows), in_force_on=in_force_on())


def _known(rows: Iterable[DiagnosisCode]) -> icd10.Table:
    known = {row.code: icd10.Known(row.billable, row.valid_from, row.valid_through) for row in rows}
    return icd10.Table(known)


def check_codes(codes: Iterable[str], on: date) -> list[tuple[icd10.Verdict, str]]:
    """Each code with its verdict for that day and description, in the order given; two queries."""
    codes = list(codes)
    rows = {row.code: row for row in DiagnosisCode.objects.released().filter(code__in=codes)}
    known = _table(rows.values())
    return [
        (icd10.check(code, known, on), rows[code].description if code in rows else "")
        for code in codes
    ]


def verdict_of(row: DiagnosisCode, on: date) -> icd10.Verdict:
    """What is to be said of a code on that day; no query."""
    return icd10.check(row.code, _known([row]), on)


def known_codes(typed: set[str]) -> set[str]:
    """Which of them are codes in our table; a reviewer judges the rest. One query."""
    return set(DiagnosisCode.objects.filter(code__in=typed).values_list("code", flat=True))
