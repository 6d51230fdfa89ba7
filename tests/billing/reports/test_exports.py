"""A file that a spreadsheet opens: the table to the cent, and nothing that runs."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.reports import exports
from billing.reports.tables import NONE, Column, Kind, Row, Table, hours, percent, written

COLUMNS = (
    Column("visits", "Visits"),
    Column("cents", "Net", Kind.CENTS),
    Column("minutes", "Hands-on", Kind.MINUTES),
    Column("share", "Part", Kind.SHARE, "minutes", "visits"),
)
VALUES = st.fixed_dictionaries(
    {
        "visits": st.integers(0, 10_000),
        "cents": st.integers(-(10**9), 10**9),
        "minutes": st.integers(0, 10**6),
    }
)
TABLES = st.lists(st.builds(Row, st.text(max_size=20), VALUES), max_size=8).map(
    lambda rows: Table("Month", COLUMNS, rows, "All")
)


def read(text: str) -> list[list[str]]:
    assert text.startswith(exports.BOM)
    return list(csv.reader(io.StringIO(text.removeprefix(exports.BOM), newline="")))


def cents(text: str) -> int:
    return int(text.replace(".", ""))


@given(TABLES)
def test_the_last_line_adds_up_the_lines_above_it(table: Table) -> None:
    head, *lines, last = read(exports.document([("Revenue", table)]))
    assert head == ["Month", "Visits", "Net, dollars", "Hands-on, minutes", "Part, percent"]
    assert len(lines) == len(table.rows)
    assert int(last[1]) == sum(int(line[1]) for line in lines)
    assert cents(last[2]) == sum(cents(line[2]) for line in lines)
    assert int(last[3]) == sum(int(line[3]) for line in lines)


@given(st.text(max_size=30))
def test_no_text_begins_like_a_formula(name: str) -> None:
    table = Table("Therapist", COLUMNS, [Row(name, {"visits": 1})], "All")
    shown = read(exports.document([("Therapists", table)]))[1][0]
    assert not shown.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert shown.removeprefix("'").replace("\r\n", "\n") in {
        name.replace("\r\n", "\n"),
        name.removeprefix("'").replace("\r\n", "\n"),
    }


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1"])
def test_a_formula_becomes_text(name: str) -> None:
    assert exports.text(name) == f"'{name}"


@pytest.mark.parametrize("name", ["Dana Ruiz", "Oct 4", "(=1)", ""])
def test_any_other_text_stays(name: str) -> None:
    assert exports.text(name) == name


def test_several_tables_have_their_titles() -> None:
    table = Table("Month", COLUMNS[:1], [Row("Oct", {"visits": 3})], "All")
    found = read(exports.document([("One", table), ("Two", table)]))
    assert [line[0] for line in found if line] == [
        *("One", "Month", "Oct", "All"),
        *("Two", "Month", "Oct", "All"),
    ]


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [(1050, 2, "10.50"), (-5, 2, "-0.05"), (0, 2, "0.00"), (667, 1, "66.7")],
)
def test_decimals_are_exact(value: int, places: int, text: str) -> None:
    assert exports.decimal(value, places) == text


def test_figures_are_written_for_people() -> None:
    values = {"visits": 1234, "cents": 123456, "minutes": 617}
    assert [written(column, values) for column in COLUMNS] == [
        "1,234",
        "$1,234.56",
        "10:17",
        "50.0%",
    ]
    assert [written(column, {}) for column in COLUMNS] == [NONE] * 4
    assert (hours(60), percent(2, 3), percent(0, 5)) == ("1:00", "66.7%", "0.0%")
