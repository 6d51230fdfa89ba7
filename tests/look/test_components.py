from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django import forms
from django.conf import settings
from django.template.loader import render_to_string

if TYPE_CHECKING:
    from pathlib import Path

COMPONENTS = sorted((settings.BASE_DIR / "templates" / "components").glob("*.html"))
SPRITE = (settings.BASE_DIR / "static" / "img" / "icons.svg").read_text()
ICONS = [
    "check",
    "alert",
    "stop",
    "clock",
    "calendar",
    "file",
    "upload",
    "user",
    "phone",
    "mail",
    "card",
    "search",
    "plus",
    "chevron-left",
    "chevron-right",
    "download",
    "print",
    "rotate",
    "zoom-in",
    "zoom-out",
    "lock",
    "home",
    "leaf",
    "menu",
]


def rendered(component: str, /, **context: Any) -> str:
    html = render_to_string(f"components/{component}.html", context)
    return re.sub(r"\s+", " ", html)


class SideForm(forms.Form):
    name = forms.CharField()
    side = forms.ChoiceField(choices=[("l", "Left")], widget=forms.RadioSelect)

    def clean(self) -> None:
        self.add_error(None, "Taken.")


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.stem)
def test_each_component_opens_by_saying_what_it_needs(path: Path) -> None:
    assert path.read_text().startswith("{# ")


@pytest.mark.parametrize("name", ICONS)
def test_each_promised_icon_is_drawn(name: str) -> None:
    assert f'id="{name}"' in SPRITE
    assert f"icons.svg#{name}" in rendered("icon", name=name)


def test_an_icon_is_decoration_unless_it_is_given_a_name() -> None:
    assert 'aria-hidden="true"' in rendered("icon", name="check")
    assert 'role="img" aria-label="Done"' in rendered("icon", name="check", label="Done")


@pytest.mark.parametrize("tone", ["ok", "warn", "stop", "info", "quiet"])
def test_a_badge_is_a_word_and_an_icon_never_colour_alone(tone: str) -> None:
    html = rendered("badge", tone=tone, text="Signed")
    assert f'class="badge {tone}"' in html
    assert "Signed" in html
    assert "<use" in html


def test_steps_mark_the_current_one_and_say_which_are_done() -> None:
    html = rendered("steps", steps=["Session", "Time", "You"], current=2)
    assert html.count('class="done"') == 1
    assert 'aria-current="step"' in html
    assert "(done)" in html


def test_a_meter_says_its_numbers() -> None:
    html = rendered("meter", used=7, reserved=1, total=12)
    assert "7 used and 1 booked of 12 visits" in html
    assert 'viewBox="0 0 12 1"' in html
    assert 'x="7" width="1"' in html


def test_progress_asks_again_only_while_it_has_an_address() -> None:
    assert "hx-get" not in rendered("progress", value=1, max=2, label="1 of 2")
    assert 'hx-get="/work/"' in rendered("progress", value=1, max=2, label="", poll_url="/work/")


def test_an_empty_list_says_what_will_come_and_offers_the_first_step() -> None:
    html = rendered("empty", title="No visits", text="They come here.", url="/book/", label="Book")
    assert "They come here." in html
    assert 'href="/book/"' in html


def test_the_error_summary_names_each_fault_and_links_to_its_field() -> None:
    html = rendered("error_summary", form=SideForm({}))
    assert "Taken." in html
    assert 'href="#id_name"' in html
    assert 'href="#div_id_side"' in html  # a group of choices has no field of its own
    assert 'role="alert"' in html


def test_a_form_without_faults_has_no_summary() -> None:
    assert rendered("error_summary", form=SideForm()).strip() == ""


def test_a_link_to_a_page_that_is_not_there_is_left_out() -> None:
    assert "<a" not in rendered("nav_link", name="no-such-page", label="Nowhere")
    assert 'href="/prices/"' in rendered("nav_link", name="prices", label="Prices")
