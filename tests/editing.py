"""Forms that edit a row: what a browser sends back is the version that its page showed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.test import Client as Browser

VERSION = re.compile(r'name="version"\s+value="([^"]+)"')
CHANGED = "Someone else saved changes after you opened this page"


def version_on(page: str) -> str:
    """The version in the form of a page; blank when it edits no row yet."""
    found = VERSION.search(page)
    return found[1] if found else ""


def open_and_save(browser: Browser, url: str, fields: dict[str, Any]) -> Any:
    """Open a page and send its form, as a person does."""
    version = version_on(browser.get(url).text)
    return browser.post(url, {**fields, "version": version})
