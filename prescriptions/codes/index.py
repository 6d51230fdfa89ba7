"""Which text of a diagnosis code is searched, how codes are ranked, and the best for each start.

Pure: `codes.loading` stores what is worked out here, so that a keystroke costs one lookup.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import defaultdict
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    Places = Mapping[str, list[int]]

FOUND = 12  # codes offered at once
TOLD = 2000  # starts of words between two times that progress is told
INSIDE = (3, 4)  # letters from inside a word that are indexed the way its start is
USUAL_CHAPTERS = "GMRS"  # nerves, muscles and bones, symptoms, injuries
CAUSES = "VWXY"  # causes of accidents: last, because we do not treat them
BETWEEN = "; "  # other names of one code
FULL = 8  # characters of a code with an encounter, its dot included
FIRST_ENCOUNTERS = "ABC"  # closed and open fractures: all initial encounters

_LETTERS = re.compile(r"[^a-z0-9]+")
_ENCOUNTER = re.compile(r", ((initial|subsequent) encounter.*|sequela)$")
_CODE = re.compile(r"[A-Z](\d[0-9A-Z]?|[A-Z]\d)(\.[0-9A-Z]{0,4})?", re.ASCII)

# What people call it when they do not use ICD's words, by the start of the code. Our own words.
PLAIN = {
    "G44.2": "tension headache",
    "G54.0": "thoracic outlet syndrome",
    "G57.0": "piriformis syndrome",
    "I89.0": "lymphoedema, swelling",
    "M26.62": "jaw joint pain, TMJ pain",
    "M41": "curved spine",
    "M51.2": "slipped disc, herniated disc",
    "M54.12": "neck nerve root, pinched nerve in the neck",
    "M54.16": "lumbar nerve root, pinched nerve in the low back",
    "M54.2": "neck pain",
    "M54.4": "low back pain with sciatica",
    "M54.5": "lumbago, lower back pain",
    "M54.6": "mid back pain, upper back pain",
    "M54.81": "occipital neuralgia",
    "M62.83": "muscle cramp",
    "M72.2": "heel pain",
    "M75.1": "rotator cuff tear",
    "M76.3": "IT band syndrome",
    "M77.0": "golfer's elbow",
    "M79.11": "jaw muscle pain",
    "M79.12": "neck muscle pain",
    "M79.18": "muscle pain",
    "S13.4": "whiplash",
    "S16.1": "neck strain",
    "S39.012": "low back strain, pulled back",
}


@dataclass(frozen=True, slots=True)
class Searched:
    """A complete code in its searchable form."""

    code: str
    description: str
    also: str  # other names, from the classification and from our own list

    @property
    def words(self) -> str:
        return fold(f"{self.description} {self.also}")

    def called(self, typed: Sequence[str]) -> str:
        """The other name that matched, when the code's own name lacks a typed word."""
        named = fold(self.description)
        lacking = [f" {word}" for word in typed if f" {word}" not in named]
        if not lacking or not self.also:
            return ""
        names = self.also.split(BETWEEN)
        fitting = [sum(word in fold(name) for word in lacking) for name in names]
        most = max(fitting)
        return names[fitting.index(most)] if most else ""


def fold(text: str) -> str:
    """` menieres disease left ear` for `Ménière's disease, left ear`: a space before each word."""
    plain = text.lower()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain).replace("\u2019", "'")
        plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = plain.replace("'", "")
    return f" {_LETTERS.sub(' ', plain).strip()}"


def looks_like_a_code(tidied: str) -> bool:
    """Whether a text may be the start of a code: `M5`, `M54.`, `QA0`; not `C5-C6` or `HIP`."""
    return _CODE.fullmatch(tidied) is not None


def also_called(code: str, terms: Mapping[str, Sequence[str]]) -> str:
    """The other names of a code and of its headings, each once."""
    starts = [code[:length] for length in range(1, len(code) + 1)]
    names = [name for start in reversed(starts) for name in terms.get(start, ())]
    names += [PLAIN[start] for start in starts if start in PLAIN]
    return BETWEEN.join(dict.fromkeys(names))


def in_order(codes: Iterable[Searched]) -> list[Searched]:
    """Sort order for results: usual chapters first, first encounters first, then short names."""
    return sorted(codes, key=_rank)


