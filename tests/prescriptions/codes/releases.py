"""Releases of ICD-10-CM for tests: a small order file, and what was loaded before it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from django.utils import timezone

from prescriptions.models import CodeRelease
from tests.prescriptions.factories import CODES, make_codes

if TYPE_CHECKING:
    from collections.abc import Mapping

TODAY = datetime.now(UTC).date()
# The release that is in force today, and the one before it.
BEFORE, NEXT = [
    date(year, month, 1)
    for year in range(TODAY.year - 1, TODAY.year + 1)
    for month in (4, 10)
    if date(year, month, 1) <= TODAY
][-2:]


def order_file(changes: Mapping[str, tuple[bool, str] | None] | None = None) -> bytes:
    """The codes of `make_codes` as CMS would publish them; without those changed to None."""
    every = {code: about for code, about in {**CODES, **(changes or {})}.items() if about}
    lines = [
        f"{number:05d} {code.replace('.', ''):<7} {int(billable)} {words[:60]:<60} {words}"
        for number, (code, (billable, words)) in enumerate(sorted(every.items()), start=1)
    ]
    return ("\r\n".join(lines) + "\r\n").encode()


def loaded(day: date = BEFORE) -> CodeRelease:
    """The codes of `make_codes`, in force since that day."""
    make_codes()
    return CodeRelease.objects.create(
        name="test",
        in_force_on=day,
        status=CodeRelease.Status.LOADED,
        loaded_at=timezone.now(),
        codes=len(CODES),
    )
