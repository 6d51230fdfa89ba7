"""One page of words as searchable text that remembers where each word is on the paper."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prescriptions.reading.words import MAX_LETTERS, Word

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Box = tuple[float, float, float, float]  # left, top, width, height in fractions of the page
Span = tuple[int, int]

WIDE = 1.5  # letter heights between two words: what follows is a separate cell, as in a form
NEAR = 120  # letters: how far back in its cell a word still belongs to what follows
SPACING = 1.9  # heights from one line to the next, within one paragraph
_CELL = re.compile(r"[^\t\n]+")
_LINE = re.compile(r"[^\n]+")


@dataclass(frozen=True)
class Hit:
    """A value for one form field, and the pieces of text it came from."""

    field: str
    value: str
    spans: tuple[Span, ...]
    rank: int = 0  # of several, the highest is proposed; the first one of these
    doubtful: bool = False
    says: str = ""  # what different spellings of one value have in common; by default the value
    also: tuple[Hit, ...] = ()  # proposed together or not at all


@dataclass(frozen=True)
class PageText:
    """`text` has a space between words, a tab for a wide gap, and a line end after each line."""

    text: str
    starts: tuple[int, ...]  # where each word begins in it
    words: tuple[Word, ...]

    @classmethod
    def of(cls, page: Mapping[str, Any]) -> PageText:
        shape = page["width"] / max(page["height"], 1)
        text, starts, words = "", [], []
        last: Word | None = None
        for word in (Word(*row) for row in page["words"]):
            if last and word.line != last.line:
                text += "\n"
            elif last:
                gap = (word.left - last.right) * shape
                text += "\t" if gap > WIDE * min(word.height, last.height) else " "
            if len(text) > MAX_LETTERS:
                break
            starts.append(len(text))
            words.append(word)
            text += word.text
            last = word
        return cls(text, tuple(starts), tuple(words))

    def inside(self, span: Span) -> tuple[Word, ...]:
        """The whole words that a piece of the text touches."""
        first = max(bisect_right(self.starts, span[0]) - 1, 0)
        return self.words[first : bisect_left(self.starts, span[1])]

    def quote(self, span: Span) -> str:
        text = " ".join(word.text for word in self.inside(span))
        return text.strip(" ,.;:") or text

    def boxes(self, span: Span) -> tuple[Box, ...]:
        """One for each line, or for each separate part of it."""
        found: list[Box] = []
        start = 0
        words = self.inside(span)
        for end in range(1, len(words) + 1):
            if end < len(words) and words[end].line == words[start].line:
                continue
            part = words[start:end]
            left, top = min(w.left for w in part), min(w.top for w in part)
            right, bottom = max(w.right for w in part), max(w.bottom for w in part)
            found.append(
                (*(round(left, 4), round(top, 4)), round(right - left, 4), round(bottom - top, 4))
            )
            start = end
        return tuple(found)

    def sure(self, span: Span) -> bool:
        return all(word.sure for word in self.inside(span))

    def cells(self) -> Iterator[Span]:
        return (found.span() for found in _CELL.finditer(self.text))

    def rows(self) -> Iterator[Span]:
        return (found.span() for found in _LINE.finditer(self.text))

    def line_around(self, place: int) -> Span:
        start = self.text.rfind("\n", 0, place) + 1
        end = self.text.find("\n", place)
        return start, len(self.text) if end < 0 else end

    def cell_before(self, place: int) -> str:
        """The text before a position in its own cell."""
        first = max(place - NEAR, 0)
        start = max(self.text.rfind("\n", first, place), self.text.rfind("\t", first, place)) + 1
        return self.text[max(start, first) : place]

    def goes_on(self, span: Span) -> Span | None:
        """The next line, if it is right below as in a paragraph."""
        _, end = self.line_around(max(span[1] - 1, span[0]))
        if end >= len(self.text) or span[1] < end:
            return None
        start, stop = self.line_around(end + 1)
        above, below = self.inside((end - 1, end)), self.inside((start, start + 1))
        if not above or not below or start >= stop:
            return None
        apart = below[0].middle - above[0].middle
        near = 0 < apart < SPACING * max(above[0].height, below[0].height)
        return (start, stop) if near else None
