"""What the content policy and the static storage need of every template and stylesheet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import get_template

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATES = settings.BASE_DIR / "templates"
HTML = sorted(TEMPLATES.rglob("*.html"))
# A PDF's stylesheet is read by our own renderer, never by a browser.
STYLESHEETS = sorted((settings.BASE_DIR / "static").rglob("*.css"))
SPRITE = (settings.BASE_DIR / "static" / "img" / "icons.svg").read_text()

INLINE = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*="),
    "a <style>": re.compile(r"<style\b"),
    "an event attribute": re.compile(r"<[^>]*\son[a-z]+\s*="),
    "a script of its own": re.compile(r"<script(?![^>]*\bsrc=)"),
    "an htmx script attribute": re.compile(r"\shx-on[:=-]|\shx-vals=.js:"),
    "another host": re.compile(
        r"""(?:src|srcset)\s*=\s*["']https?://|<link[^>]*href=["']https?://"""
    ),
}


def name_of(path: Path) -> str:
    return str(path.relative_to(settings.BASE_DIR))


@pytest.mark.parametrize("path", HTML, ids=name_of)
def test_no_template_carries_script_or_style(path: Path) -> None:
    text = path.read_text()
    assert [what for what, pattern in INLINE.items() if pattern.search(text)] == []


@pytest.mark.parametrize("path", HTML, ids=name_of)
def test_every_template_and_what_it_names_can_be_found(path: Path) -> None:
    text = path.read_text()
    get_template(str(path.relative_to(TEMPLATES)))
    for other in re.findall(r"""{%\s*(?:include|extends)\s+["']([^"']+)["']""", text):
        get_template(other)
    for static in re.findall(r"""{%\s*static\s+["']([^"']+)["']""", text):
        assert finders.find(static), static
    for icon in re.findall(r"""components/icon\.html["']\s+with\s+name=["']([\w-]+)["']""", text):
        assert f'id="{icon}"' in SPRITE, icon


@pytest.mark.parametrize("path", HTML, ids=name_of)
def test_every_comment_is_closed_on_its_line(path: Path) -> None:
    """Django prints the others to the visitor."""
    assert [
        line for line in path.read_text().splitlines() if line.count("{#") != line.count("#}")
    ] == []


@pytest.mark.parametrize("path", STYLESHEETS, ids=name_of)
def test_every_address_in_a_stylesheet_resolves(path: Path) -> None:
    for address in re.findall(r"""url\(\s*["']?([^"')]+)""", path.read_text()):
        assert address.startswith("data:") or (path.parent / address).is_file(), address


@pytest.mark.parametrize("path", [*HTML, *STYLESHEETS], ids=name_of)
def test_no_file_outgrows_five_hundred_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 500
