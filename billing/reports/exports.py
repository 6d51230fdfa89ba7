"""Tables of a report as a CSV file (RFC 4180) that a spreadsheet opens without running anything.

Numbers are plain: dollars with two decimals, whole minutes, percent with one. A text that begins
like a formula gets an apostrophe before it (OWASP, "CSV Injection").
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from billing.reports.tables import Kind, tenths_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from billing.reports.tables import Column, Table

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
BOM = "\ufeff"  # or Excel reads é as Ã©


def document(tables: Iterable[tuple[str, Table]]) -> str:
    """One table after another, each below its title when there are several."""
    found = list(tables)
    out = io.StringIO()
    writer = csv.writer(out)
    for number, (title, table) in enumerate(found):
        if len(found) > 1:
            writer.writerows([[]] * (number > 0))
            writer.writerow([text(title)])
        writer.writerows(lines(table))
    return BOM + out.getvalue()


def lines(table: Table) -> Iterator[list[str]]:
    """The head, the rows, and the sums."""
    yield [text(str(table.head)), *(text(_head(column)) for column in table.columns)]
    for row in [*table.rows, table.total]:
        yield [text(row.name), *(_number(column, row.values) for column in table.columns)]


def text(value: str) -> str:
    """A text that no spreadsheet takes for a formula; also not behind spaces it would drop."""
    return f"'{value}" if value.lstrip(" ").startswith(FORMULA) else value


def _head(column: Column) -> str:
    units = {
        Kind.CENTS: _("%(name)s, dollars"),
        Kind.MINUTES: _("%(name)s, minutes"),
        Kind.SHARE: _("%(name)s, percent"),
    }
    return units.get(column.kind, "%(name)s") % {"name": column.label}


def _number(column: Column, values: Mapping[str, int]) -> str:
    if column.kind == Kind.SHARE:
        whole = values.get(column.whole, 0)
        return decimal(tenths_of(values.get(column.part, 0), whole), 1) if whole else ""
    value = values.get(column.key, 0)
    return decimal(value, 2) if column.kind == Kind.CENTS else str(value)


def decimal(value: int, places: int) -> str:
    """1050 with two places -> 10.50"""
    size: int = 10**places
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // size}.{abs(value) % size:0{places}d}"
