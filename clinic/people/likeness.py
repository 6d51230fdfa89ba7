"""Whether two records may be the same person. Pure; a person decides before anything happens."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from unicodedata import combining, normalize

CLOSE = 0.82  # "Jon Smith" and "John Smith" 0.95; twins such as "Ana" and "Eva Lima" 0.75


@dataclass(frozen=True, slots=True)
class Name:
    first: str
    last: str


def are_alike(one: Name, two: Name) -> bool:
    """A typo, a missing accent, first and last name swapped, a shortened name."""
    first, second = _plain(one), _plain(two)
    if first == second or first == second[::-1]:
        return True
    if first[1] == second[1] and _is_short_for(first[0], second[0]):
        return True
    return SequenceMatcher(None, " ".join(first), " ".join(second)).ratio() >= CLOSE


def _is_short_for(one: str, two: str) -> bool:
    short, long = sorted((one, two), key=len)
    return bool(short) and long.startswith(short)


def _plain(name: Name) -> tuple[str, str]:
    return _letters(name.first), _letters(name.last)


def _letters(text: str) -> str:
    """Lower-case letters and digits without accents: "Núñez-Ray" is "nunezray"."""
    flat = normalize("NFKD", text).casefold()
    return "".join(sign for sign in flat if sign.isalnum() and not combining(sign))
