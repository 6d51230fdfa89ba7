from __future__ import annotations

import csv
import io
import warnings
from importlib.metadata import version
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, transaction

from prescriptions.codes import index
from prescriptions.models import DiagnosisCode, DiagnosisStart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

PACKAGE = "simple-icd-10-cm"
BATCH = 5000
CODES, STARTS = DiagnosisCode._meta.db_table, DiagnosisStart._meta.db_table
CODE = ("code", "description", "billable", "release", "also", "place")
START = ("start", "codes", "opening", "anywhere")


class Command(BaseCommand):
    """The package takes 185 MiB, so only this command ever imports it."""

    help = "Load the ICD-10-CM diagnosis codes; does nothing when this release is loaded."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="load them again")

    def handle(self, *args: Any, **options: Any) -> None:
        release = f"package {version(PACKAGE)}"
        loaded = DiagnosisCode.objects.filter(release=release).exists()
        if not options["force"] and loaded and DiagnosisStart.objects.exists():
            self.stdout.write("ICD-10-CM is loaded.")
            return
        # All or nothing: the check above relies on it, and searches find the old codes until then.
        with transaction.atomic():
            keep(read(release))
            # Dropped from the release: kept for old prescriptions, not offered for new ones.
            dropped = DiagnosisCode.objects.exclude(release=release)
            dropped.update(billable=False, release="", also="", place=None)
        settle()
        self.stdout.write(f"Loaded {DiagnosisCode.objects.count()} ICD-10-CM codes.")


def read(release: str) -> Iterator[DiagnosisCode]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import simple_icd_10_cm as icd
    # A block of one category has the category's code, so some codes come twice.
    every = dict.fromkeys(icd.get_all_codes(with_dots=True))
    codes = [code for code in every if icd.is_category_or_subcategory(code)]
    terms = {code: icd.get_inclusion_term(code) for code in codes}
    for code in codes:
        yield DiagnosisCode(
            code=code,
            description=icd.get_description(code)[:300],
            billable=icd.is_leaf(code),
            release=release,
            also=index.also_called(code, terms) if icd.is_leaf(code) else "",
        )


@transaction.atomic
def keep(codes: Iterable[DiagnosisCode]) -> None:
    """Write these codes and the search index of the billable ones; no others are found."""
    by_code = {row.code: row for row in codes}
    ordered = index.in_order(
        index.Searched(row.code, row.description, row.also)
        for row in by_code.values()
        if row.billable
    )
    for place, one in enumerate(ordered):
        by_code[one.code].place = place
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE new_code (LIKE {CODES})")
        rows = (
            (c.code, c.description, c.billable, c.release, c.also, c.place)
            for c in by_code.values()
        )
        copy(cursor, "new_code", CODE, rows)
        updates = ", ".join(f"{column} = excluded.{column}" for column in CODE[1:])
        names = ", ".join(CODE)
        cursor.execute(
            f"INSERT INTO {CODES} ({names}) SELECT {names} FROM new_code"  # noqa: S608 - ours
            f" ON CONFLICT (code) DO UPDATE SET {updates}"
        )
        cursor.execute("DROP TABLE new_code")
        DiagnosisStart.objects.all().delete()
        copy(cursor, STARTS, START, map(as_row, index.starts(ordered)))


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
