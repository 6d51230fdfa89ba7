"""One search for every place that looks for a person, by whatever is known of them.

Words in any order, each as people write it: part of a name, a telephone number, a date of birth,
an e-mail address, or the number of a receipt. What is stored is folded by the database as the
words are here (`folding.py`), so each word is one lookup in one index.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, TypeAlias

from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower
from django.utils import timezone

from clinic.models import Client
from clinic.people.folding import fold
from clinic.web import birth_date

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from uuid import UUID

    from django.db.models import QuerySet

MOST_FOUND = 30
MOST_WORDS = 8
SHORTEST = 2  # letters typed
INSIDE = 3  # from so many letters on a word is found inside another
SHORTEST_PHONE = 4  # digits
LOCAL = 10  # digits of a telephone number without the country

# Given what was typed, the clients of the document with that number; None: it is no such number.
Numbers: TypeAlias = "Callable[[str], Collection[UUID] | None]"
_numbers: list[Numbers] = []

_EXTENSION = re.compile(r"(?<=\d)\s*,?\s*(?:extension|ext\.?|x|#)\s*\d{1,7}\b", re.IGNORECASE)
_RUN = re.compile(r"\+?\(?\d(?:[\d\s().,/\-\u2010-\u2015\u2212]*\d)?")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = r"(?P<month>{})[a-z]*\.?".format("|".join(_MONTHS))
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_NAMED = [
    re.compile(rf"\b{first}[\s,.-]*{second}[\s,.-]+(?P<year>\d{{4}})\b", re.IGNORECASE)
    for first, second in ((_MONTH, _DAY), (_DAY, _MONTH))
]
_SHORT_YEAR = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{2})")
_YEAR = re.compile(r"(?:19|20)\d\d")


def register(numbers: Numbers) -> None:
    """An app above says whose document has a number."""
    _numbers.append(numbers)


@dataclass(slots=True)
class Wanted:
    """What was typed, taken apart."""

    words: list[str] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)
    # Each is one thing that was typed, with the days it may mean and its digits.
    numbers: list[tuple[list[date], str]] = field(default_factory=list)

    @property
    def is_enough(self) -> bool:
        if self.mails or self.numbers:
            return True
        typed = "".join(self.words)
        return len(typed) >= SHORTEST or not typed.isascii()


def read(text: str) -> Wanted:
    """Take apart what was typed."""
    wanted = Wanted()
    text = _EXTENSION.sub(" ", text)
    for pattern in _NAMED:
        text = pattern.sub(lambda found: _named(found, wanted), text)
    rest = []
    for word in text.split():
        if "@" in word.strip("@") and len(wanted.mails) < MOST_WORDS:
            wanted.mails.append(word.strip(",;<>()").lower())
        else:
            rest.append(word)
    left = _RUN.sub(lambda found: _number(found.group(), wanted), " ".join(rest))
    wanted.words = fold(left).split(" ")[:MOST_WORDS] if fold(left) else []
    return wanted


def _named(found: re.Match[str], wanted: Wanted) -> str:
    month = _MONTHS.index(found["month"].lower()) + 1
    with suppress(ValueError):
        day = date(int(found["year"]), month, int(found["day"]))
        wanted.numbers.append(([day], ""))
        return " "
    return found.group()


def _number(text: str, wanted: Wanted) -> str:
    """A telephone number, or part of one, or a date of birth; else it is a word like any other."""
    digits = re.sub(r"\D", "", text)
    if len(digits) < SHORTEST_PHONE:
        return text
    if len(digits) > LOCAL:
        digits = digits.removeprefix("1")
    wanted.numbers.append((_days(text.strip(" ,.")), digits))
    return " "


def _days(text: str) -> list[date]:
    """The days that it may mean: without the century, every one that is past."""
    with suppress(birth_date.Unreadable):
        return [birth_date.read(text)]
    short = _SHORT_YEAR.fullmatch(text)
    if not short:
        return []
    month, day, year = map(int, short.groups())
    found = []
    for century in (1900, 2000):
        with suppress(ValueError):
            found.append(date(century + year, month, day))
    today = timezone.localdate()
    return [one for one in found if one <= today]


def search_clients(
    words: str, among: QuerySet[Client] | None = None, most: int = MOST_FOUND
) -> list[Client]:
    """Clients whom every word fits, those first whose names begin so; no words: the newest.

    `among`: those the reader may see; without it, all. Two queries at most.
    """
    people = (Client.objects.all() if among is None else among).select_related("user")
    if not words.strip():
        return list(people.order_by("-created_at")[:most])
    people = people.order_by(Lower("last_name"), Lower("first_name"), "pk")  # as the index
    if known := _by_number(words.strip()):
        return list(people.filter(pk__in=known)[:most])
    wanted = read(words)
    if not wanted.is_enough:
        return []
    # In the order of the index, a word that many have is found without sorting them all.
    begin = _words([f" {word}" for word in wanted.words])
    people = people.filter(_others(wanted))
    found = list(people.filter(begin)[:most])
    if len(found) < most and any(len(word) >= INSIDE for word in wanted.words):
        inside = _words([word if len(word) >= INSIDE else f" {word}" for word in wanted.words])
        found += people.filter(inside, ~begin)[: most - len(found)]
    return found


def _by_number(text: str) -> set[UUID]:
    found: set[UUID] = set()
    for numbers in _numbers:
        found |= set(numbers(text) or ())
    return found


def _words(words: list[str]) -> Q:
    fits = Q()
    for word in words:
        fits &= Q(_like("searched", word))
    return fits


def _others(wanted: Wanted) -> Q:
    """All that is no word: addresses, telephone numbers, dates of birth."""
    fits = Q()
    for mail in wanted.mails:
        fits &= Q(_like("searched_mail", mail))
    for days, digits in wanted.numbers:
        one = Q(birth_date__in=days) if days else Q()
        if digits:
            one |= Q(_like("searched", digits))
        if _YEAR.fullmatch(digits):
            year = int(digits)
            one |= Q(birth_date__gte=date(year, 1, 1), birth_date__lte=date(year, 12, 31))
        fits &= one
    return fits


def _like(column: str, text: str) -> RawSQL:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    # Not a column of the model: only the database and this module know it.
    return RawSQL(f"clinic_client.{column} LIKE %s", [f"%{escaped}%"], BooleanField())  # noqa: S611
