"""A receipt as a PDF. Same receipt, same bytes.

Traps of WeasyPrint that this file and receipt-pdf.css steer round: a new FontConfiguration for each
document leaks, so one is shared; `font-variant-numeric` in the stylesheet leaks too; PDF/UA must be
asked for. The page may fetch nothing; only our own stylesheet reads the font package.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import timezone, translation
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

from clinic import links

if TYPE_CHECKING:
    from billing.models import Receipt

STYLESHEET = "css/receipt-pdf.css"
PAGE_LOADER = URLFetcher(allowed_protocols=[])  # the page may fetch nothing
FONTS = {"Regular": 400, "Semibold": 600, "Bold": 700}


@lru_cache(maxsize=1)
def _shared() -> tuple[FontConfiguration, CSS]:
    fonts = FontConfiguration()
    folder = Path(str(files("font_source_sans_pro"))) / "files"
    faces = "".join(
        f'@font-face {{ font-family: "Receipt"; font-weight: {weight};'
        f' src: url("{(folder / f"SourceSansPro-{name}.ttf").as_uri()}"); }}\n'
        for name, weight in FONTS.items()
    )
    found = finders.find(STYLESHEET)
    if found is None:
        raise FileNotFoundError(STYLESHEET)
    rules = Path(str(found)).read_text(encoding="utf-8")
    return fonts, CSS(string=faces + rules, font_config=fonts)


@dataclass(frozen=True, slots=True)
class Printed:
    content: bytes
    pages: int


def render(receipt: Receipt) -> Printed:
    """The receipt's PDF (PDF/UA-1: tagged, titled, in reading order)."""
    fonts, stylesheet = _shared()
    lines = list(receipt.lines.all())
    zone = receipt.visit.appointment.location.zone
    with timezone.override(zone), translation.override("en-us"):
        html = render_to_string(
            "billing/receipt_pdf.html",
            {
                "receipt": receipt,
                "lines": lines,
                "copy": receipt.snapshot,
                "has_other": not all(line.is_eligible for line in lines),
                "verify_url": links.absolute("/verify/"),
            },
        )
    page = HTML(string=html, url_fetcher=PAGE_LOADER)
    variant = {"pdf_variant": "pdf/ua-1", "pdf_tags": True}
    document = page.render(font_config=fonts, stylesheets=[stylesheet], **variant)
    identifier = hashlib.sha256(receipt.pk.bytes).hexdigest()[:32].encode()
    content = document.write_pdf(pdf_identifier=identifier, **variant)
    return Printed(bytes(content or b""), len(document.pages))
