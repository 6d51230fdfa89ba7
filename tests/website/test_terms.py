"""The public pages tell what the clinic's own settings say about canceling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from booking.models import BookingPolicy
from clinic.models import ServiceOption

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Location, Service

pytestmark = pytest.mark.django_db


def text_of(page: str) -> str:
    return " ".join(page.split())


def test_the_terms_are_those_of_the_settings(
    anonymous: Browser, location: Location, services: dict[str, Service]
) -> None:
    prices = text_of(anonymous.get("/prices/").text)
    assert "free of charge until 24 hours before your visit" in prices
    assert "After that, canceling costs 50% of the price." in prices
    assert "A missed visit costs 100% of the price." in prices

    BookingPolicy.objects.create(
        location=location,
        cancel_cutoff=2880,
        reschedule_cutoff=2880,
        late_cancel_percent=30,
        no_show_percent=80,
    )

    prices, home = (text_of(anonymous.get(path).text) for path in ("/prices/", "/"))
    assert "free of charge until 2 days before your visit" in prices
    assert "After that, canceling costs 30% of the price." in prices
    assert "A missed visit costs 80% of the price." in prices
    assert "free of charge until 2 days before your visit" in home
    assert "24 hours" not in prices + home


def test_a_clinic_without_fees_names_none(
    anonymous: Browser, location: Location, services: dict[str, Service]
) -> None:
    BookingPolicy.objects.create(
        location=location,
        cancel_cutoff=0,
        reschedule_cutoff=0,
        late_cancel_percent=50,
        no_show_percent=0,
    )

    prices = text_of(anonymous.get("/prices/").text)

    assert "free of charge until your visit begins" in prices
    assert "costs" not in prices


def test_moving_has_a_limit_of_its_own(
    anonymous: Browser, location: Location, services: dict[str, Service]
) -> None:
    policy = BookingPolicy(location=location, cancel_cutoff=1440, reschedule_cutoff=120)
    policy.save()
    prices, home = (text_of(anonymous.get(path).text) for path in ("/prices/", "/"))
    for page in (prices, home):
        assert "Cancel free of charge until 24 hours before your visit." in page
        assert "Move it online, free of charge, until 2 hours before." in page
        assert "Change or cancel" not in page


def test_a_price_on_the_home_page_leads_to_its_times(
    anonymous: Browser, location: Location, services: dict[str, Service]
) -> None:
    home = anonymous.get("/").text
    options = ServiceOption.objects.all()
    assert options
    for option in options:
        assert f'href="{reverse("booking:time", args=[option.pk])}"' in home


@pytest.mark.parametrize("path", ["/", "/prices/", "/medical-massage/", "/insurance/", "/book/"])
def test_no_page_promises_what_the_product_cannot_do(
    anonymous: Browser, location: Location, services: dict[str, Service], path: str
) -> None:
    page = anonymous.get(path).text.lower()
    for promise in ("text message", "good-faith", "relief lasted"):
        assert promise not in page
