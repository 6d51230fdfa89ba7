"""What of a diagnosis code is searched, in which order codes are offered, and the best for a start.

Pure: `load_icd10` keeps what is worked out here, so that a keystroke costs one look-up.
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
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Places = Mapping[str, list[int]]

FOUND = 12  # codes offered at once
INSIDE = (3, 4)  # so many letters from inside a word are looked up as its start is
USUAL_CHAPTERS = "GMRS"  # nerves, muscles and bones, symptoms, injuries
CAUSES = "VWXY"  # of accidents: come last, for none is treated here
BETWEEN = "; "  # other names of one code
FULL = 8  # characters of a code with an encounter, its dot included
FIRST_ENCOUNTERS = "ABC"  # closed fractures, open ones: all while they are treated

_LETTERS = re.compile(r"[^a-z0-9]+")
_ENCOUNTER = re.compile(r", ((initial|subsequent) encounter.*|sequela)$")
_CODE = re.compile(r"[A-Z](\d[0-9A-Z]?|[A-Z]\d)(\.[0-9A-Z]{0,4})?", re.ASCII)

# What people here say who do not speak ICD; by the start of the codes. Words of our own.
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
    """A complete code as it is searched."""

    code: str
    description: str
    also: str  # what the classification and people here call it besides

    @property
    def words(self) -> str:
        return fold(f"{self.description} {self.also}")

    def called(self, typed: Sequence[str]) -> str:
        """The other name that was meant, where its own name lacks a word that was typed."""
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
    """A tidied text that may be the start of a code: `M5`, `M54.`, `QA0`; not `C5-C6` or `HIP`."""
    return _CODE.fullmatch(tidied) is not None


def also_called(code: str, terms: Mapping[str, Sequence[str]]) -> str:
    """The other names of a code and of the headings it stands under, each once."""
    starts = [code[:length] for length in range(1, len(code) + 1)]
    names = [name for start in reversed(starts) for name in terms.get(start, ())]
    names += [PLAIN[start] for start in starts if start in PLAIN]
    return BETWEEN.join(dict.fromkeys(names))


def in_order(codes: Iterable[Searched]) -> list[Searched]:
    """As they are offered: usual chapters first, first encounters first, then short names."""
    return sorted(codes, key=_rank)


def _rank(one: Searched) -> tuple[int, bool, int, str]:
    letter = one.code[0]
    chapter = 0 if letter in USUAL_CHAPTERS else 2 if letter in CAUSES else 1
    later = len(one.code) == FULL and one.code[-1].isalpha()
    later = later and one.code[-1] not in FIRST_ENCOUNTERS
    return chapter, later, len(_ENCOUNTER.sub("", one.description)), one.code


@dataclass(frozen=True, slots=True)
class Start:
    """What is known of the start of a word, or of a few letters inside one."""

    start: str
    codes: list[str]  # to offer when nothing else is typed
    # The places of all codes with a word that starts so, a bit each; where none does, that has it.
    opening: int = 0
    anywhere: int = 0


def starts(ordered: Sequence[Searched]) -> Iterator[Start]:
    """Each start of a word, and each a few letters inside one, with the codes to offer.

    First come names that begin with it, half of the places at most while others fit too; then those
    with a word that does, a whole word before a longer one; then words that have it inside.
    """
    opening, within = _by_word(ordered)
    length = len(ordered) // 8 + 1
    longer: dict[str, list[str]] = defaultdict(list)
    around: dict[str, set[str]] = defaultdict(set)
    for word in {*opening, *within}:
        for size in range(1, len(word) + 1):
            longer[word[:size]].append(word)
        for size in INSIDE:
            for first in range(1, len(word) - size + 1):
                around[word[first : first + size]].add(word)
    for key in {*longer, *around}:
        starting, inside = longer.get(key, []), around.get(key, ())
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
    """The first places that have all the words; those whose name opens with the first one lead.

    `known` has `opening` and `anywhere` of some starts. A word that none begins with is looked for
    inside words: whatever has it there has a start that ends with it.
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
    """The first of these words' codes, behind those that are there already."""
    more = {place for word in words for place in places.get(word, ())[:FOUND]}.difference(before)
    return [*before, *sorted(more)][:FOUND]


def _by_word(ordered: Sequence[Searched]) -> tuple[Places, Places]:
    """By word, the codes whose name opens with it, and those that have it elsewhere; in order."""
    opening: Places = defaultdict(list)
    within: Places = defaultdict(list)
    for place, one in enumerate(ordered):
        first, *others = one.words.split() or [""]
        opening[first].append(place)
        for word in set(others):
            within[word].append(place)
    return opening, within
