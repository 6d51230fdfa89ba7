"""Pages of ours as PDFs: tagged (PDF/UA-1), in the house's font, the same bytes each time.

Traps of WeasyPrint that this file and the print stylesheets steer round: a new FontConfiguration
for each document leaks, so one is shared; `font-variant-numeric` in a stylesheet leaks too; PDF/UA
must be asked for. The page may fetch nothing; only our own stylesheet reads the font package.

Import it in workers only: WeasyPrint is large.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from django.contrib.staticfiles import finders
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

FAMILY = "Receipt"  # what the print stylesheets call the font
PAGE_LOADER = URLFetcher(allowed_protocols=[])  # the page may fetch nothing
FONTS = {"Regular": 400, "Semibold": 600, "Bold": 700}


@dataclass(frozen=True, slots=True)
class Printed:
    content: bytes
    pages: int


@lru_cache(maxsize=1)
def _fonts() -> FontConfiguration:
    return FontConfiguration()


@lru_cache(maxsize=8)
def _rules(stylesheet: str) -> CSS:
    folder = Path(str(files("font_source_sans_pro"))) / "files"
    faces = "".join(
        f'@font-face {{ font-family: "{FAMILY}"; font-weight: {weight};'
        f' src: url("{(folder / f"SourceSansPro-{name}.ttf").as_uri()}"); }}\n'
        for name, weight in FONTS.items()
    )
    found = finders.find(stylesheet)
    if found is None:
        raise FileNotFoundError(stylesheet)
    rules = Path(str(found)).read_text(encoding="utf-8")
    return CSS(string=faces + rules, font_config=_fonts())


def render(html: str, *, stylesheet: str, seed: bytes) -> Printed:
    """The page as a PDF; `seed` makes its identifier, so that the same page is the same file."""
    page = HTML(string=html, url_fetcher=PAGE_LOADER)
    variant = {"pdf_variant": "pdf/ua-1", "pdf_tags": True}
    document = page.render(font_config=_fonts(), stylesheets=[_rules(stylesheet)], **variant)
    identifier = hashlib.sha256(seed).hexdigest()[:32].encode()
    content = document.write_pdf(pdf_identifier=identifier, **variant)
    return Printed(bytes(content or b""), len(document.pages))
