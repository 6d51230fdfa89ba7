from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from clinic.people.likeness import Name, are_alike
from tests.factories import make_client

if TYPE_CHECKING:
    from django.test import Client as Browser

    from booking.models import Appointment
    from clinic.models import Client, Location

NOTE = "These may be the same person"


@pytest.mark.parametrize(
    ("one", "two", "alike"),
    [
        (Name("Ana", "Lima"), Name("ANA", "lima"), True),
        (Name("Ana", "Lima"), Name("Lima", "Ana"), True),
        (Name("José", "Núñez-Ray"), Name("Jose", "Nunez Ray"), True),
        (Name("Jon", "Smith"), Name("John", "Smith"), True),
        (Name("Kate", "Okafor"), Name("Kate", "Okafro"), True),
        (Name("Ana", "Lima"), Name("Anabel", "Lima"), True),
        (Name("Ana", "Lima"), Name("Eva", "Lima"), False),
        (Name("Ana", "Lima"), Name("Omar", "Haddad"), False),
        (Name("", ""), Name("Eva", "Lima"), False),
    ],
)
def test_names_are_alike(one: Name, two: Name, alike: bool) -> None:
    assert are_alike(one, two) == are_alike(two, one) == alike


def test_the_desk_is_told_who_may_be_the_same_person(
    as_desk: Browser, client_record: Client, location: Location
) -> None:
    page = reverse("client-detail", args=[client_record.pk])
    make_client("Eva", "Lima")  # born the same day: a twin
    make_client("Anna", "Lima", birth_date=date(1950, 1, 1))
    assert NOTE not in as_desk.get(page).text
    other = make_client("Annah", "Lima", birth_date=client_record.birth_date)
    found = as_desk.get(page).text
    assert NOTE in found
    assert reverse("client-detail", args=[other.pk]) in found


def test_a_therapist_is_not_led_to_a_stranger(
    as_therapist: Browser, in_care: Appointment, client_record: Client
) -> None:
    make_client("Annah", "Lima", birth_date=client_record.birth_date)
    page = as_therapist.get(reverse("client-detail", args=[client_record.pk])).text
    assert "Annah" not in page
