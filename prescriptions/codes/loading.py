"""Writing a release of ICD-10-CM, and what finds its codes.

What takes long is worked out first. It is then written in one transaction with COPY: searches find
the old codes until then, and the new ones at once.
"""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

from django.db import connection, transaction

from prescriptions.codes import index
from prescriptions.models import DiagnosisCode, DiagnosisStart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date

    Tell = Callable[[int], object]  # per cent

BATCH = 5000
CODES, STARTS = DiagnosisCode._meta.db_table, DiagnosisStart._meta.db_table
CODE = ("code", "description", "billable", "release", "also", "place")
START = ("start", "codes", "opening", "anywhere")
# A code begins when it is first complete, and ends when it no longer is. %s: the day of the
# release, or none when what came before it is not known.
WRITE = f"""
    INSERT INTO {CODES} AS known ({", ".join(CODE)}, valid_from)
    SELECT {", ".join(CODE)}, CASE WHEN billable THEN %(since)s::date END FROM new_code
        ON CONFLICT (code) DO UPDATE SET
           {", ".join(f"{column} = excluded.{column}" for column in CODE[1:])},
           valid_from = CASE WHEN excluded.billable AND NOT known.billable
                                  AND known.valid_through IS NULL
                             THEN %(since)s ELSE known.valid_from END,
           valid_through = CASE WHEN excluded.billable THEN NULL
                                WHEN known.billable
                                THEN GREATEST(%(since)s::date, known.valid_from) - 1
                                ELSE known.valid_through END
"""  # noqa: S608 - our own names
# Kept for old prescriptions, not offered for new ones.
END = f"""
    UPDATE {CODES}
       SET valid_through = CASE WHEN billable THEN GREATEST(%(since)s::date, valid_from) - 1
                                ELSE valid_through END,
           billable = FALSE, release = '', also = '', place = NULL
     WHERE release <> %(release)s AND release <> ''
"""  # noqa: S608 - our own names


@dataclass(frozen=True, slots=True)
class Ready:
    """A release, ready to be written."""

    codes: dict[str, DiagnosisCode]
    starts: IO[str]  # as COPY reads them


def quietly(_percent: int) -> None:
    """For those who do not watch."""


@contextmanager
def ready(codes: Iterable[DiagnosisCode], tell: Tell = quietly) -> Iterator[Ready]:
    """Work out what finds them, into a file: it is too much to hold."""
    by_code = {row.code: row for row in codes}
    ordered = index.in_order(
        index.Searched(row.code, row.description, row.also)
        for row in by_code.values()
        if row.billable
    )
    for place, one in enumerate(ordered):
        by_code[one.code].place = place
    with TemporaryFile("w+", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(map(as_row, index.starts(ordered, tell)))
        file.seek(0)
        yield Ready(by_code, file)


@transaction.atomic
def write(release: Ready, *, since: date | None = None) -> None:
    """Write codes and what finds the billable ones; no others are found.

    `since`: the day on which new ones begin.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE new_code (LIKE {CODES})")
        rows = (tuple(getattr(row, name) for name in CODE) for row in release.codes.values())
        copy(cursor, "new_code", CODE, rows)
        cursor.execute(WRITE, {"since": since})
        cursor.execute("DROP TABLE new_code")
        DiagnosisStart.objects.all().delete()
        copy_text(cursor, STARTS, START, release.starts)


def end_others(*, release: str, since: date) -> None:
    """What this release no longer has was valid until the day before it."""
    with connection.cursor() as cursor:
        cursor.execute(END, {"release": release, "since": since})


def keep(codes: Iterable[DiagnosisCode]) -> None:
    """Write these codes, since ever; others stay, but are not found."""
    with ready(codes) as release:
        write(release)


def as_row(one: index.Start) -> tuple[str, ...]:
    packed = (index.pack(field) for field in (one.opening, one.anywhere))
    codes = ",".join(one.codes)
    return (one.start, f"{{{codes}}}", *(f"\\x{field.hex()}" for field in packed))


def copy(cursor: Any, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows with COPY: a hundred thousand take seconds, not half a minute."""
    rows = iter(rows)
    while some := list(islice(rows, BATCH)):
        text = io.StringIO()
        csv.writer(text).writerows(some)
        text.seek(0)
        copy_text(cursor, table, columns, text)


def copy_text(cursor: Any, table: str, columns: Sequence[str], text: IO[str]) -> None:
    """Write CSV with COPY; only a place may be empty."""
    names = ", ".join(columns)
    filled = ", ".join(column for column in columns if column != "place")
    cursor.copy_expert(
        f"COPY {table} ({names}) FROM STDIN (FORMAT csv, FORCE_NOT_NULL ({filled}))", text
    )


def settle() -> None:
    """Update statistics and the word index now, rather than when autovacuum gets to it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('diagnosis_start_letters')")
        for model in (DiagnosisCode, DiagnosisStart):
            cursor.execute(f'ANALYZE "{model._meta.db_table}"')
