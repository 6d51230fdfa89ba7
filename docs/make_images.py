"""Takes the README's pictures of the running product: `make images`.

Starts the demo clinic in a throw-away folder, so that the pictures show what a newcomer sees.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser import CHROMIUM_FLAGS  # noqa: E402
from tests.runtime.product import Product, open_folder, running_product  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

IMAGES = ROOT / "docs" / "images"
PASSWORD = "demo-clinic-2026"  # noqa: S105 - the demo's, printed by `make run`
COMPUTER, PHONE = (1280, 800), (390, 844)


def page_for(browser: Browser, product: Product, size: tuple[int, int], email: str = "") -> Page:
    context = browser.new_context(
        base_url=product.url,
        viewport={"width": size[0], "height": size[1]},
        reduced_motion="reduce",
    )
    page = context.new_page()
    if email:
        page.goto("/accounts/login/")
        page.locator("input[name=login]").fill(email)
        page.locator("input[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(re.compile("/desk/|/portal/"))
    return page


def take(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / f"{name}.png")
    print(f"docs/images/{name}.png")  # noqa: T201


def booking(browser: Browser, product: Product) -> None:
    page = page_for(browser, product, PHONE)
    page.goto("/book/")
    page.get_by_role("link", name="60 minutes Medical massage").click()
    page.wait_for_url(re.compile("/book/.{36}/"))
    take(page, "booking")


def portal(browser: Browser, product: Product) -> None:
    page = page_for(browser, product, COMPUTER, "client@example.test")
    page.goto("/portal/")
    take(page, "portal")


def desk(browser: Browser, product: Product) -> None:
    """The next working day, which the demo fills: its link goes a day on from today."""
    page = page_for(browser, product, COMPUTER, "desk@example.test")
    page.goto("/desk/")
    while not page.locator(".board .visit").count() or "Sunday" in page.title():
        page.get_by_role("link", name="Next day").click()
        page.wait_for_load_state("load")
    take(page, "desk")


def main() -> None:
    path = os.environ.get("CHROME_PATH") or shutil.which("chromium")
    IMAGES.mkdir(exist_ok=True)
    with (
        open_folder() as folder,
        running_product(folder / "data", CLINIC_DEMO="1") as product,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        for picture in (booking, portal, desk):
            picture(browser, product)
        browser.close()


if __name__ == "__main__":
    main()
