from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from booking.models import WaitlistEntry
from booking.waitlist import services as waitlist
from clinic.models import AuditEvent
from tests.booking.factories import booked_appointment, held_time
from tests.booking.waiting import in_line, the_offer
from tests.factories import make_client
from tests.treatment.factories import mid_afternoon

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date, datetime

    from django.test import Client as Browser

    from clinic.models import Client, Room, ServiceOption, Therapist

pytestmark = pytest.mark.django_db

PAGE = "/desk/waitlist/"


@pytest.fixture(autouse=True)
def _afternoon() -> Iterator[None]:
    with mid_afternoon():
        yield


def test_the_list_says_who_waits_for_what_and_what_is_offered(
    as_desk: Browser,
    client_record: Client,
    other_client: Client,
    relaxing: ServiceOption,
    slot: Therapist,
    day: date,
) -> None:
    assert "No one is waiting" in as_desk.get(PAGE).text
    in_line(client_record, relaxing, day)
    in_line(other_client, relaxing, day, therapist=slot)
    waitlist.sweep()
    page = as_desk.get(PAGE).text
    assert page.index("Ana Lima") < page.index("Omar Haddad")
    assert page.count("data-until=") == 1
    assert page.count("Offer a time") == 1  # the other one has an offer already


def test_the_desk_finds_a_client_and_puts_them_on_the_list(
    as_desk: Browser,
    client_record: Client,
    other_client: Client,
    relaxing: ServiceOption,
    slot: Therapist,
    day: date,
    ten: datetime,
) -> None:
    booked_appointment(other_client, option=relaxing, starts_at=ten)
    assert "Ana Lima" not in as_desk.get(f"{PAGE}add/", {"q": "lima"}).text
    found = as_desk.post(f"{PAGE}add/", {"q": "lima"}).text
    url = reverse("booking:desk-waitlist-add", args=[client_record.pk])
    assert url in found
    assert "Ana Lima is waiting for a time" in as_desk.get(url).text
    typed = {
        "option": str(relaxing.pk),
        "therapist": "",
        "first_day": day.isoformat(),
        "last_day": day.isoformat(),
        "part_of_day": "morning",
    }
    wrong = as_desk.post(url, {**typed, "last_day": "nonsense"})
    assert wrong.status_code == 422
    answer = as_desk.post(url, typed, follow=True)
    assert "Ana Lima is on the waitlist" in answer.text
    entry = WaitlistEntry.objects.get()
    assert entry.added_by is not None
    assert entry.added_by.email == "desk@clinic.test"
    gone = as_desk.post(reverse("booking:desk-waitlist-remove", args=[entry.pk]), follow=True)
    assert "Ana Lima is off the waitlist" in gone.text
    entry.refresh_from_db()
    assert entry.status == "withdrawn"


def test_free_times_are_named_to_the_desk(
    as_desk: Browser, client_record: Client, relaxing: ServiceOption, slot: Therapist, day: date
) -> None:
    url = reverse("booking:desk-waitlist-add", args=[client_record.pk])
    typed = {
        "option": str(relaxing.pk),
        "first_day": day.isoformat(),
        "last_day": day.isoformat(),
        "part_of_day": "any",
    }
    answer = as_desk.post(url, typed)
    assert answer.status_code == 422
    assert "No need to wait" in answer.text
    assert reverse("booking:desk-what", args=[client_record.pk]) in answer.text


def test_the_desk_offers_a_time_by_hand_and_says_why(
    as_desk: Browser, client_record: Client, relaxing: ServiceOption, slot: Therapist, day: date
) -> None:
    entry = in_line(client_record, relaxing, day)
    url = reverse("booking:desk-waitlist-offer", args=[entry.pk])
    form = as_desk.get(url)
    time = form.context["form"].fields["time"].choices[1][1][0][0]
    no_reason = as_desk.post(url, {"time": time, "reason": ""})
    assert no_reason.status_code == 422
    no_time = as_desk.post(url, {"time": "nonsense", "reason": "In pain"})
    assert no_time.status_code == 422
    assert 'value="In pain"' in no_time.text
    answer = as_desk.post(url, {"time": time, "reason": "In pain"}, follow=True)
    assert "Offered by e-mail; held until" in answer.text
    assert the_offer().entry == entry
    assert AuditEvent.objects.get(action="waitlist.offered").detail == {}
    again = as_desk.post(url, {"time": time, "reason": "In pain"})
    assert again.status_code == 422


def test_the_page_to_offer_says_when_nothing_is_free(
    as_desk: Browser,
    client_record: Client,
    other_client: Client,
    relaxing: ServiceOption,
    slot: Therapist,
    day: date,
    ten: datetime,
) -> None:
    booked_appointment(other_client, option=relaxing, starts_at=ten)
    entry = in_line(client_record, relaxing, day)
    page = as_desk.get(reverse("booking:desk-waitlist-offer", args=[entry.pk]))
    assert "Nothing is free on these days" in page.text


def test_the_clients_record_shows_what_they_wait_for(
    as_desk: Browser,
    as_biller: Browser,
    client_record: Client,
    relaxing: ServiceOption,
    slot: Therapist,
    day: date,
) -> None:
    url = reverse("booking:waitlist-client-panel", args=[client_record.pk])
    assert url in as_desk.get(reverse("client-detail", args=[client_record.pk])).text
    assert "Not waiting for anything" in as_desk.get(url).text
    in_line(client_record, relaxing, day)
    part = as_desk.get(url, headers={"HX-Request": "true"}).text
    assert "Therapeutic massage, 60" in part
    assert "<html" not in part
    add = reverse("booking:desk-waitlist-add", args=[client_record.pk])
    assert add in part
    assert as_biller.get(url).status_code == 403


def test_the_board_says_for_whom_a_time_is_kept_by_initials(
    as_desk: Browser,
    client_record: Client,
    relaxing: ServiceOption,
    slot: Therapist,
    rooms: list[Room],
    day: date,
    ten: datetime,
    therapists: list[Therapist],
) -> None:
    in_line(client_record, relaxing, day)
    waitlist.sweep()
    held_time(ten, therapist=therapists[1], room=rooms[1], option=relaxing)
    page = as_desk.get(f"/desk/?day={day.isoformat()}").text
    assert "waitlist offer to A. L." in page
    assert page.count("being booked online") == 1


def test_the_list_asks_the_same_number_of_questions_however_long_it_is(
    as_desk: Browser,
    relaxing: ServiceOption,
    slot: Therapist,
    day: date,
    client_record: Client,
    django_assert_num_queries: Callable[..., Any],
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    in_line(client_record, relaxing, day)
    with django_assert_max_num_queries(30) as short:
        as_desk.get(PAGE)
    for number in range(10):
        in_line(make_client("Client", f"Number {number}"), relaxing, day)
    with django_assert_num_queries(len(short)):
        as_desk.get(PAGE)
