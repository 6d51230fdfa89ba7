"""One line of a name, split into first and last. Pure; the person who typed it can correct it."""

from __future__ import annotations

from clinic.people.likeness import Name

LONGEST = 80  # of either part
# Written before a last name and part of it.
_PARTICLES = frozenset(
    [
        *("al", "ap", "bin", "da", "dal", "de", "del", "della", "den", "der", "des", "di", "do"),
        *("dos", "du", "el", "ibn", "la", "las", "le", "los", "mac", "mc", "san", "santa", "st"),
        *("st.", "ten", "ter", "van", "von", "y", "zu"),
    ]
)
_SUFFIXES = frozenset(["jr", "jr.", "sr", "sr.", "ii", "iii", "iv"])


def split(text: str) -> Name:
    """ "Ana de la Cruz", "de la Cruz, Ana", "Sam Lee, Jr."; one name alone is a first name."""
    head, _comma, tail = (tidy(part) for part in text.partition(","))
    words = tail.replace(",", " ").split()
    suffix = [word for word in words if word.lower() in _SUFFIXES]
    given = " ".join(word for word in words if word not in suffix)
    if given:
        return Name(given, " ".join([head, *suffix]).strip())
    return _by_place(f"{head} {' '.join(suffix)}".split())


def tidy(text: str) -> str:
    """With single blanks; empty if there is no letter or digit in it ("-", ".")."""
    text = " ".join(text.split())
    return text if any(sign.isalnum() for sign in text) else ""


def of(first: str, last: str) -> Name:
    """Both parts tidied; of one name alone, it is the first."""
    first, last = tidy(first), tidy(last)
    return Name(first, last) if first else Name(last, "")


def _by_place(words: list[str]) -> Name:
    begin = len(words) - 1
    while begin > 1 and words[begin].lower() in _SUFFIXES:
        begin -= 1
    while begin > 1 and words[begin - 1].lower() in _PARTICLES:
        begin -= 1
    return of(" ".join(words[:begin]), " ".join(words[begin:]))
