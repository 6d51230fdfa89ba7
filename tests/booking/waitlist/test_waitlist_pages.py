from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from booking.models import Appointment, TimeOff, WaitlistEntry
from booking.waitlist import services as waitlist
from booking.waitlist import views as waitlist_pages
from clinic.models import Client, Guardian, Message
from tests.booking.factories import booked_appointment
from tests.booking.waiting import ghosts, in_line, the_offer
from tests.conftest import browser_for
from tests.factories import make_client, make_user
from tests.prescriptions.factories import approved_prescription
from tests.treatment.factories import mid_afternoon

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date, datetime

    from django.test import Client as Browser

    from booking.models import WaitlistOffer
    from clinic.models import Location, ServiceOption, Therapist, User

pytestmark = pytest.mark.django_db

PAGE = "/portal/visits/waitlist/"
CODE = re.compile(r"[A-Z0-9]{4}-?[A-Z0-9]{2,4}")


@pytest.fixture(autouse=True)
def _afternoon() -> Iterator[None]:
    with mid_afternoon():
        yield


@pytest.fixture
def full(slot: Therapist, relaxing: ServiceOption, other_client: Client, ten: datetime) -> None:
    booked_appointment(other_client, option=relaxing, starts_at=ten)


@pytest.fixture
def offered(
    slot: Therapist, relaxing: ServiceOption, client_record: Client, day: date
) -> WaitlistOffer:
    in_line(client_record, relaxing, day)
    waitlist.sweep()
    return the_offer()


def asked(option: ServiceOption, day: date, **fields: Any) -> dict[str, str]:
    return {
        "option": str(option.pk),
        "therapist": "",
        "first_day": day.isoformat(),
        "last_day": day.isoformat(),
        "part_of_day": "any",
        **fields,
    }


def page_of(offer: WaitlistOffer) -> str:
    return reverse("booking:offer", args=[offer.token])


