"""Given at a visit with a touch, signed, seen and ticked by the client, seen by the therapist."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser import faults, resize
from tests.conftest import browser_for
from tests.treatment.factories import finished_visit
from tests.treatment.notes.test_content import whole
from tests.treatment.notes.test_services import write
from tests.treatment.selfcare.factories import library
from treatment.models import ExerciseTick, TreatmentNote

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from clinic.models import Client, Therapist, User

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SIZES = [(390, False), (1280, True)]


def looks(page: Page, *, staff: bool = False) -> None:
    for width, dark in [*SIZES, (820, False)] if staff else SIZES:
        resize(page, width=width, dark=dark)
        assert faults(page) == []


def test_from_the_note_to_the_clients_phone_and_back(
    open_page: Callable[..., Page],
    therapist: Therapist,
    client_record: Client,
    client_user: User,
) -> None:
    ours = library()
    visit = finished_visit(client_record)
    assert therapist.user is not None
    write(therapist.user, visit, {**whole(), "advice": ""})
    note = reverse("treatment:note", args=[visit.pk])
    page = open_page(note, as_=browser_for(therapist.user), width=390)
    page.locator("label", has_text="Heat for 15 minutes").click()
    page.locator(f"input[name=given][value='{ours['calf-wall'].pk.hex}']").focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-note-state]")).to_contain_text("Kept at")
    looks(page, staff=True)
    page.get_by_role("link", name="Print what is given").click()
    expect(page.get_by_role("img", name="Hands on a wall")).to_be_visible()
    looks(page, staff=True)
    page.go_back()
    page.get_by_role("button", name="Sign the note").click()
    page.wait_for_url("**/desk/today/")
    assert TreatmentNote.objects.get().is_signed

    theirs = open_page(reverse("portal"), as_=browser_for(client_user), width=390)
    theirs.get_by_role("link", name="See how, and when to stop").click()
    expect(theirs.get_by_role("heading", name="Calf stretch at the wall")).to_be_visible()
    looks(theirs)
    button = theirs.get_by_role("button", name="Done today Heat for 15 minutes")
    button.focus()
    theirs.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    assert ExerciseTick.objects.get().exercise == ours["heat"]
    looks(theirs)

    page.goto(
        page.url.replace("/desk/today/", reverse("treatment:progress", args=[client_record.pk]))
    )
    expect(page.get_by_text("Ticked as done once in the last 14 days:")).to_be_visible()
    assert faults(page) == []


def test_the_library_is_read_and_added_to(
    open_page: Callable[..., Page], therapist: Therapist
) -> None:
    library()
    assert therapist.user is not None
    page = open_page(reverse("treatment:selfcare"), as_=browser_for(therapist.user))
    looks(page, staff=True)
    page.get_by_role("link", name="Add your own").click()
    looks(page, staff=True)
    page.get_by_label("Title").fill("Foam roller")
    page.get_by_label("What it is for").fill("For the upper back.")
    page.get_by_label("Steps").fill("Lie on it.\nRoll slowly.")
    page.get_by_label("How long, how often").fill("1 minute a day.")
    page.get_by_label("Upper back", exact=True).check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("“Foam roller” can be given now.")).to_be_visible()
    expect(page.get_by_role("link", name="Foam roller")).to_be_visible()
