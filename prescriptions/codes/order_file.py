"""The yearly order file of ICD-10-CM, as CMS publishes it. Pure.

`icd10cm_order_2027.txt`, one line for each heading and code, by column (from 1): 1-5 its number,
7-13 the code without its dot, 15 whether it is complete (0, 1), 17-76 its short name, 78- its name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError
from prescriptions.codes import icd10

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

MAX_SIZE = 40 * 1024 * 1024  # that of 2026 has 14 MB
LINE = re.compile(r"\d{5} ([A-Z0-9]{3,7}) +([01]) .{60} (.+)", re.ASCII)
ONLY_CODES = re.compile(r"[A-Z][0-9A-Z]{2,6} +\S.*", re.ASCII)
YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
LONGEST = 300  # characters of a description
OCTOBER = 10


class FileTooLarge(DomainError):
    message = _("This file is larger than 40 MB: the order file has about 15. Choose another one.")


class Zipped(DomainError):
    message = _(
        "This is the whole ZIP. Open it, and choose the text file with “order” in its name."
    )


class OnlyCodes(DomainError):
    """`icd10cm_codes_2027.txt` comes in the same ZIP."""

    message = _(
        "This is the list of codes without its headings. Choose the text file with “order” in its"
        " name: it is in the same ZIP."
    )


class NotAnOrderFile(DomainError):
    def __init__(self, line: int) -> None:
        said = _(
            "This is not the ICD-10-CM order file: line %(line)s cannot be read. Choose the text"
            " file with “order” in its name, as CMS publishes it."
        )
        super().__init__(said % {"line": line})


class AnotherYear(DomainError):
    def __init__(self, named: int, year: int) -> None:
        said = _(
            "The file's name says %(named)s, and codes in force from that day are those of"
            " %(year)s. Choose the other file, or the other day."
        )
        super().__init__(said % {"named": named, "year": year})


@dataclass(frozen=True, slots=True)
class Line:
    code: str  # with its dot
    billable: bool
    description: str


def lines(content: bytes) -> Iterator[Line]:
    """What the file says, in its order.

    Raises:
        FileTooLarge, Zipped, OnlyCodes, NotAnOrderFile.
    """
    if len(content) > MAX_SIZE:
        raise FileTooLarge
    if content.startswith(b"PK"):
        raise Zipped
    text = content.decode("utf-8-sig", errors="replace").split("\n")
    if not text[0].strip():
        raise NotAnOrderFile(1)
    for number, line in enumerate(text, start=1):
        if not line.strip():
            continue
        found = LINE.fullmatch(line.rstrip())
        if found is None:
            raise OnlyCodes if ONLY_CODES.fullmatch(line.rstrip()) else NotAnOrderFile(number)
        yield Line(icd10.tidy(found[1]), found[2] == "1", found[3].strip()[:LONGEST])


def fiscal_year(day: date) -> int:
    """The year a release is named for: that of October 1, 2026 is 2027's, and April 2027's too."""
    return day.year + (day.month >= OCTOBER)


def expect_year(file_name: str, in_force_on: date) -> None:
    """Raises AnotherYear when the file's name gives another year than that of the release."""
    named = {int(year) for year in YEAR.findall(file_name)}
    year = fiscal_year(in_force_on)
    if named and year not in named:
        raise AnotherYear(min(named), year)
