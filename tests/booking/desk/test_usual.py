"""The session that is meant until somebody says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from tests.booking.factories import at, booked_appointment

if TYPE_CHECKING:
    from datetime import date

    from django.test import Client as Browser

    from clinic.models import Client, Location, ServiceOption, Therapist


def chosen(browser: Browser, client: Client, query: str = "") -> dict[str, list[str]]:
    answer = browser.get(reverse("booking:desk-what", args=[client.pk]) + query)
    assert answer.status_code == 302
    return parse_qs(urlsplit(answer["Location"]).query)


@pytest.mark.usefixtures("diary")
def test_it_is_the_one_they_had_last(
    as_desk: Browser,
    client_record: Client,
    other_client: Client,
    option60: ServiceOption,
    relaxing: ServiceOption,
    location: Location,
    day: date,
) -> None:
    booked_appointment(client_record, option=option60)
    for time in ("13:00", "15:00"):
        starts_at = at(location, time, day)
        booked_appointment(other_client, option=relaxing, starts_at=starts_at)
    assert chosen(as_desk, client_record)["option"] == [str(option60.pk)]


@pytest.mark.usefixtures("diary")
def test_somebody_new_gets_the_usual_one_that_needs_no_prescription(
    as_desk: Browser,
    client_record: Client,
    other_client: Client,
    option60: ServiceOption,
    relaxing: ServiceOption,
) -> None:
    booked_appointment(other_client, option=relaxing)
    assert chosen(as_desk, client_record)["option"] == [str(relaxing.pk)]


def test_what_the_board_said_is_kept(
    as_desk: Browser, client_record: Client, diary: list[Therapist], relaxing: ServiceOption
) -> None:
    booked_appointment(client_record, option=relaxing)
    place = chosen(as_desk, client_record, f"?at=13:00&therapist={diary[0].pk}")
    assert (place["at"], place["therapist"]) == (["13:00"], [str(diary[0].pk)])
