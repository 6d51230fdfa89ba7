"""A client's page begins with dangers, what is next, what is owed and what is left."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.models import Client, Guardian
from clinic.people import tiles
from tests.booking.factories import booked_appointment
from tests.intake.factories import completed_intake
from tests.treatment.factories import finished_visit

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import User

pytestmark = pytest.mark.usefixtures("location")


def page(browser: Browser, client: Client) -> str:
    return browser.get(reverse("client-detail", args=[client.pk])).text


@pytest.mark.usefixtures("afternoon")
def test_the_tiles_are_in_the_first_response_in_their_order(
    as_desk: Browser, client_record: Client
) -> None:
    visit = finished_visit(client_record)
    coming = booked_appointment(client_record, starts_at=timezone.now() + timedelta(days=2))
    text = page(as_desk, client_record)
    places = [text.index(words) for words in ("Next visit", "Owes $100.00", "visits left to book")]
    assert places == sorted(places)
    assert places[-1] < text.index("Contact")
    assert f"open={coming.pk}" in text
    assert reverse("billing:panel", args=[visit.appointment.pk]) in text
    assert reverse("booking:desk-what", args=[client_record.pk]) in text


def test_a_new_record_says_what_can_be_done(as_desk: Browser) -> None:
    client = Client.objects.create(first_name="Ruth", last_name="", phone="+18455550147")
    text = page(as_desk, client)
    for words in ("None booked", "Nothing owed", "No order", "date of birth unknown"):
        assert words in text
    assert "By telephone: no e-mail address" in text


def test_stops_and_the_note_come_first_and_answers_stay_with_therapists(
    as_desk: Browser, as_therapist: Browser, in_care: object, client_record: Client
) -> None:
    response = completed_intake(client_record, today=["calf_swelling"])
    Client.objects.get(pk=client_record.pk)
    client_record.note = "Hard of hearing."
    client_record.save()
    desk, hands = page(as_desk, client_record), page(as_therapist, client_record)
    for text in (desk, hands):
        assert (
            text.index("alert-danger") < text.index("Hard of hearing.") < text.index("Next visit")
        )
    answers = reverse("intake:desk-response", args=[response.pk])
    assert answers in hands
    assert answers not in desk
    assert "calf" not in desk.lower()


def test_money_is_for_those_who_handle_it(
    as_therapist: Browser, as_biller: Browser, client_record: Client, in_care: object
) -> None:
    assert "Nothing owed" not in page(as_therapist, client_record)
    biller = page(as_biller, client_record)
    assert "Nothing owed" in biller
    assert "Next visit" not in biller


def test_the_head_names_who_looks_after_a_child(as_desk: Browser, client_user: User) -> None:
    leo = Client.objects.create(first_name="Leo", last_name="Lima", birth_date="2018-06-01")
    Guardian.objects.create(user=client_user, client=leo, relationship="parent")
    assert f"Parent: {client_user.email}" in page(as_desk, leo)


def test_only_known_places_are_handed_down() -> None:
    with pytest.raises(ValueError, match="weather"):
        tiles.register("weather", lambda _user, _client: None)
