"""What holds for every template: nothing inline (our CSP refuses it), every word translatable."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

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


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=ids)
def test_a_template_has_no_inline_script_or_style(path: Path) -> None:
    text = re.sub(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}", "", path.read_text(), flags=re.DOTALL)
    assert INLINE.findall(text) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=ids)
def test_every_word_of_a_template_can_be_translated(path: Path) -> None:
    text = path.read_text()
    left = set(WORD.findall(NOT_TEXT.sub(" ", text))) - SAME_EVERYWHERE
    assert left == set()
    assert ATTRIBUTE.findall(text) == []


def test_the_checks_would_catch_what_they_look_for() -> None:
    assert INLINE.search('<p style="color:red">')
    assert INLINE.search("<script>alert(1)</script>")
    assert INLINE.search('<a onclick="x()">')
    assert not INLINE.search('<script src="/x.js" defer></script>')
    assert WORD.findall(NOT_TEXT.sub(" ", "<p>Hello {{ name }}</p>")) == ["Hello"]
    assert ATTRIBUTE.findall('<input placeholder="Your name">') == ["Your name"]
