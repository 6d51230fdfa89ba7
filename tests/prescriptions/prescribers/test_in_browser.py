"""A prescriber on a phone, and by keyboard alone; and nothing for axe to find."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from prescriptions.models import DoctorRequest, Prescriber, Prescription
from prescriptions.prescribers import directory, services
from tests.browser import COMPUTER, PHONE, faults, resize
from tests.prescriptions.factories import make_codes, submitted_prescription
from tests.prescriptions.prescribers.factories import (
    link_of,
    make_consent,
    make_prescriber,
    make_request,
    owner,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Session
    from playwright.sync_api import Page

    from clinic.models import Client, Location, User

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

TABS = 90  # more presses than the page has stops
ASK, SHARED = reverse("prescriptions:ask"), reverse("prescriptions:shared")


@pytest.fixture
def asked(client_record: Client, location: Location) -> DoctorRequest:
    make_codes()
    return make_request(client_record, make_prescriber(), note="Thank you")


def tab_to(page: Page, selector: str) -> None:
    """Only the Tab key, as somebody without a mouse."""
    for _ in range(TABS):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    pytest.fail(f"Tab never reached {selector}")


def fill_by_keyboard(page: Page, selector: str, text: str) -> None:
    tab_to(page, selector)
    page.keyboard.type(text)


def test_a_prescriber_signs_on_a_phone_by_keyboard_alone(
    open_page: Callable[..., Page], asked: DoctorRequest
) -> None:
    link = link_of(asked)
    page = open_page(link, width=PHONE)
    assert faults(page) == []
    page.locator("#id_birth_date").fill("1981-04-12")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Ana Lima")).to_be_visible()
    assert faults(page) == []
    fill_by_keyboard(page, "#id_reason", "Neck pain after long desk work")
    fill_by_keyboard(page, "#id_order_text", "2x/week for 6 weeks")
    expect(page.get_by_text("12 visits")).to_be_visible()
    tab_to(page, "#id_modality_0")
    page.keyboard.press("Space")
    fill_by_keyboard(page, "#id_codes", "M54.5")
    expect(page.get_by_text("is a heading. Please enter the complete code")).to_be_visible()
    page.keyboard.type("0")
    expect(page.get_by_text("Low back pain, unspecified")).to_be_visible()
    tab_to(page, "details.areas > summary")
    page.keyboard.press("Enter")
    tab_to(page, "#id_regions_0")
    page.keyboard.press("Space")
    fill_by_keyboard(page, "#id_signature", "Kofi Osei")
    page.keyboard.press("Enter")
    # The tick is missing: the summary takes the focus, and all that was typed is there.
    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(page.locator("#id_order_text")).to_have_value("2x/week for 6 weeks")
    expect(page.locator("#id_regions_0")).to_be_checked()
    assert faults(page) == []
    tab_to(page, "#id_attested")
    page.keyboard.press("Space")
    tab_to(page, "form.order-form button[type=submit]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you, it has been sent")).to_be_visible()
    assert faults(page) == []
    page.goto(page.url.split("/rx/")[0] + link)
    expect(page.get_by_text("already been completed")).to_be_visible()
    assert faults(page) == []
    made = Prescription.objects.get()
    assert (made.source, made.status) == ("prescriber", "submitted")


def test_a_prescriber_signs_without_javascript(
    open_page: Callable[..., Page], asked: DoctorRequest
) -> None:
    page = open_page(link_of(asked), javascript=False)
    page.locator("#id_birth_date").fill("1981-04-12")
    page.get_by_role("button", name="Open the form").click()
    page.locator("#id_reason").fill("Neck pain")
    page.locator("#id_order_text").fill("12 visits over 6 weeks")
    page.get_by_label("Manual therapy").check()
    page.locator("#id_codes").fill("M54.2")
    page.locator("#id_attested").check()
    page.locator("#id_signature").fill("Kofi Osei")
    page.get_by_role("button", name="Sign and send").click()
    expect(page.get_by_role("heading", name="Thank you, it has been sent")).to_be_visible()
    assert Prescription.objects.count() == 1


def test_the_pages_behind_a_link_have_no_faults(
    open_page: Callable[..., Page], asked: DoctorRequest
) -> None:
    page = open_page(link_of(asked))
    for width in (PHONE, COMPUTER):
        resize(page, width=width, dark=width == PHONE)
        assert faults(page) == []
    page.locator("#id_birth_date").fill("1981-04-12")
    page.get_by_role("button", name="Open the form").click()
    page.get_by_text("Treatment area (optional)").click()
    page.get_by_text("I do not want to order this").click()
    for width in (PHONE, COMPUTER):
        resize(page, width=width, dark=width == PHONE)
        assert faults(page) == []
    services.withdraw_request(actor=owner(asked.client), request=asked)
    page.reload()
    expect(page.get_by_text("no longer available")).to_be_visible()
    assert faults(page) == []


def test_a_client_asks_and_the_form_arrives_by_itself(
    open_page: Callable[..., Page], as_client: Session, client_record: Client, location: Location
) -> None:
    make_consent(client_record, make_prescriber())
    page = open_page(ASK, width=PHONE, as_=as_client)
    page.get_by_label("Kofi Osei, MD").check()
    expect(page.locator("#id_name")).to_be_hidden()
    page.get_by_label("Someone else", exact=True).check()
    assert faults(page) == []
    page.locator("#id_name").fill("Lena Marsh")
    page.locator("#id_email").fill("lena@hudson.test")
    page.get_by_role("button", name="Next").click()
    assert faults(page) == []
    expect(page.locator("#id_agreed")).not_to_be_checked()
    page.locator("#id_agreed").check()
    page.locator("#id_name").fill("Ana Lima")
    page.get_by_role("button", name="Sign and ask").click()
    expect(page.get_by_role("link", name="Download the form (PDF)")).to_be_visible()
    assert faults(page) == []
    page.goto(page.url.split("/portal/")[0] + SHARED)
    assert faults(page) == []


def test_the_desks_pages_have_no_faults_and_the_directory_fills_the_review(
    open_page: Callable[..., Page],
    as_desk: Session,
    client_record: Client,
    asked: DoctorRequest,
    desk_user: User,
) -> None:
    other = directory.add(actor=desk_user, named_by=client_record, name="Lena Marsh")
    paths = [
        reverse("prescriptions:prescriber-list"),
        reverse("prescriptions:prescriber", args=[other.pk]),
        reverse("prescriptions:desk-ask-who", args=[client_record.pk]) + "?q=len",
        reverse("prescriptions:desk-ask", args=[client_record.pk, other.pk]),
        reverse("prescriptions:desk-ask", args=[client_record.pk, asked.prescriber_id]),
        reverse("prescriptions:desk-request", args=[asked.pk]),
    ]
    for path in paths:
        page = open_page(path, as_=as_desk)
        for width in (PHONE, COMPUTER):
            resize(page, width=width, dark=False)
            assert (path, faults(page)) == (path, [])
    Prescriber.objects.filter(pk=other.pk).update(credential="NP", npi="1987654328")
    review = reverse("prescriptions:review", args=[submitted_prescription(client_record).pk])
    page = open_page(review, as_=as_desk)
    page.locator("#id_prescriber_name").fill("lena")
    page.locator("[data-prescriber]").click()
    expect(page.locator("#id_prescriber_name")).to_have_value("Lena Marsh")
    expect(page.locator("#id_prescriber_npi")).to_have_value("1987654328")
    expect(page.locator("#id_prescriber_credential")).to_have_value("NP")