def _rank(one: Searched) -> tuple[int, bool, int, str]:
    letter = one.code[0]
    chapter = 0 if letter in USUAL_CHAPTERS else 2 if letter in CAUSES else 1
    later = len(one.code) == FULL and one.code[-1].isalpha()
    later = later and one.code[-1] not in FIRST_ENCOUNTERS
    return chapter, later, len(_ENCOUNTER.sub("", one.description)), one.code


@dataclass(frozen=True, slots=True)
class Start:
    """What is stored for the start of a word, or for a few letters inside one."""

    start: str
    codes: list[str]  # offered when nothing else is typed
    # One bit per code that has a word with this start; if none does, per code that contains it.
    opening: int = 0
    anywhere: int = 0


def starts(
    ordered: Sequence[Searched], tell: Callable[[int], object] = lambda _percent: None
) -> Iterator[Start]:
    """Each start of a word, and each few letters inside one, with the codes to offer.

    First come names that begin with it, half of the places at most while others fit too; then those
    with a word that does, a whole word before a longer one; then words that have it inside.
    `tell` is called with the per cent that are done.
    """
    opening, within = _by_word(ordered)
    length = len(ordered) // 8 + 1
    longer: dict[str, list[str]] = defaultdict(list)
    containing: dict[str, set[str]] = defaultdict(set)
    for word in {*opening, *within}:
        for size in range(1, len(word) + 1):
            longer[word[:size]].append(word)
        for size in INSIDE:
            for first in range(1, len(word) - size + 1):
                containing[word[first : first + size]].add(word)
    keys = {*longer, *containing}
    for number, key in enumerate(keys):
        if number % TOLD == 0:
            tell(100 * number // len(keys))
        starting, inside = longer.get(key, []), containing.get(key, ())
        leading = _merge(_merge((), opening, [key]), opening, starting)
        others = _merge(_merge((), within, [key]), within, starting)
        if len(others) < FOUND:
            others = _merge(_merge(others, opening, inside), within, inside)
        others = [place for place in others if place not in leading]
        half = max(FOUND // 2, FOUND - len(others))
        codes = [ordered[place].code for place in [*leading[:half], *others][:FOUND]]
        opens = [opening.get(word, ()) for word in starting]
        has = [places.get(word, ()) for word in starting or inside for places in (opening, within)]
        yield Start(key, codes, _bits(opens, length), _bits(has, length))


def with_all(known: Mapping[str, tuple[int, int]], words: Sequence[str]) -> list[int]:
    """The first codes that have all the words; names that begin with the first word lead.

    `known` has `opening` and `anywhere` of some starts. If no name begins with a word, it is looked
    for inside words: any word that contains it has a start that ends with it.
    """
    fields = [known.get(word) or _ending(known, word) for word in words]
    every = reduce(and_, (anywhere for _opening, anywhere in fields))
    opening = fields[0][0]
    return (_lowest(every & opening) + _lowest(every & ~opening))[:FOUND]


def _ending(known: Mapping[str, tuple[int, int]], word: str) -> tuple[int, int]:
    ends = (anywhere for start, (_opening, anywhere) in known.items() if start.endswith(word))
    return 0, reduce(or_, ends, 0)


def pack(bits: int) -> bytes:
    """Small: most of them are nearly empty."""
    return zlib.compress(bits.to_bytes((bits.bit_length() + 7) // 8, "little"), 1)


def unpack(packed: bytes) -> int:
    return int.from_bytes(zlib.decompress(packed), "little")


def _lowest(bits: int) -> list[int]:
    places: list[int] = []
    while bits and len(places) < FOUND:
        last = bits & -bits
        places.append(last.bit_length() - 1)
        bits ^= last
    return places


def _bits(some: Iterable[Sequence[int]], length: int) -> int:
    field = bytearray(length)
    for places in some:
        for place in places:
            field[place // 8] |= 1 << place % 8
    return int.from_bytes(field, "little")


def _merge(before: Sequence[int], places: Places, words: Iterable[str]) -> list[int]:
    """Add the first of these words' codes after the ones already there."""
    more = {place for word in words for place in places.get(word, ())[:FOUND]}.difference(before)
    return [*before, *sorted(more)][:FOUND]


def _by_word(ordered: Sequence[Searched]) -> tuple[Places, Places]:
    """By word: codes whose name begins with it, and codes that have it elsewhere, in order."""
    opening: Places = defaultdict(list)
    within: Places = defaultdict(list)
    for place, one in enumerate(ordered):
        first, *others = one.words.split() or [""]
        opening[first].append(place)
        for word in set(others):
            within[word].append(place)
    return opening, within
