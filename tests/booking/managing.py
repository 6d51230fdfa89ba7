"""Using the managers' pages as a person does: open, preview, save."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.test import Client as Browser


def hidden(answer: Any, name: str) -> str:
    """What a hidden field of the page carries."""
    _before, _, field = answer.content.decode().partition(f'name="{name}"')
    return field.split('value="')[1].split('"')[0] if field else ""


def previewed(browser: Browser, url: str, typed: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The page with the effect, and all that its form would post."""
    carried = {**typed, "version": hidden(browser.get(url), "version")}
    page = browser.post(url, {**carried, "do": "preview"})
    carried["seen"] = hidden(page, "seen")
    effect = page.context["effect"]
    carried["accept"] = [visit.appointment.pk for visit in effect.conflicts] if effect else []
    return page, carried


def save(browser: Browser, url: str, typed: dict[str, Any], do: str = "save") -> None:
    page, carried = previewed(browser, url, typed)
    assert page.status_code == 200, page.content.decode()
    assert browser.post(url, {**carried, "do": do}).status_code == 302
