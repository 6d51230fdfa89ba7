"""The clinic's own numbers: what a manager types of them on the configuration page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.forms import model_to_dict
from django.urls import reverse

from clinic.ids import ein
from clinic.models import Role
from tests.conftest import browser_for
from tests.factories import make_user

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Location


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("12-3456789", "12-3456789"),
        ("123456789", "12-3456789"),
        (" 12 3456789 ", "12-3456789"),
        ("1234", "1234"),
        ("", ""),
    ],
)
def test_an_ein_is_printed_one_way(typed: str, printed: str) -> None:
    assert ein.tidy(typed) == printed


@pytest.mark.parametrize(
    "number", ["12-345678", "1-23456789", "12-3456789\n", "AB-3456789", "١٢-٣٤٥٦٧٨٩"]
)
def test_what_has_not_nine_digits_is_no_ein(number: str) -> None:
    assert not ein.is_shaped(number)


NOT_ISSUED = {0, 7, 8, 9, 17, 18, 19, 28, 29, 49, 69, 70, 78, 79, 89, 96, 97}


@pytest.mark.parametrize("number", range(100))
def test_prefixes_that_are_not_issued_are_known(number: int) -> None:
    assert ein.is_known(f"{number:02}-1144442") is (number not in NOT_ISSUED)


@pytest.fixture
def admin(db: None) -> Browser:
    return browser_for(
        make_user("admin@clinic.test", Role.MANAGER, is_staff=True, is_superuser=True)
    )


def save(admin: Browser, location: Location, **numbers: str) -> str:
    page = reverse("admin:clinic_location_change", args=[location.pk])
    return admin.post(page, {**model_to_dict(location), **numbers}, follow=True).text


def test_an_unknown_prefix_is_warned_of_and_saved(admin: Browser, location: Location) -> None:
    assert "No known EIN begins with" not in save(admin, location, ein="123456789")
    location.refresh_from_db()
    assert location.ein == "12-3456789"
    assert "No known EIN begins with 07" in save(admin, location, ein="07-1144442")
    location.refresh_from_db()
    assert location.ein == "07-1144442"


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("ein", "12-34567", "An EIN has nine digits"),
        ("npi", "1234567890", "That is not an NPI"),
        ("npi", "3000000000", "That is not an NPI"),
        ("npi", "12345", "That is not an NPI"),
    ],
)
def test_a_number_that_cannot_be_is_refused_at_its_field(
    admin: Browser, location: Location, field: str, typed: str, says: str
) -> None:
    before = model_to_dict(location)
    assert says in save(admin, location, **{field: typed})
    location.refresh_from_db()
    assert model_to_dict(location) == before


def test_a_right_npi_is_saved(admin: Browser, location: Location) -> None:
    save(admin, location, npi="1234567893")
    location.refresh_from_db()
    assert location.npi == "1234567893"
