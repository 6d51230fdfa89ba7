"""A code while booking, a tip at check-out, and the managers' lists, in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from billing.models import CouponUse, Product, VisitExtra
from tests.billing.coupons.conftest import new_client_coupon
from tests.billing.factories import plain_visit
from tests.booking.factories import at, make_hours, make_policy, weekday_ahead
from tests.booking.visitor.test_visitor_flow import press
from tests.browser import COMPUTER, faults, resize

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Session
    from playwright.sync_api import Page

    from clinic.models import Client, Location, Room, ServiceOption, Therapist

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PHONE = 390


def looks(page: Page) -> None:
    for width, dark in ((PHONE, False), (COMPUTER, True)):
        resize(page, width=width, dark=dark)
        assert faults(page) == []


def test_a_code_is_typed_on_a_phone_and_the_price_follows(
    anonymous: Session,
    open_page: Callable[..., Page],
    location: Location,
    therapists: list[Therapist],
    rooms: list[Room],
    option60: ServiceOption,
) -> None:
    make_policy(location)
    make_hours(therapists, location)
    new_client_coupon()
    press(anonymous, option60, at(location, "10:00", weekday_ahead()))
    page = open_page("/book/details/", width=PHONE, as_=anonymous)
    page.get_by_label("First name").fill("Ana")
    page.get_by_label("Last name").fill("Lima")
    page.get_by_label("Date of birth").fill("04/12/1981")
    page.get_by_label("Mobile").fill("(212) 555-0142")
    page.get_by_label("E-mail").fill("ana@example.test")
    page.get_by_text("Have a code?").click()
    page.get_by_label("Code", exact=True).fill("nope")
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_text("We do not know this code")).to_be_visible()
    page.get_by_label("Code", exact=True).fill("new-10")
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_text("$90.00")).to_be_visible()
    looks(page)
    resize(page, width=PHONE, dark=False)
    page.get_by_role("button", name="Book this visit").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("your visit is booked")
    expect(page.get_by_text("$90.00")).to_be_visible()
    looks(page)
    assert CouponUse.objects.get().off_cents == 1000


def test_a_coupon_and_a_tip_at_check_out(
    as_desk: Session, open_page: Callable[..., Page], client_record: Client
) -> None:
    visit = plain_visit(client_record)
    new_client_coupon()
    Product.objects.create(name="Arnica gel", price_cents=1200)
    page = open_page(reverse("billing:panel", args=[visit.appointment_id]), as_=as_desk)
    page.get_by_text("Give a coupon").click()
    page.get_by_label("Coupon").select_option("NEW10")
    page.get_by_role("button", name="Take it off this visit").click()
    expect(page.get_by_text("NEW10, $10.00 off")).to_be_visible()
    page = open_page(reverse("billing:panel", args=[visit.appointment_id]), as_=as_desk)
    page.get_by_text("Add a tip or goods").click()
    page.locator("#id_tip_tip").fill("ten")
    page.get_by_role("button", name="Add the tip").click()
    expect(page.get_by_text("Enter an amount such as 100.00.").first).to_be_visible()
    page.locator("#id_tip_tip").fill("20")
    looks(page)
    page.get_by_role("button", name="Add the tip").click()
    expect(page.get_by_text("$110.00").first).to_be_visible()
    assert VisitExtra.objects.get().cents == 2000


@pytest.mark.parametrize("name", ["coupons", "coupon-new", "products", "product-new", "sales-tax"])
def test_the_managers_pages(
    as_manager: Session, open_page: Callable[..., Page], location: Location, name: str
) -> None:
    new_client_coupon()
    Product.objects.create(name="Arnica gel", price_cents=1200)
    looks(open_page(reverse(f"billing:{name}"), as_=as_manager))
