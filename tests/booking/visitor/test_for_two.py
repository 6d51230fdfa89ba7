"""Booking for two through the pages: the visitor's four screens, the portal and the desk."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from icalendar import Calendar

from booking import throttle
from booking.errors import NotBookable
from booking.models import Appointment
from booking.visits import services
from clinic.models import AuditEvent, Client, Guardian, Message, ServiceOption
from prescriptions.models import VisitReservation
from tests.booking.factories import booked_appointment
from tests.booking.visitor.test_visitor_flow import ANA
from tests.booking.visits.test_couples import book_two, child_of
from tests.factories import make_client
from tests.prescriptions.factories import approved_prescription

if TYPE_CHECKING:
    from datetime import datetime

    from django.test import Client as Browser

    from booking.visits.parties import Party
    from clinic.models import Room, Therapist, User

pytestmark = pytest.mark.django_db

DETAILS = "/book/for-two/details/"
MAX = {
    "two-relationship": "partner",
    "two-first_name": "Max",
    "two-last_name": "Lima",
    "two-birth_date": "02/03/1980",
}
TWO = {**ANA, **MAX}


def press(browser: Browser, option: ServiceOption, start: datetime, **extra: str) -> Any:
    url = reverse("booking:two-time", args=[option.pk])
    return browser.post(url, {"start": start.isoformat(), **extra})


@pytest.fixture
def therapeutic(options: dict[tuple[str, int], ServiceOption]) -> ServiceOption:
    return options["therapeutic", 60]


@pytest.fixture
def pair(
    diary: list[Therapist],
    therapeutic: ServiceOption,
    ten: datetime,
    client_record: Client,
    client_user: User,
) -> Party:
    return book_two(therapeutic, ten, client_record, child_of(client_user))


def test_a_new_visitor_books_for_two_in_four_screens(
    anonymous: Browser, diary: list[Therapist], therapeutic: ServiceOption, ten: datetime
) -> None:
    what = anonymous.get("/book/", {"for": "two"}).text
    where = reverse("booking:two-time", args=[therapeutic.pk])
    assert where in what
    assert "Free consultation" not in what
    when = anonymous.get(where, {"day": ten.date().isoformat()}).text
    assert "10:00 am" in when
    assert press(anonymous, therapeutic, ten).headers["Location"] == DETAILS
    page = anonymous.get(DETAILS).text
    assert "data-hold-until" in page
    assert "Book both visits" in page
    assert anonymous.post(DETAILS, TWO).headers["Location"] == "/book/for-two/done/"
    done = anonymous.get("/book/for-two/done/").text
    assert "Ana and Max, your visits are booked" in done
    assert "or both at once" in done
    first, second = Appointment.objects.order_by("seat")
    assert {first.status, second.status} == {"booked"}
    assert first.room == second.room
    assert second.client is not None
    assert Guardian.objects.get(client=second.client).relationship == "partner"
    assert {one.recipient for one in Message.objects.filter(about__in=[first.pk, second.pk])} == {
        "ana@example.test"
    }
    uids = set()
    for seat in (0, 1):
        url = reverse("booking:two-calendar", args=[seat])
        entry = Calendar.from_ical(anonymous.get(url).content).walk("VEVENT")[0]
        assert entry.decoded("dtstart") == ten
        uids.add(str(entry["uid"]))
    assert len(uids) == 2
    assert anonymous.get(reverse("booking:two-calendar", args=[2])).status_code == 404
    assert anonymous.get("/book/done/").headers["Location"] == "/book/for-two/done/"


def test_one_address_cannot_hold_or_book_for_two_without_end(
    anonymous: Browser,
    as_client: Browser,
    diary: list[Therapist],
    therapeutic: ServiceOption,
    ten: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(throttle, "HOLDS", 2)
    monkeypatch.setattr(throttle, "BOOKINGS", 0)
    statuses = [press(anonymous, therapeutic, ten).status_code for _ in range(3)]
    assert statuses == [302, 302, 429]
    assert Appointment.objects.count() == 2  # both of the one couple
    for more in ({"go": "keep"}, {"take": (ten + timedelta(hours=3)).isoformat()}):
        assert anonymous.post(DETAILS, {**TWO, **more}).status_code == 429
    assert anonymous.post(DETAILS, {**TWO, "two-first_name": ""}).status_code == 422
    assert anonymous.post(DETAILS, TWO).status_code == 429
    assert not Appointment.objects.filter(status="booked").exists()
    assert 'value="Max"' in anonymous.get(DETAILS).text
    # A login can be called to account.
    assert press(as_client, therapeutic, ten + timedelta(hours=2)).status_code == 302


def test_a_partner_with_an_address_of_their_own_has_a_login_of_their_own(
    anonymous: Browser, diary: list[Therapist], therapeutic: ServiceOption, ten: datetime
) -> None:
    press(anonymous, therapeutic, ten)
    anonymous.post(DETAILS, {**TWO, "two-email": "max@example.test"})
    client = Client.objects.get(first_name="Max")
    assert client.user is not None
    assert client.user.email == "max@example.test"
    assert not Guardian.objects.exists()
    assert Message.objects.filter(recipient="max@example.test").count() == 1
    done = anonymous.get("/book/for-two/done/").text
    assert "or both at once" not in done
    assert "Max signs in with their own e-mail address" in done


def test_both_are_told_what_is_wrong_and_nothing_typed_is_lost(
    anonymous: Browser, diary: list[Therapist], therapeutic: ServiceOption, ten: datetime
) -> None:
    press(anonymous, therapeutic, ten)
    wrong = anonymous.post(DETAILS, {**TWO, "email": "x", "two-birth_date": "31/31/1980"})
    assert wrong.status_code == 422
    assert wrong.text.count("is-invalid") == 2
    again = anonymous.get(DETAILS).text
    for text in ("Ana", "Max", "31/31/1980"):
        assert f'value="{text}"' in again
    same = {f"two-{name}": text for name, text in ANA.items()} | {"two-relationship": "other"}
    refused = anonymous.post(DETAILS, {**ANA, **same})
    assert refused.status_code == 422
    assert "two different people" in refused.text
    assert not Appointment.objects.filter(status="booked").exists()


def test_a_child_comes_along_with_a_parent_and_not_with_a_friend(
    anonymous: Browser, diary: list[Therapist], therapeutic: ServiceOption, ten: datetime
) -> None:
    press(anonymous, therapeutic, ten)
    child = {**TWO, "two-birth_date": "2015-05-01"}
    assert "under 18" in anonymous.post(DETAILS, {**child, "two-relationship": "other"}).text
    assert anonymous.post(DETAILS, {**child, "two-relationship": "parent"}).status_code == 302


def test_who_is_signed_in_picks_both(
    as_client: Browser,
    client_record: Client,
    client_user: User,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
) -> None:
    child = child_of(client_user)
    press(as_client, option60, ten)
    page = as_client.get(DETAILS).text
    assert re.search(rf'name="client"[^>]*value="{client_record.pk}"[^>]*checked', page)
    assert re.search(rf'name="two-client"[^>]*value="{child.pk}"[^>]*checked', page)
    chosen = {"client": str(client_record.pk), "two-client": str(child.pk)}
    twice = {**chosen, "two-client": str(client_record.pk)}
    assert "two different people" in as_client.post(DETAILS, twice).text
    made = as_client.post(DETAILS, {**chosen, "two-pay": "self"})
    assert made.status_code == 302
    first, second = Appointment.objects.with_names().order_by("seat")
    assert (first.client, second.client) == (client_record, child)
    assert (first.needs_prescription, second.needs_prescription) == (True, False)
    assert "Prescription needed by" in as_client.get("/book/for-two/done/").text


def test_a_time_for_two_just_taken_is_told_with_others_close_to_it(
    anonymous: Browser,
    diary: list[Therapist],
    therapeutic: ServiceOption,
    ten: datetime,
    other_client: Client,
    rooms: list[Room],
) -> None:
    press(anonymous, therapeutic, ten)
    Appointment.objects.all().delete()
    booked_appointment(other_client, starts_at=ten, therapist=diary[0], room=rooms[2])
    answer = anonymous.post(DETAILS, TWO)
    assert answer.status_code == 422
    assert "no longer free" in answer.text
    near = re.search(r'name="take"\s+value="([^"]+)"', answer.text)
    assert near is not None
    anonymous.post(DETAILS, {**TWO, "last_name": "Lime", "take": near[1]})
    page = anonymous.get(DETAILS).text
    assert 'value="Lime"' in page
    assert anonymous.post(DETAILS, TWO).status_code == 302
    assert Appointment.objects.filter(status="booked").count() == 3


def test_the_screens_for_one_and_for_two_do_not_mix(
    anonymous: Browser,
    diary: list[Therapist],
    therapeutic: ServiceOption,
    options: dict[tuple[str, int], ServiceOption],
    ten: datetime,
) -> None:
    """A hold for two is never booked by one: half a couple is not written."""
    press(anonymous, therapeutic, ten)
    assert anonymous.post("/book/details/", ANA).headers["Location"] == DETAILS
    assert not Appointment.objects.filter(status="booked").exists()
    one = reverse("booking:time", args=[therapeutic.pk])
    anonymous.post(one, {"start": ten.isoformat()})
    assert Appointment.objects.count() == 1
    assert anonymous.post(DETAILS, TWO).headers["Location"] == "/book/details/"
    talk = reverse("booking:two-time", args=[options["consultation", 30].pk])
    assert anonymous.get(talk).status_code == 302
    for page in ("details/", "done/", "done/0/appointment.ics"):
        assert type(anonymous)().get(f"/book/for-two/{page}").headers["Location"] == "/book/"


def test_without_a_double_room_nothing_is_offered_for_two(
    anonymous: Browser, diary: list[Therapist], rooms: list[Room]
) -> None:
    assert "For two" in anonymous.get("/book/").text
    rooms[2].delete()
    assert "For two" not in anonymous.get("/book/", {"for": "two"}).text


def test_a_client_moves_both_and_cancels_both(
    as_client: Browser, pair: Party, ten: datetime
) -> None:
    page = as_client.get(reverse("booking:visit-detail", args=[pair[0].pk])).text
    assert "Together with Leo Lima" in page
    move = reverse("booking:visit-move-both", args=[pair[0].pk])
    assert move in page
    assert "10:15 am" in as_client.get(move, {"day": ten.date().isoformat()}).text
    later = ten + timedelta(hours=2)
    assert as_client.post(move, {"start": "soon"}).status_code == 422
    past = ten - timedelta(days=30)
    assert as_client.post(move, {"start": past.isoformat()}).status_code == 422
    assert as_client.post(move, {"start": later.isoformat()}).status_code == 302
    assert {one.starts_at for one in Appointment.objects.all()} == {later}
    cancel = reverse("booking:visit-cancel-both", args=[pair[1].pk])
    assert "Leo Lima" in as_client.get(cancel).text
    assert as_client.post(cancel, {"reason": "away"}).status_code == 302
    assert {one.status for one in Appointment.objects.all()} == {"cancelled"}
    assert "no longer linked" in as_client.get(cancel, follow=True).text


def test_when_one_cancels_the_other_is_told_nothing_and_stays(
    as_client: Browser, pair: Party
) -> None:
    as_client.post(reverse("booking:visit-cancel", args=[pair[1].pk]), {"reason": ""})
    assert Appointment.objects.get(pk=pair[0].pk).status == "booked"
    page = as_client.get(reverse("booking:visit-detail", args=[pair[0].pk])).text
    assert "Together with" not in page


def test_nobody_moves_or_cancels_both_when_one_of_them_is_somebody_elses(
    as_client: Browser,
    as_other: Browser,
    client_record: Client,
    other_client: Client,
    diary: list[Therapist],
    therapeutic: ServiceOption,
    ten: datetime,
) -> None:
    pair = book_two(therapeutic, ten, client_record, other_client)
    later = (ten + timedelta(hours=2)).isoformat()
    for browser, one in ((as_client, pair[0]), (as_other, pair[1]), (as_other, pair[0])):
        for name in ("move", "cancel"):
            url = reverse(f"booking:visit-{name}-both", args=[one.pk])
            assert browser.get(url).status_code == 404
            assert browser.post(url, {"start": later, "reason": ""}).status_code == 404
    assert {(one.starts_at, one.status) for one in Appointment.objects.all()} == {(ten, "booked")}


def test_the_desk_books_moves_and_cancels_two(
    as_desk: Browser,
    client_record: Client,
    diary: list[Therapist],
    therapeutic: ServiceOption,
    ten: datetime,
) -> None:
    partner = make_client("Max", "Lima")
    what = as_desk.get(reverse("booking:desk-what", args=[client_record.pk]), follow=True).text
    who = reverse("booking:desk-partner", args=[client_record.pk])
    assert who in what
    assert "Max Lima" not in as_desk.get(who, {"q": "Lima"}).text
    found = as_desk.post(who, {"q": "Lima", "find": "1"}).text
    assert "error-summary" not in found
    both = reverse("booking:desk-two", args=[client_record.pk, partner.pk])
    assert both in found
    assert reverse("booking:desk-two", args=[client_record.pk, client_record.pk]) not in found
    assert as_desk.get(both).status_code == 200
    url = f"{both}?option={therapeutic.pk}&day={ten.date().isoformat()}"
    assert "10:00 am" in as_desk.get(url).text
    assert as_desk.post(url, {"start": "x"}).status_code == 422
    made = as_desk.post(url, {"start": ten.isoformat()})
    assert made.status_code == 302
    first, _second = Appointment.objects.order_by("seat")
    panel = as_desk.get(reverse("booking:appointment", args=[first.pk])).text
    assert "Together with Max Lima" in panel
    again = as_desk.post(url, {"start": ten.isoformat()})
    assert again.status_code == 422
    later = ten + timedelta(hours=3)
    move = reverse("booking:appointment-move-both", args=[first.pk])
    assert as_desk.get(move).status_code == 200
    assert as_desk.post(move, {"start": later.isoformat()}).status_code == 302
    cancel = reverse("booking:appointment-cancel-both", args=[first.pk])
    assert as_desk.get(cancel).status_code == 200
    assert as_desk.post(cancel, {"cause": "clinic", "reason": ""}).status_code == 302
    assert {(one.starts_at, one.status) for one in Appointment.objects.all()} == {
        (later, "cancelled")
    }


def test_the_desk_writes_down_who_comes_along(
    as_desk: Browser, client_record: Client, diary: list[Therapist]
) -> None:
    url = reverse("booking:desk-partner", args=[client_record.pk])
    assert as_desk.post(url, {}).status_code == 422
    made = as_desk.post(url, {"name": "Max Lima", "birth_date": "04/12/1981"})
    partner = Client.objects.get(first_name="Max")
    assert made.headers["Location"] == reverse(
        "booking:desk-two", args=[client_record.pk, partner.pk]
    )
    same = reverse("booking:desk-two", args=[client_record.pk, client_record.pk])
    assert as_desk.get(same).status_code == 404


def test_the_page_of_times_for_two_takes_few_queries_whatever_is_booked(
    anonymous: Browser,
    diary: list[Therapist],
    therapeutic: ServiceOption,
    ten: datetime,
    django_assert_max_num_queries: Any,
) -> None:
    url = reverse("booking:two-time", args=[therapeutic.pk])
    anonymous.get(url)
    with django_assert_max_num_queries(14):
        anonymous.get(url)
    for hour in range(3):
        start = ten + timedelta(hours=2 * hour)
        services.hold(seats=2, option=therapeutic, start=start)
    with django_assert_max_num_queries(16):
        anonymous.get(url)


def switched_off(option: ServiceOption) -> None:
    option.is_active = False
    option.save()


def test_when_the_self_pay_session_is_not_offered_any_more_neither_is_booked(
    anonymous: Browser,
    diary: list[Therapist],
    therapeutic: ServiceOption,
    option60: ServiceOption,
    ten: datetime,
) -> None:
    press(anonymous, option60, ten)
    assert 'value="self"' in anonymous.get(DETAILS).text
    switched_off(therapeutic)
    refused = anonymous.post(DETAILS, {**TWO, "pay": "self", "two-pay": "prescription"})
    assert refused.status_code == 422
    assert "no longer be booked without a prescription" in refused.text
    assert [one.status for one in Appointment.objects.all()] == ["held", "held"]
    assert not Message.objects.exists()


def test_who_pays_and_the_booking_of_two_are_written_together_or_not_at_all(
    diary: list[Therapist],
    therapeutic: ServiceOption,
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    client_user: User,
) -> None:
    """The session is switched off after the page looked, and before the write."""
    child = child_of(client_user)
    prescriptions = [approved_prescription(one) for one in (client_record, child)]
    held = services.hold(seats=2, option=option60, start=ten)
    assert held[0].hold_token
    switched_off(therapeutic)

    def book() -> Party:
        assert held[0].hold_token
        return services.book(
            actor=client_user,
            hold_token=held[0].hold_token,
            clients=(client_record, child),
            self_paying=[child],
        )

    with pytest.raises(NotBookable):
        book()
    assert [one.status for one in Appointment.objects.all()] == ["held", "held"]
    assert not VisitReservation.objects.exists()
    assert not Message.objects.filter(about__in=[one.pk for one in held]).exists()
    assert not AuditEvent.objects.filter(action__startswith="appointment.").exists()

    ServiceOption.objects.filter(pk=therapeutic.pk).update(is_active=True, price_cents=7_700)
    book()
    first, second = Appointment.objects.with_names().order_by("seat")
    assert (first.option, second.option) == (option60, therapeutic)
    assert second.price_cents == 7_700
    assert first.reservation is not None
    assert first.reservation.prescription == prescriptions[0]
    assert second.reservation is None
    assert VisitReservation.objects.count() == 1


def lose_one_of_two(visitor: Client) -> None:
    """Their hold is cleared away, and somebody takes one of the two therapists."""
    first = Appointment.objects.filter(status="held").order_by("seat")[0]
    Appointment.objects.filter(status="held").delete()
    booked_appointment(visitor, starts_at=first.starts_at, therapist=first.therapist)


@pytest.mark.parametrize("how", ["book", "keep"])
def test_two_are_not_booked_with_others_than_the_page_names_before_it_names_them(
    anonymous: Browser,
    diary: list[Therapist],
    therapeutic: ServiceOption,
    ten: datetime,
    other_client: Client,
    how: str,
) -> None:
    press(anonymous, therapeutic, ten)
    lose_one_of_two(other_client)
    if how == "book":
        told = anonymous.post(DETAILS, TWO)
        assert told.status_code == 422
    else:
        told = anonymous.post(DETAILS, {**TWO, "go": "keep"}, follow=True)
    assert "with another therapist" in told.text
    held = Appointment.objects.filter(status="held")
    assert len(held) == 2
    for one in held:
        assert one.therapist.title in told.text
    assert not Appointment.objects.filter(status="booked").exclude(client=other_client).exists()
    assert anonymous.post(DETAILS, TWO).status_code == 302
    made = Appointment.objects.filter(status="booked").exclude(client=other_client)
    assert {one.therapist_id for one in made} == {one.therapist_id for one in held}


def test_two_whose_hold_is_gone_get_the_same_two_again_and_need_not_press_twice(
    anonymous: Browser, diary: list[Therapist], therapeutic: ServiceOption, ten: datetime
) -> None:
    press(anonymous, therapeutic, ten)
    before = list(Appointment.objects.order_by("seat").values_list("therapist", flat=True))
    Appointment.objects.all().delete()
    page = anonymous.get(DETAILS).text
    for therapist in diary:
        assert (therapist.title in page) == (therapist.pk in before)
    assert anonymous.post(DETAILS, TWO).status_code == 302
    made = Appointment.objects.filter(status="booked").order_by("seat")
    assert list(made.values_list("therapist", flat=True)) == before
