"""A real browser on real pages, and what may be wrong with one. Loaded by tests/conftest.py."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client as DjangoClient
    from playwright.sync_api import Browser, Page
    from pytest_django.live_server_helper import LiveServer

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# 640 px is a 1280 px window at 200 % zoom (WCAG 1.4.10).
PHONE, ZOOMED, COMPUTER = 360, 640, 1280
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What can change with the width and the theme alone.
OF_LOOKS = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
# Everything is asked of a document once; of the same at another size or in the other theme, what
# can have changed. A document that htmx or a script has altered is a new one.
ASK_AXE = """async ([standards, ofLooks]) => {
  const now = document.documentElement.outerHTML;
  const [type, values] = window.asked === now ? ["rule", ofLooks] : ["tag", standards];
  const found = await axe.run({ runOnly: { type, values }, resultTypes: ["violations"] });
  window.asked = now;
  return found.violations;
}"""

# Colours fade from one theme to the other; axe must not look half way. What inherits a colour that
# fades begins to fade when the other is done.
SETTLED = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const running = () => document.getAnimations().filter((one) => one.playState === "running");
  for (let quiet = 0; quiet < 2; ) {
    await frame();
    quiet = running().length ? 0 : quiet + 1;
    await Promise.allSettled(running().map((one) => one.finished));
  }
}"""


def resize(page: Page, *, width: int, dark: bool) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.evaluate(SETTLED)


def faults(page: Page) -> list[str]:
    """What axe finds, the policy blocks or sticks out sideways."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)  # half a megabyte
    found: list[dict[str, Any]] = page.evaluate(ASK_AXE, [STANDARDS, OF_LOOKS])
    lines = [
        f"{fault['id']}: {node['target']} {node.get('failureSummary', '')}"
        for fault in found
        for node in fault["nodes"]
    ]
    wider: int = page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return [*lines, f"{wider} px wider than the screen"] if wider > 0 else lines


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's own browser; Playwright's download is not needed."""
    path = os.environ.get("CHROME_PATH") or shutil.which("chromium")
    if path is None:
        pytest.fail("No browser: type  apt install chromium  or set CHROME_PATH.")
    # Playwright runs an event loop in this thread; Django's guard cannot tell that it is not ours.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def open_page(chromium: Browser, live_server: LiveServer) -> Iterator[Callable[..., Page]]:
    """Open a path as a phone or a computer, light or dark, signed in as a Django client is."""
    contexts = []

    def opened(
        path: str,
        *,
        width: int = 1280,
        dark: bool = False,
        javascript: bool = True,
        as_: DjangoClient | None = None,
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 800},
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        contexts.append(context)
        if as_ is not None:
            context.add_cookies(
                [
                    {"name": name, "value": cookie.value, "url": live_server.url}
                    for name, cookie in as_.cookies.items()
                ]
            )
        page = context.new_page()
        page.goto(live_server.url + path, wait_until="load")
        return page

    yield opened
    for context in contexts:
        context.close()
