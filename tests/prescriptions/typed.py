"""Text as `words.extract` would have returned it, without a PDF: quick, and any text at all."""

from __future__ import annotations

import re
from typing import Any

LETTER = 0.0105  # of the width: 12 pitch on a letter page
LINE = 0.0152  # of the height
APART = 0.0212  # from one line to the next


def typed(*pages: str) -> dict[str, Any]:
    """One string a page; every letter and space is as wide as any other."""
    return {"source": "pdf", "pages": [_page(text) for text in pages]}


def _page(text: str) -> dict[str, Any]:
    words = [
        [
            found[0],
            *(0.1 + found.start() * LETTER, 0.1 + number * APART),
            *(0.1 + found.end() * LETTER, 0.1 + number * APART + LINE),
            number,
            True,
        ]
        for number, line in enumerate(text.splitlines())
        for found in re.finditer(r"\S+", line)
    ]
    return {"width": 612.0, "height": 792.0, "words": words}


def unsure(document: dict[str, Any], *texts: str) -> dict[str, Any]:
    """The same, with some words badly legible."""
    for page in document["pages"]:
        for word in page["words"]:
            word[6] = word[0] not in texts
    return document
