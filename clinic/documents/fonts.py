"""The letters we can print: fonts from packages, the same on every machine, and no others.

Source Sans for nearly everything, Noto for the other scripts of the world; all under the SIL Open
Font License. Knows no WeasyPrint, so that a web process may ask what can be printed.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from xml.sax.saxutils import escape

from fontTools.ttLib import TTFont

FAMILY = "Receipt"  # what the print stylesheets call the font
# Package, files in it. Of the families, the first that has a letter prints it.
SOURCES = {
    "font_source_sans_pro": "files/SourceSansPro-*.ttf",
    "manimgx_fonts": "Noto*.ttf",
    "pylopdf_fonts_zh_cn": "NotoSans*.otf",
    "pylopdf_fonts_jp": "NotoSans*.otf",
    "pylopdf_fonts_ko": "NotoSans*.otf",
}
UNUSED = ("It", "Italic", "Light", "Black")  # styles that no stylesheet of ours asks for
SCRIPTS = (
    *("Arabic", "Hebrew", "Armenian", "Georgian", "Ethiopic"),
    *("Devanagari", "Bengali", "Gujarati", "Gurmukhi", "Oriya"),
    *("Tamil", "Telugu", "Kannada", "Malayalam", "Sinhala"),
    *("Thai", "Lao", "Khmer", "Myanmar", "SC", "JP", "KR", "Symbols"),
)
FAMILIES = (
    *("Source Sans Pro", "Noto Sans"),
    *(f"Noto Sans {script}" for script in SCRIPTS),
    "Noto Emoji",
)
# These draw nothing, and nothing is missing where they stand ...
INVISIBLE = {"Cf", "Zs"}
SELECTORS = (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), 0x34F)
BREAKS = "\t\n\r"
# ... and for these, whatever a font says, the printer draws a box.
NEVER = {"Cc", "Zl", "Zp"}


@lru_cache(maxsize=1)
def files() -> tuple[Path, ...]:
    """The font files, in an order that does not depend on the disk."""
    found = [
        path
        for package, pattern in SOURCES.items()
        for path in sorted(_folder(package).glob(pattern))
        if not path.stem.partition("[")[0].endswith(UNUSED)
    ]
    return tuple(found)


def _folder(package: str) -> Path:
    """Where a package is, without running it."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(package)
    return Path(spec.submodule_search_locations[0])


def configuration() -> str:
    """What fontconfig is told: our files, in our order, nothing of the machine's."""
    parents = dict.fromkeys(path.parent for path in files())
    folders = "".join(f"<dir>{escape(str(folder))}</dir>" for folder in parents)
    # Its globs know * and ?, and take the brackets in our files' names as they are.
    chosen = "".join(f"<glob>{escape(str(path))}</glob>" for path in files())
    order = "".join(f"<family>{name}</family>" for name in FAMILIES)
    return (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">'
        f"<fontconfig>{folders}"
        f"<selectfont><acceptfont>{chosen}</acceptfont>"
        "<rejectfont><glob>*</glob></rejectfont></selectfont>"
        f'<alias binding="same"><family>{FAMILY}</family><prefer>{order}</prefer></alias>'
        "</fontconfig>"
    )


def unprintable(text: str) -> str:
    """The letters of a text that would print as empty boxes, each once, in their order."""
    if text.isascii() and text.isprintable():
        return ""
    return "".join(dict.fromkeys(one for one in text if not _is_printable(one)))


def spelled(letters: str) -> str:
    """Letters that a screen may not show either, with their numbers."""
    return ", ".join(f"{one} (U+{ord(one):04X})" for one in letters)


def _is_printable(letter: str) -> bool:
    kind = unicodedata.category(letter)
    if letter in BREAKS or kind in INVISIBLE or ord(letter) in SELECTORS:
        return True
    if kind in NEVER:
        return False
    if ord(letter) in _covered():
        return True
    parts = unicodedata.normalize("NFD", letter)
    return parts != letter and all(ord(part) in _covered() for part in parts)


@lru_cache(maxsize=1)
def _covered() -> frozenset[int]:
    """Every letter that one of our fonts draws."""
    letters: set[int] = set()
    for path in files():
        with TTFont(path, lazy=True) as font:
            letters |= font.getBestCmap().keys()
    return frozenset(letters)
