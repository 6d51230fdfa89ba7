"""A table of a report: whole numbers, and the line that adds them up. Pure.

A column is a sum of its rows, or a share: one column's sum of another's. So the last line always
agrees with the lines above it, on the page and in the file alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from clinic.format import money

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django_stubs_ext import StrOrPromise

NONE = "\N{EN DASH}"


class Kind(StrEnum):
    COUNT = "count"
    CENTS = "cents"
    MINUTES = "minutes"  # shown as hours and minutes
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    label: StrOrPromise
    kind: Kind = Kind.COUNT
    part: str = ""  # of a share: the keys of what is divided
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    values: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it is read."""

    name: str
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Table:
    head: StrOrPromise  # what the rows are: "Month"
    columns: Sequence[Column]
    rows: Sequence[Row]
    total_name: StrOrPromise

    @property
    def total(self) -> Row:
        """Of each value of the rows, the sum; a share has none of its own."""
        keys = {key for row in self.rows for key in row.values}
        keys |= {column.key for column in self.columns if column.kind != Kind.SHARE}
        sums = {key: sum(row.values.get(key, 0) for row in self.rows) for key in sorted(keys)}
        return Row(str(self.total_name), sums)

    @property
    def lines(self) -> list[Line]:
        return [self.line(row) for row in self.rows]

    @property
    def last(self) -> Line:
        return self.line(self.total)

    def line(self, row: Row) -> Line:
        return Line(row.name, [written(column, row.values) for column in self.columns])


def written(column: Column, values: Mapping[str, int]) -> str:
    """A value for people; nothing at all is a dash."""
    if column.kind == Kind.SHARE:
        return percent(values.get(column.part, 0), values.get(column.whole, 0))
    value = values.get(column.key, 0)
    if not value:
        return NONE
    if column.kind == Kind.CENTS:
        return money(value)
    if column.kind == Kind.MINUTES:
        return hours(value)
    return f"{value:,}"


def hours(minutes: int) -> str:
    """12630 -> 210:30"""
    return f"{minutes // 60:,}:{minutes % 60:02d}"


def percent(part: int, whole: int) -> str:
    """To a tenth, halves up; of nothing: a dash."""
    if not whole:
        return NONE
    tenths = tenths_of(part, whole)
    return f"{tenths // 10}.{tenths % 10}%"


def tenths_of(part: int, whole: int) -> int:
    """A share in tenths of a percent, without floats."""
    return (part * 2000 + whole) // (2 * whole)
