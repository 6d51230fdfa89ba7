"""What the content policy and the static storage need of every template and stylesheet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template

if TYPE_CHECKING:
    from collections.abc import Callable
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


def faults(paths: list[Path], find: Callable[[Path], list[str]]) -> dict[str, list[str]]:
    """What is found in each file, by its name; a good one has nothing."""
    assert paths
    found = {str(path.relative_to(settings.BASE_DIR)): find(path) for path in paths}
    return {name: what for name, what in found.items() if what}


def inline(path: Path) -> list[str]:
    text = path.read_text()
    return [what for what, pattern in INLINE.items() if pattern.search(text)]


def missing(path: Path) -> list[str]:
    """The templates, static files and icons that a template names and nobody has."""
    text = path.read_text()
    templates = re.findall(r"""{%\s*(?:include|extends)\s+["']([^"']+)["']""", text)
    statics = re.findall(r"""{%\s*static\s+["']([^"']+)["']""", text)
    icons = re.findall(r"""components/icon\.html["']\s+with\s+name=["']([\w-]+)["']""", text)
    return [
        *(name for name in (str(path.relative_to(TEMPLATES)), *templates) if not loads(name)),
        *(name for name in statics if not finders.find(name)),
        *(name for name in icons if f'id="{name}"' not in SPRITE),
    ]


def loads(name: str) -> bool:
    """Whether a template is there and can be parsed."""
    try:
        get_template(name)
    except (TemplateDoesNotExist, TemplateSyntaxError):
        return False
    return True


def open_comments(path: Path) -> list[str]:
    lines = path.read_text().splitlines()
    return [line for line in lines if line.count("{#") != line.count("#}")]


def lost_addresses(path: Path) -> list[str]:
    addresses = re.findall(r"""url\(\s*["']?([^"')]+)""", path.read_text())
    return [
        address
        for address in addresses
        if not address.startswith("data:") and not (path.parent / address).is_file()
    ]


def too_long(path: Path) -> list[str]:
    lines = len(path.read_text().splitlines())
    return [f"{lines} lines"] if lines > 500 else []


def test_no_template_carries_script_or_style() -> None:
    assert faults(HTML, inline) == {}


def test_every_template_and_what_it_names_can_be_found() -> None:
    assert faults(HTML, missing) == {}


def test_every_comment_is_closed_on_its_line() -> None:
    """Django prints the others to the visitor."""
    assert faults(HTML, open_comments) == {}


def test_every_address_in_a_stylesheet_resolves() -> None:
    assert faults(STYLESHEETS, lost_addresses) == {}


def test_no_file_outgrows_five_hundred_lines() -> None:
    assert faults([*HTML, *STYLESHEETS], too_long) == {}
