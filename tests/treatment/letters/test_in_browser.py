"""A letter from the draft to the physician who opens it; and nothing for axe to find."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser import COMPUTER, PHONE, faults
from tests.conftest import browser_for
from tests.treatment.letters.factories import agreed, link_of, treated
from treatment.models import LetterSending, ProgressLetter

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from clinic.models import Client, User

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_letter_is_drafted_edited_signed_sent_and_read(
    open_page: Callable[..., Page], client_record: Client, author: User
) -> None:
    treated(client_record, hours_ago=5)
    treated(client_record)
    agreed(client_record)
    letters = reverse("treatment:letters", args=[client_record.pk])
    page = open_page(letters, as_=browser_for(author), width=PHONE)
    assert faults(page) == []
    page.get_by_role("button", name="Write a letter").click()
    expect(page.get_by_text("2 of 12 used")).to_be_visible()
    assert faults(page) == []
    page.get_by_label("Why, and what you propose").fill("Once a week would be enough by now")
    page.get_by_role("button", name="I have read it: sign").click()
    # Nothing was suggested yet: that is said, and what was typed is there.
    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(page.get_by_label("Why, and what you propose")).to_have_value(
        "Once a week would be enough by now"
    )
    assert faults(page) == []
    page.get_by_label("Continue: ask for a new order").check()
    page.get_by_role("button", name="I have read it: sign").click()
    expect(page.get_by_text("Signed. It can be sent now.")).to_be_visible()
    assert ProgressLetter.objects.get().signed_by == author
    assert faults(page) == []
    page.get_by_role("button", name="Send a link to").click()
    expect(page.get_by_text("The link is on its way.")).to_be_visible()
    link = link_of(ProgressLetter.objects.get())

    page = open_page(link, width=COMPUTER)
    assert faults(page) == []
    page.locator("#id_birth_date").fill("1981-04-12")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Once a week would be enough by now")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("button", name="Write an order").click()
    expect(page.get_by_role("heading", name="Massage therapy order")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="I have the letter: close the link").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert LetterSending.objects.get().closed_at is not None
