"""Our pages as PDFs: PDF/UA-1 and PDF/A-3a, in our own fonts, the same bytes each time.

WeasyPrint traps that this file and the print stylesheets avoid: a new FontConfiguration
for each document leaks, so one is shared; `font-variant-numeric` in a stylesheet leaks too; a font
cut from a variable one carries the time; dates of attachments default to now. The page may fetch
nothing but the pictures that come with it.

Import it in workers only: WeasyPrint is large. What can be printed at all: `fonts.py`.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from django.contrib.staticfiles import finders
from weasyprint import CSS, HTML, Attachment
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from clinic.documents import archival, fonts
from clinic.documents.fonts import spelled, unprintable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Attached", "Printed", "render", "spelled", "unprintable"]

VARIANT = {"pdf_variant": "pdf/a-3a", "pdf_tags": True}
PICTURE = "picture:"  # how a page names a picture that comes with it: <img src="picture:logo">
# A word of any length keeps to its column. To break one anywhere, in columns that take their width
# from what is in them too, makes a page two and a half times as dear: only where there is one.
LONG_WORD = re.compile(r"[^\s<>]{32}")
TAG = re.compile(r"<[^>]*>")
BASE = "html {{ font-family: {family}; overflow-wrap: {wrap}; }}\n"


@dataclass(frozen=True, slots=True)
class Attached:
    """A file inside the PDF. Its type follows from its name."""

    name: str
    content: bytes
    description: str
    relationship: str = "Data"  # of ISO 32000-2, 7.11.3: what it is to the page


@dataclass(frozen=True, slots=True)
class Printed:
    content: bytes
    pages: int


class PageLoader(URLFetcher):  # type: ignore[misc]
    """Gives a page its own pictures, and nothing else."""

    def __init__(self, pictures: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols=[])
        self._pictures = pictures

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        name = url.removeprefix(PICTURE)
        if name != url and name in self._pictures:
            return URLFetcherResponse(url, self._pictures[name])
        return super().fetch(url, headers)


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    """For libraries that are told what to do in no other way."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


@lru_cache(maxsize=1)
def our_fonts() -> FontConfiguration:
    """None of the machine's. To be given to whatever WeasyPrint lays out in this process."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf", encoding="utf-8") as file:
        file.write(fonts.configuration())
        file.flush()
        with _environment("FONTCONFIG_FILE", file.name):
            return FontConfiguration()


@lru_cache(maxsize=16)
def _rules(stylesheet: str, wrap: str) -> CSS:
    found = finders.find(stylesheet)
    if found is None:
        raise FileNotFoundError(stylesheet)
    rules = Path(str(found)).read_text(encoding="utf-8")
    base = BASE.format(family=fonts.FAMILY, wrap=wrap)
    return CSS(string=base + rules, font_config=our_fonts(), url_fetcher=PageLoader({}))


def render(
    html: str,
    *,
    stylesheet: str,
    seed: bytes,
    attached: Sequence[Attached] = (),
    pictures: Mapping[str, bytes] | None = None,
) -> Printed:
    """The page as a PDF, PDF/UA-1 and PDF/A-3a in one.

    Its identifier comes from `seed`, and its dates from the page's `dcterms.created`, so the same
    page gives the same file. `pictures` are those that the page names with `picture:`.
    """
    wrap = "anywhere" if LONG_WORD.search(TAG.sub(" ", html)) else "break-word"
    page = HTML(string=html, url_fetcher=PageLoader(pictures or {}))
    rules = [_rules(stylesheet, wrap)]
    document = page.render(font_config=our_fonts(), stylesheets=rules, **VARIANT)
    archival.say_both(document)
    # Fonts that are cut from variable ones would carry the time.
    with _environment("SOURCE_DATE_EPOCH", "0"):
        content = document.write_pdf(
            finisher=archival.finish,
            attachments=_attachments(attached, document.metadata.created),
            pdf_identifier=hashlib.sha256(seed).hexdigest()[:32].encode(),
            **VARIANT,
        )
    return Printed(bytes(content or b""), len(document.pages))


def _attachments(attached: Sequence[Attached], created: str | None) -> list[Attachment]:
    """Sorted by name, as the list in the file must be."""
    if not attached:
        return []
    if created is None:
        message = "A page with attachments must say when it was created."
        raise ValueError(message)
    at = datetime.fromisoformat(created).astimezone(UTC)
    return [
        Attachment(
            file_obj=BytesIO(one.content),
            name=one.name,
            description=one.description,
            relationship=one.relationship,
            created=at,
            modified=at,
        )
        for one in sorted(attached, key=lambda one: one.name.encode())
    ]
