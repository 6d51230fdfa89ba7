"""What holds for every template: nothing inline (our CSP refuses it), every word translatable."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
INLINE = re.compile(
    r"\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:", re.IGNORECASE
)
NOT_TEXT = re.compile(
    "|".join(
        [
            r"{#.*?#}",
            r"{%\s*block \w*class\s*%}.*?{%\s*endblock.*?%}",
            r"{%\s*comment.*?endcomment\s*%}",
            r"{%\s*blocktranslate.*?endblocktranslate\s*%}",
            r"{%.*?%}|{{.*?}}|<!.*?>|<svg.*?</svg>|<.*?>|&[a-z0-9#]+;",
            r"[\w.]+@[\w.]+|demo-clinic-2026",
        ]
    ),
    re.DOTALL | re.IGNORECASE,
)
# A whole word of three letters or more that is left once tags and markup are gone.
WORD = re.compile(r"[A-Za-z]{3,}")
# Proper names and units that read the same in every language.
SAME_EVERYWHERE = {"HSA", "FSA", "NPI", "ICD", "PDF", "JPEG", "PNG", "EIN", "kbd", "min"}
ATTRIBUTE = re.compile(r'\s(?:aria-label|placeholder|title|alt)="([^"{]*[A-Za-z]{3,}[^"{]*)"')


def faults(find: Callable[[str], object]) -> dict[str, object]:
    """What is found in the text of each template, by its name; a good one has nothing."""
    assert TEMPLATES
    found = {str(path.relative_to(ROOT)): find(path.read_text()) for path in TEMPLATES}
    return {name: what for name, what in found.items() if what}


def inline(text: str) -> list[str]:
    plain = re.sub(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}", "", text, flags=re.DOTALL)
    return INLINE.findall(plain)


def untranslated(text: str) -> list[str]:
    left = set(WORD.findall(NOT_TEXT.sub(" ", text))) - SAME_EVERYWHERE
    return sorted(left) + ATTRIBUTE.findall(text)


def test_no_template_has_inline_script_or_style() -> None:
    assert faults(inline) == {}


def test_every_word_of_every_template_can_be_translated() -> None:
    assert faults(untranslated) == {}


def test_the_checks_would_catch_what_they_look_for() -> None:
    assert inline('<p style="color:red">')
    assert inline('{# style="" #}<p>') == []
    assert INLINE.search("<script>alert(1)</script>")
    assert INLINE.search('<a onclick="x()">')
    assert not INLINE.search('<script src="/x.js" defer></script>')
    assert WORD.findall(NOT_TEXT.sub(" ", "<p>Hello {{ name }}</p>")) == ["Hello"]
    assert ATTRIBUTE.findall('<input placeholder="Your name">') == ["Your name"]
    assert untranslated('Hello <input placeholder="Your name">') == ["Hello", "Your name"]
