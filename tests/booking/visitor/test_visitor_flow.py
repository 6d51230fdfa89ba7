from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from booking.models import Appointment
from clinic.models import Client, Guardian, Message
from tests.booking import single
from tests.booking.factories import booked_appointment

if TYPE_CHECKING:
    from datetime import datetime

    from django.test import Client as Browser

    from clinic.models import Location, ServiceOption, Therapist

pytestmark = pytest.mark.django_db

ANA = {
    "first_name": "Ana",
    "last_name": "Lima",
    "birth_date": "04/12/1981",
    "phone": "(212) 555-0142",
    "email": "ana@example.test",
}


def press(browser: Browser, option: ServiceOption, start: datetime, **extra: str) -> Any:
    url = reverse("booking:time", args=[option.pk])
    return browser.post(url, {"start": start.isoformat(), **extra})


def test_a_new_visitor_books_in_four_screens(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    what = anonymous.get("/book/")
    assert reverse("booking:time", args=[option60.pk]) in what.text
    when = anonymous.get(
        reverse("booking:time", args=[option60.pk]), {"day": ten.date().isoformat()}
    )
    assert "10:00 am" in when.text
    pressed = press(anonymous, option60, ten)
    assert pressed.headers["Location"] == "/book/details/"
    assert "data-hold-until" in anonymous.get("/book/details/").text
    booked = anonymous.post("/book/details/", ANA)
    assert booked.status_code == 302
    assert booked.headers["Location"] == "/book/done/"
    done = anonymous.get("/book/done/")
    assert "Ana, your visit is booked" in done.text
    assert reverse("account_request_login_code") in done.text
    made = Appointment.objects.get()
    assert made.status == "booked"
    assert made.client is not None
    assert (made.client.name, str(made.client.birth_date)) == ("Ana Lima", "1981-04-12")
    assert Message.objects.get(about=made.pk).recipient == "ana@example.test"
    entry = Calendar.from_ical(anonymous.get("/book/done/appointment.ics").content)
    assert entry.walk("VEVENT")[0].decoded("dtstart") == ten


def test_an_extension_is_kept_with_the_number_and_shown_to_the_desk(
    anonymous: Browser,
    as_desk: Browser,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
) -> None:
    press(anonymous, option60, ten)
    two = anonymous.post("/book/details/", {**ANA, "phone": "212-555-0142 or 212-555-0143"})
    assert "Enter one phone number with its area code" in two.text
    assert anonymous.post("/book/details/", {**ANA, "phone": "212-555-0142 x89"}).status_code == 302
    ana = Appointment.objects.get().client
    assert ana is not None
    assert (ana.phone.as_e164, ana.phone_extension) == ("+12125550142", "89")
    page = as_desk.get(reverse("client-detail", args=[ana.pk])).text
    assert '<a href="tel:+12125550142;ext=89">(212) 555-0142 ext. 89</a>' in page


def test_back_and_errors_lose_nothing_that_was_typed(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    press(anonymous, option60, ten)
    wrong = anonymous.post("/book/details/", {**ANA, "birth_date": "31/31/1981"})
    assert wrong.status_code == 422
    assert "data-error-summary" in wrong.text
    anonymous.get("/book/")
    press(anonymous, option60, ten + timedelta(hours=2))
    again = anonymous.get("/book/details/")
    for text in ("Ana", "Lima", "ana@example.test"):
        assert f'value="{text}"' in again.text
    assert Appointment.objects.count() == 1  # one hold: the second took the place of the first


def test_a_time_just_taken_is_told_with_others_close_to_it(
    anonymous: Browser,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    other_client: Client,
) -> None:
    booked_appointment(other_client, starts_at=ten, therapist=diary[0])
    answer = press(anonymous, option60, ten, therapist=str(diary[0].pk))
    assert answer.status_code == 422
    assert "no longer free" in answer.text
    assert "close to it" in answer.text
    assert Appointment.objects.count() == 1


@pytest.mark.parametrize("start", ["", "tomorrow", "2026-13-45T10:00:00-05:00", "2030-01-01T10:00"])
def test_a_start_that_is_no_time_is_refused_with_the_page(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption, start: str
) -> None:
    answer = anonymous.post(reverse("booking:time", args=[option60.pk]), {"start": start})
    assert answer.status_code == 422
    assert "Choose one of the times" in answer.text


def test_a_lapsed_hold_still_books_when_nobody_took_the_time(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    press(anonymous, option60, ten)
    Appointment.objects.all().delete()  # swept away while the form was open
    assert "We are no longer holding this time" in anonymous.get("/book/details/").text
    assert anonymous.post("/book/details/", ANA).status_code == 302
    assert Appointment.objects.get().starts_at == ten


def test_a_lapsed_hold_that_somebody_else_took_offers_others_and_keeps_what_was_typed(
    anonymous: Browser,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    other_client: Client,
) -> None:
    press(anonymous, option60, ten, therapist=str(diary[0].pk))
    Appointment.objects.update(held_until=timezone.now() - timedelta(minutes=1))
    held = single.hold(option=option60, start=ten, therapist=diary[0])
    assert held.hold_token
    single.book(actor=None, hold_token=held.hold_token, client=other_client)
    answer = anonymous.post("/book/details/", ANA)
    assert answer.status_code == 422
    assert "no longer free" in answer.text
    assert 'value="Lima"' in answer.text
    assert Appointment.objects.count() == 1


def test_pressing_the_button_twice_or_coming_back_is_one_visit(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    press(anonymous, option60, ten)
    anonymous.post("/book/details/", ANA)
    again = anonymous.post("/book/details/", ANA)
    assert again.headers["Location"] == "/book/done/"
    assert Appointment.objects.count() == 1


def test_a_client_who_is_signed_in_just_confirms(
    as_client: Browser,
    client_record: Client,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
) -> None:
    press(as_client, option60, ten)
    page = as_client.get("/book/details/")
    assert re.search(rf'value="{client_record.pk}"[^>]*checked', page.text)
    assert as_client.post("/book/details/", {"client": str(client_record.pk)}).status_code == 302
    assert Appointment.objects.get().client == client_record
    assert Client.objects.count() == 1


def test_a_parent_books_for_a_child(
    as_client: Browser,
    client_record: Client,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
) -> None:
    press(as_client, option60, ten)
    child = {
        "client": "new",
        "relationship": "parent",
        "first_name": "Leo",
        "last_name": "Lima",
        "birth_date": "2015-05-01",
    }
    assert as_client.post("/book/details/", child).status_code == 302
    made = Appointment.objects.get()
    assert made.client is not None
    assert made.client.first_name == "Leo"
    assert Guardian.objects.get(client=made.client).relationship == "parent"
    assert Message.objects.get(about=made.pk).recipient == "ana@example.test"


def test_nobody_books_for_a_client_of_somebody_else(
    as_client: Browser,
    client_record: Client,
    other_client: Client,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
) -> None:
    press(as_client, option60, ten)
    answer = as_client.post("/book/details/", {"client": str(other_client.pk)})
    assert answer.status_code == 422
    assert not Appointment.objects.filter(status="booked").exists()


def test_a_free_consultation_needs_neither_intake_nor_prescription(
    anonymous: Browser,
    diary: list[Therapist],
    options: dict[tuple[str, int], ServiceOption],
    ten: datetime,
) -> None:
    press(anonymous, options["consultation", 30], ten)
    anonymous.post("/book/details/", ANA)
    done = anonymous.get("/book/done/")
    assert "Health questionnaire" not in done.text
    assert Appointment.objects.get().price_cents == 0


def test_the_steps_cannot_be_entered_from_behind(
    anonymous: Browser, location: Location, option60: ServiceOption
) -> None:
    assert anonymous.get("/book/details/").headers["Location"] == "/book/"
    assert anonymous.get("/book/done/").headers["Location"] == "/book/"
    assert anonymous.get("/book/done/appointment.ics").headers["Location"] == "/book/"
    unknown = "/book/00000000-0000-0000-0000-000000000001/"
    assert anonymous.get(unknown).status_code == 404


def test_a_link_from_the_price_list_goes_straight_to_the_times(
    anonymous: Browser, location: Location, option60: ServiceOption
) -> None:
    answer = anonymous.get("/book/", {"option": str(option60.pk)})
    assert answer.headers["Location"] == reverse("booking:time", args=[option60.pk])
    assert anonymous.get("/book/", {"option": "nonsense"}).status_code == 200


def test_the_page_of_times_takes_few_queries_whatever_is_booked(
    anonymous: Browser,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    other_client: Client,
    django_assert_max_num_queries: object,
) -> None:
    for hour in range(4):
        booked_appointment(
            other_client, starts_at=ten + timedelta(hours=2 * hour), therapist=diary[0]
        )
    anonymous.get(reverse("booking:time", args=[option60.pk]))  # the rules are read once
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        anonymous.get(reverse("booking:time", args=[option60.pk]))


def test_htmx_gets_the_times_alone(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption
) -> None:
    answer = anonymous.get(
        reverse("booking:time", args=[option60.pk]),
        headers={"HX-Request": "true", "HX-Target": "times"},
    )
    assert "<html" not in answer.text
    assert 'id="times"' in answer.text


def test_the_button_of_an_older_tab_does_not_book_the_newer_tabs_time(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    press(anonymous, option60, ten)
    older = re.search(r'name="start" value="([^"]+)"', anonymous.get("/book/details/").text)
    assert older is not None
    later = ten + timedelta(hours=2)
    press(anonymous, option60, later)
    refused = anonymous.post("/book/details/", {**ANA, "start": older[1]})
    assert refused.status_code == 422
    assert "another tab" in refused.text
    assert not Appointment.objects.filter(status="booked").exists()
    shown = re.search(r'name="start" value="([^"]+)"', refused.text)
    assert shown is not None
    assert anonymous.post("/book/details/", {**ANA, "start": shown[1]}).status_code == 302
    assert Appointment.objects.get(status="booked").starts_at == later