def test_a_client_joins_and_sees_their_place_and_leaves(
    as_client: Browser,
    client_record: Client,
    relaxing: ServiceOption,
    full: None,
    day: date,
) -> None:
    assert "What are you waiting for?" in as_client.get(PAGE).text
    answer = as_client.post(PAGE, asked(relaxing, day), follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    assert "You are first in line" in answer.text
    assert "no longer held" not in answer.text
    entry = WaitlistEntry.objects.get()
    assert (entry.client, entry.first_day, entry.last_day) == (client_record, day, day)
    left = as_client.post(reverse("booking:waitlist-leave", args=[entry.pk]), follow=True)
    assert "Taken off the list" in left.text
    again = as_client.post(reverse("booking:waitlist-leave", args=[entry.pk]), follow=True)
    assert "already changed" in again.text


def test_how_many_come_first_is_shown_but_not_who(
    as_client: Browser, client_record: Client, relaxing: ServiceOption, full: None, day: date
) -> None:
    in_line(make_client("Grace", "Okafor"), relaxing, day)
    in_line(client_record, relaxing, day)
    page = as_client.get(PAGE).text
    assert "One person asked before you" in page
    assert "Grace" not in page


def test_free_times_are_shown_instead_of_a_place_in_line(
    as_client: Browser, client_record: Client, relaxing: ServiceOption, slot: Therapist, day: date
) -> None:
    answer = as_client.post(PAGE, asked(relaxing, day))
    assert answer.status_code == 422
    assert "No need to wait: one time like this is free" in answer.text
    assert f'value="{day.isoformat()}"' in answer.text  # nothing typed is lost
    assert not WaitlistEntry.objects.exists()
    as_client.post(PAGE, asked(relaxing, day, none_suits="1"))
    assert WaitlistEntry.objects.get().client == client_record


@pytest.mark.parametrize(
    "wrong",
    [
        {"option": str(UUID(int=7, version=4))},
        {"option": "nonsense"},
        {"therapist": "nonsense"},
        {"first_day": "nonsense"},
        {"first_day": "0001-01-01"},
        {"last_day": "9999-12-31"},
        {"last_day": "2020-01-01"},
        {"part_of_day": "midnight"},
    ],
    ids=str,
)
def test_a_wrong_wish_is_explained_and_kept(
    as_client: Browser, relaxing: ServiceOption, full: None, day: date, wrong: dict[str, str]
) -> None:
    answer = as_client.post(PAGE, {**asked(relaxing, day), **wrong})
    assert answer.status_code == 422
    assert "data-error-summary" in answer.text
    assert not WaitlistEntry.objects.exists()


def test_waiting_twice_for_one_session_is_explained(
    as_client: Browser, client_record: Client, relaxing: ServiceOption, full: None, day: date
) -> None:
    in_line(client_record, relaxing, day)
    answer = as_client.post(PAGE, asked(relaxing, day))
    assert answer.status_code == 422
    assert "already on the waitlist" in answer.text


def test_who_has_no_visits_left_is_told_so(
    as_client: Browser, client_record: Client, option60: ServiceOption, slot: Therapist, day: date
) -> None:
    approved_prescription(client_record, visits=1, used=1)
    in_line(client_record, option60, day)
    assert "no prescription with visits left that covers these days" in as_client.get(PAGE).text


def test_an_open_offer_is_shown_with_its_link(as_client: Browser, offered: WaitlistOffer) -> None:
    page = as_client.get(PAGE).text
    assert page_of(offered) in page
    assert "held for you until" in page


def test_a_strangers_entry_is_not_there(
    as_other: Browser, client_record: Client, relaxing: ServiceOption, full: None, day: date
) -> None:
    entry = in_line(client_record, relaxing, day)
    answer = as_other.post(reverse("booking:waitlist-leave", args=[entry.pk]))
    assert answer.status_code == 404
    entry.refresh_from_db()
    assert entry.status == "waiting"
    assert f"entry-{entry.pk}" not in as_other.get(PAGE).text


def test_the_list_asks_the_same_number_of_questions_however_long_it_is(
    as_client: Browser,
    client_record: Client,
    options: dict[tuple[str, int], ServiceOption],
    full: None,
    day: date,
    django_assert_num_queries: Callable[..., Any],
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    in_line(client_record, options["therapeutic", 60], day)
    with django_assert_max_num_queries(32) as short:
        as_client.get(PAGE)
    for minutes in (30, 90):
        in_line(client_record, options["therapeutic", minutes], day)
    for number in range(8):
        in_line(make_client("Client", f"Number {number}"), options["therapeutic", 60], day)
    with django_assert_num_queries(len(short)):
        as_client.get(PAGE)


# ---- who is not signed in ----


def test_the_page_of_times_leads_to_the_waitlist_with_what_was_chosen(
    anonymous: Browser, relaxing: ServiceOption, full: None
) -> None:
    page = anonymous.get(reverse("booking:time", args=[relaxing.pk])).text
    assert f"/book/waitlist/?option={relaxing.pk}" in page


def test_the_desk_is_not_asked_to_wait(
    as_desk: Browser, client_record: Client, relaxing: ServiceOption, full: None
) -> None:
    url = reverse("booking:desk-what", args=[client_record.pk])
    assert "/book/waitlist/" not in as_desk.get(url, {"option": str(relaxing.pk)}).text


def test_a_new_visitor_gets_a_code_and_comes_back_to_what_was_chosen(
    anonymous: Browser, relaxing: ServiceOption, full: None, day: date
) -> None:
    query = f"?option={relaxing.pk}&from={day}&until={day}"
    page = anonymous.get(f"/book/waitlist/{query}")
    assert "Been here before" in page.text
    target = f"{PAGE}{query}"
    sent = anonymous.post(
        f"/book/waitlist/{query}",
        {
            "first_name": "Noor",
            "last_name": "Aziz",
            "birth_date": "02/03/1990",
            "phone": "(212) 555-0147",
            "email": "noor@example.test",
            "next": target,
        },
    )
    assert sent.status_code == 302
    assert sent.headers["Location"].startswith("/accounts/login/code/confirm/")
    message = Message.objects.get(kind="sign-in")
    code = next(word for word in message.body.split() if CODE.fullmatch(word))
    back = anonymous.post(sent.headers["Location"], {"code": code, "next": target})
    assert back.status_code == 302
    assert back.headers["Location"] == target
    form = anonymous.get(target)
    assert f'value="{day.isoformat()}"' in form.text
    assert f'<option value="{relaxing.pk}" selected>' in form.text
    anonymous.post(target, asked(relaxing, day))
    assert WaitlistEntry.objects.get().client.name == "Noor Aziz"


def test_what_a_new_visitor_types_wrong_is_kept(
    anonymous: Browser, relaxing: ServiceOption, full: None
) -> None:
    answer = anonymous.post("/book/waitlist/", {"first_name": "Noor", "email": "nonsense"})
    assert answer.status_code == 422
    assert 'value="Noor"' in answer.text
    assert not Client.objects.filter(first_name="Noor").exists()


def test_a_login_without_a_client_is_asked_who_waits(
    location: Location, relaxing: ServiceOption, full: None, day: date
) -> None:
    browser = browser_for(make_user("fresh@example.test"))
    led = browser.get(f"{PAGE}?option={relaxing.pk}")
    assert led.headers["Location"] == f"/book/waitlist/?option={relaxing.pk}"
    answer = browser.post(
        led.headers["Location"],
        {
            "first_name": "Noor",
            "last_name": "Aziz",
            "birth_date": "02/03/1990",
            "phone": "(212) 555-0147",
        },
    )
    assert answer.headers["Location"] == f"{PAGE}?option={relaxing.pk}"
    assert browser.get(answer.headers["Location"]).status_code == 200


def test_who_is_signed_in_goes_straight_to_the_list(
    as_client: Browser, as_desk: Browser, relaxing: ServiceOption, full: None
) -> None:
    query = f"?option={relaxing.pk}"
    answer = as_client.get(f"/book/waitlist/{query}")
    assert answer.headers["Location"] == f"{PAGE}{query}"
    assert as_desk.get("/book/waitlist/").headers["Location"] == "/desk/waitlist/"


# ---- the offer's page ----


def test_the_link_shows_when_where_and_a_first_name_and_no_more(
    anonymous: Browser, offered: WaitlistOffer
) -> None:
    page = anonymous.get(page_of(offered))
    assert "10:00 am" in page.text
    assert "Stillwater Medical Massage" in page.text
    assert "with Dana" in page.text
    assert "60 minutes, $" in page.text
    assert "cancel" in page.text.partition("<main")[2].lower()
    for private in ("Ruiz", "Ana", "Lima", "ana@example.test", "herapeutic massage, 60"):
        assert private not in page.text.partition("<main")[2].partition("</main>")[0]
    assert "no-store" in page.headers["Cache-Control"]


def test_one_press_books_without_signing_in(
    anonymous: Browser, offered: WaitlistOffer, client_record: Client
) -> None:
    for _click in range(2):
        answer = anonymous.post(page_of(offered), {"answer": "yes"}, follow=True)
        assert "This time is yours" in answer.text
        assert "Ana" not in answer.text.partition("<main")[2]
    made = Appointment.objects.get()
    assert (made.status, made.client) == ("booked", client_record)
    assert reverse("booking:visit-detail", args=[made.pk]) not in answer.text


def test_who_is_signed_in_is_led_to_the_visit(as_client: Browser, offered: WaitlistOffer) -> None:
    answer = as_client.post(page_of(offered), {"answer": "yes"}, follow=True)
    made = Appointment.objects.get()
    assert reverse("booking:visit-detail", args=[made.pk]) in answer.text


def test_no_is_taken_for_an_answer_and_a_later_yes_is_not(
    anonymous: Browser, offered: WaitlistOffer
) -> None:
    answer = anonymous.post(page_of(offered), {"answer": "no"}, follow=True)
    assert "You passed on this time" in answer.text
    assert "still on the waitlist" in answer.text
    answer = anonymous.post(page_of(offered), {"answer": "yes"}, follow=True)
    assert "You passed on this time" in answer.text
    assert not Appointment.objects.exists()


def test_an_offer_that_has_run_out_says_so_kindly(
    anonymous: Browser, offered: WaitlistOffer
) -> None:
    with time_machine.travel(offered.expires_at, tick=False):
        for answer in (
            anonymous.get(page_of(offered)),
            anonymous.post(page_of(offered), {"answer": "yes"}, follow=True),
        ):
            assert "no longer held for you" in answer.text
            assert "still on the waitlist" in answer.text
    assert not Appointment.objects.filter(status="booked").exists()


def test_a_time_that_the_clinic_cannot_give_any_more_is_not_booked(
    anonymous: Browser, offered: WaitlistOffer, location: Location
) -> None:
    TimeOff.objects.create(
        therapist=offered.therapist,
        location=location,
        starts_at=offered.starts_at,
        ends_at=offered.starts_at + timedelta(hours=1),
    )
    answer = anonymous.post(page_of(offered), {"answer": "yes"}, follow=True)
    assert "not available after all" in answer.text
    assert not Appointment.objects.exists()
    assert ghosts() == []


def test_who_has_left_the_list_is_told_how_to_join_again(
    anonymous: Browser, offered: WaitlistOffer, desk_user: User
) -> None:
    waitlist.leave(actor=desk_user, entry=offered.entry)
    page = anonymous.get(page_of(offered)).text
    assert "no longer on the waitlist for this session" in page
    assert "Join again" in page


def test_an_answer_that_is_neither_is_refused(anonymous: Browser, offered: WaitlistOffer) -> None:
    answer = anonymous.post(page_of(offered), {"answer": "perhaps"})
    assert answer.status_code == 422
    assert "Answer yes or no" in answer.text
    offered.refresh_from_db()
    assert offered.status == "open"


def test_a_link_that_never_was_is_not_found(anonymous: Browser, location: Location) -> None:
    assert anonymous.get(f"/book/offer/{uuid4()}/").status_code == 404


def test_nobody_may_try_many_links(
    anonymous: Browser, location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waitlist_pages, "LOOKS", 3)
    statuses = [anonymous.get(f"/book/offer/{uuid4()}/").status_code for _try in range(4)]
    assert statuses == [404, 404, 404, 429]


def test_a_guardian_books_for_the_child_who_waits(
    client_user: User,
    as_client: Browser,
    client_record: Client,
    relaxing: ServiceOption,
    slot: Therapist,
    day: date,
) -> None:
    child = Client.objects.create(first_name="Leo", last_name="Lima", birth_date="2015-06-01")
    Guardian.objects.create(
        user=client_user, client=child, relationship="parent", confirmed_at=timezone.now()
    )
    in_line(child, relaxing, day)
    waitlist.sweep()
    as_client.post(page_of(the_offer()), {"answer": "yes"})
    made = Appointment.objects.get()
    assert (made.client, made.booked_by) == (child, client_user)
    assert timedelta(0) < made.starts_at - timezone.now()
