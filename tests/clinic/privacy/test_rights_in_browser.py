"""The pages about rights in a real browser: readable, reachable, nothing blocked."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from booking.visits import notices
from clinic.models import Client
from clinic.privacy import corrections
from clinic.privacy import services as privacy
from clinic.selectors import clinic_today
from tests.booking.factories import booked_appointment
from tests.browser import COMPUTER, PHONE, faults, resize
from tests.intake.factories import completed_intake

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Browser
    from playwright.sync_api import Page

    from clinic.models import Location, User

pytestmark = pytest.mark.django_db(transaction=True)


def look(page: Page, name: str) -> list[str]:
    """Faults on a phone by night and a computer by day."""
    found = []
    for width in (PHONE, COMPUTER):
        resize(page, width=width, dark=width == PHONE)
        found += [f"{name} {width}: {fault}" for fault in faults(page)]
        if folder := os.environ.get("SHOTS"):
            resize(page, width=width, dark=False)
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
    return found


def test_the_pages_of_a_client_and_of_the_desk_can_be_used_by_everybody(
    open_page: Callable[..., Page],
    as_client: Browser,
    as_desk: Browser,
    client_record: Client,
    client_user: User,
    desk_user: User,
    location: Location,
) -> None:
    completed_intake(client_record)
    first = corrections.ask_correction(
        actor=client_user, client=client_record, about="contact", text="It is spelled Lyma."
    )
    corrections.correct_details(actor=desk_user, correction=first, last_name="Lyma")
    second = corrections.ask_correction(
        actor=client_user, client=client_record, about="visit", text="I came at ten."
    )
    third = corrections.ask_for_details(
        actor=client_user, client=client_record, text="", wanted={"legal_name": "Ana Maria Lyma"}
    )
    Client.objects.update(contact_by="call")
    client_record.refresh_from_db()
    notices.reminder(booked_appointment(client_record))
    privacy.record_disclosure(
        actor=desk_user,
        client=client_record,
        disclosed_on=clinic_today(),
        recipient="Dutchess County Court, 10 Market Street, Poughkeepsie",
        what="Dates of visits in May",
        why="Subpoena of May 4",
    )
    privacy.create_archive(str(privacy.ask_export(actor=client_user, client=client_record).pk))
    found = []
    for name, path, who in (
        ("my-data", reverse("my-data"), as_client),
        ("consents", reverse("consents"), as_client),
        ("opened-by", reverse("opened-by"), as_client),
        ("corrections", reverse("correction-list"), as_desk),
        ("correction", reverse("correction", args=[second.pk]), as_desk),
        ("correction-name", reverse("correction", args=[third.pk]), as_desk),
        ("my-details", reverse("my-details"), as_client),
        ("my-details-name", reverse("my-details-name"), as_client),
        ("calls", reverse("call-list"), as_desk),
        ("disclosures", reverse("disclosure-list", args=[client_record.pk]), as_desk),
    ):
        found += look(open_page(path, as_=who), name)
    assert found == []


def test_a_client_without_javascript_asks_and_downloads(
    open_page: Callable[..., Page], as_client: Browser, client_record: Client, location: Location
) -> None:
    page = open_page(reverse("my-data"), as_=as_client, javascript=False)
    page.get_by_role("button", name="Create the archive").click()
    with page.expect_download() as started:  # the worker works at once in tests
        page.get_by_role("link", name="Download the archive").click()
    assert started.value.suggested_filename.startswith("my-record-")
