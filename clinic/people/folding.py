"""How names are compared: without case, accents, apostrophes and hyphens.

The database folds what is stored (`clinic_fold`, migration 0012), this what is typed: the same
steps in the same order (`tests/clinic/people/test_folding.py` has both fold whatever Hypothesis
finds). Nothing here depends on a locale.
"""

from __future__ import annotations

import re
import unicodedata

# Gone before letters are taken apart: some of them would come apart into a space and an accent.
DROPPED = "'\u2018\u2019\u201b\u02bc\u02bb\u02b9\u2032`\u00b4\u00ad\u200b\u200c\u200d\ufeff"
# What stands between words.
BETWEEN = '-\u2010\u2011\u2012\u2013\u2014\u2015\u2212_.,;:/\\|()[]{}<>"#%&*+=!?~^$@\t\n\r\u00b7'
# Greek, Cyrillic, Armenian: the first and last capital, and how far the small letters are.
SCRIPTS = [(0x391, 0x3A9, 32), (0x400, 0x40F, 80), (0x410, 0x42F, 32), (0x531, 0x556, 48)]
CAPITALS = "".join(chr(code) for first, last, _step in SCRIPTS for code in range(first, last + 1))
SMALL = "".join(
    chr(code + step) for first, last, step in SCRIPTS for code in range(first, last + 1)
)
LETTERS = "ØøŁłĐđÐðĦħıŦŧŊŋĸ\u03c2" + CAPITALS
FOLDED = "oollddddhhittnnk\u03c3" + SMALL
TWO = {
    "\u00df": "ss",
    "\u1e9e": "ss",
    "\u00e6": "ae",
    "\u00c6": "ae",
    "\u0153": "oe",
    "\u0152": "oe",
    "\u00fe": "th",
    "\u00de": "th",
}

_ACCENTS = re.compile("[\u0300-\u036f\u02bc]")
_SPACES = re.compile(" +")
_CAPITALS = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_ONE = str.maketrans(LETTERS + BETWEEN, FOLDED + " " * len(BETWEEN))
_NONE = str.maketrans("", "", DROPPED)


def fold(text: str) -> str:
    """Lower-case words without accents, one space between them."""
    apart = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.translate(_NONE)))
    apart = apart.translate(_CAPITALS).translate(_ONE)
    for letter, two in TWO.items():
        apart = apart.replace(letter, two)
    return _SPACES.sub(" ", apart).strip(" ")
