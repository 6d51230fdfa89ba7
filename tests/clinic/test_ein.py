from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.forms import model_to_dict
from django.test import Client as Browser
from django.urls import reverse

from clinic import ein
from clinic.models import Role
from tests.factories import make_user

if TYPE_CHECKING:
    from clinic.models import Location


@pytest.mark.parametrize("number", ["12-3456789", "123456789"])
def test_a_usual_number_passes(number: str) -> None:
    assert ein.is_usual(number)
    assert ein.tidy(number) == "12-3456789"


@pytest.mark.parametrize(
    "number",
    ["07-1144442", "00-1144442", "49-1144442", "97-1144442", "12-345678", "", "1-23456789"],
)
def test_an_unusual_number_is_told(number: str) -> None:
    assert not ein.is_usual(number)


@pytest.mark.parametrize(
    ("typed", "kept", "warns"),
    [("123456789", "12-3456789", False), ("07-1144442", "07-1144442", True), ("", "", False)],
)
def test_the_settings_warn_and_keep_what_was_typed(
    location: Location, *, typed: str, kept: str, warns: bool
) -> None:
    boss = make_user("boss@clinic.test", Role.MANAGER, is_staff=True, is_superuser=True)
    browser = Browser()
    browser.force_login(boss)
    fields = model_to_dict(location) | {"ein": typed, "phone": str(location.phone)}
    address = reverse("admin:clinic_location_change", args=[location.pk])
    saved = browser.post(address, fields, follow=True)
    location.refresh_from_db()
    assert location.ein == kept
    assert ("does not look like an EIN" in saved.text) is warns
