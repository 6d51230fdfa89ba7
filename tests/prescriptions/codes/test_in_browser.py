"""A manager loads the yearly file, with and without scripts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from prescriptions import tasks
from prescriptions.codes import services
from prescriptions.codes.order_file import fiscal_year
from prescriptions.models import CodeRelease
from tests.browser import faults
from tests.prescriptions.codes import releases
from tests.prescriptions.codes.releases import NEXT
from tests.prescriptions.factories import submitted_prescription

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Session
    from playwright.sync_api import Page

    from clinic.models import Client, Location

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PAGE = reverse("prescriptions:code-releases")


def choose(page: Page) -> None:
    content = releases.order_file({"M54.591": (True, "Low back pain with stiffness")})
    file = {
        "name": f"icd10cm_order_{fiscal_year(NEXT)}.txt",
        "mimeType": "text/plain",
        "buffer": content,
    }
    page.locator("[name=file]").set_input_files(file)  # type: ignore[arg-type]
    page.locator("[name=in_force_on]").select_option(str(NEXT))
    page.get_by_role("button", name="Load these codes").click()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_file_is_sent_and_its_progress_shown_until_it_is_loaded(
    open_page: Callable[..., Page],
    as_manager: Session,
    location: Location,
    width: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    releases.loaded()
    monkeypatch.setattr(services, "enqueue", lambda *_: None)  # the worker is busy
    page = open_page(PAGE, as_=as_manager, width=width, dark=width == 390)
    assert faults(page) == []
    choose(page)
    page.locator("progress").wait_for()
    assert faults(page) == []
    tasks.load_codes.run(str(CodeRelease.objects.exclude(file=None).get().pk))
    page.get_by_text("1 new, 0 ended").wait_for()
    assert page.locator("progress").count() == 0
    assert faults(page) == []


def test_the_answer_about_a_newer_code_stays_while_other_codes_are_typed(
    open_page: Callable[..., Page], as_desk: Session, client_record: Client, location: Location
) -> None:
    releases.loaded(releases.BEFORE - timedelta(days=400))
    order = submitted_prescription(client_record)
    path = reverse("prescriptions:review", args=[order.pk])
    page = open_page(path, as_=as_desk)
    typed, question = (
        page.locator("#id_codes"),
        page.get_by_label("The prescriber's office confirmed"),
    )
    typed.fill("M54.21")
    question.check()
    typed.fill("M54.21, M54.50")
    page.get_by_text("Low back pain, unspecified").first.wait_for()
    assert question.is_checked()
    assert page.locator("[name=confirmed]").count() == 1
    assert faults(page) == []
    typed.fill("M54.50")
    question.wait_for(state="detached")


def test_without_scripts_it_works_too(
    open_page: Callable[..., Page], as_manager: Session, location: Location
) -> None:
    releases.loaded()
    page = open_page(PAGE, as_=as_manager, javascript=False)
    choose(page)
    page.get_by_text("Thank you. The codes are loaded").wait_for()
    page.goto(page.url)
    page.get_by_text("1 new, 0 ended").wait_for()
