"""What the visitor's screens keep, tell and ask: typed text, the time, age and prescription."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import timezone

from booking.models import Appointment
from booking.visits import coverage, visit_link
from clinic.models import Client, Guardian
from prescriptions.models import Prescription
from tests.booking import single
from tests.booking.factories import booked_appointment
from tests.booking.visitor.test_visitor_flow import ANA, press
from tests.prescriptions.factories import approved_prescription

if TYPE_CHECKING:
    from datetime import datetime

    from django.test import Client as Browser

    from booking.models import BookingPolicy
    from clinic.models import Room, ServiceOption, Therapist, User

pytestmark = pytest.mark.django_db


# ---- what a visitor types is kept, and the time for as long as it can be ----


def test_what_is_typed_survives_a_change_of_time_or_session_and_signing_in(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    for go, where in (
        ("time", f"{reverse('booking:time', args=[option60.pk])}?day={ten.date().isoformat()}"),
        ("session", "/book/"),
        ("sign-in", "/accounts/login/?next=%2Fbook%2Fdetails%2F"),
    ):
        press(anonymous, option60, ten)
        half = {"first_name": f"Ana {go}", "email": "not yet whole", "go": go}
        assert anonymous.post("/book/details/", half).headers["Location"] == where
        press(anonymous, option60, ten + timedelta(hours=2))
        page = anonymous.get("/book/details/").text
        assert f'value="Ana {go}"' in page
        assert 'value="not yet whole"' in page
    assert Appointment.objects.count() == 1


def test_who_types_slowly_keeps_the_time_longer(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    press(anonymous, option60, ten)
    first = Appointment.objects.get()
    almost = timezone.now() + timedelta(seconds=20)
    Appointment.objects.update(held_until=almost)
    again = anonymous.post("/book/details/", {"first_name": "Ana", "go": "keep"})
    assert again.headers["Location"] == "/book/details/"
    kept = Appointment.objects.get()
    assert kept.held_until is not None
    assert kept.held_until > almost + timedelta(minutes=9)
    assert (kept.starts_at, kept.therapist) == (first.starts_at, first.therapist)
    assert 'value="Ana"' in anonymous.get("/book/details/").text


def test_a_time_that_cannot_be_kept_longer_is_told(
    anonymous: Browser,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    other_client: Client,
) -> None:
    press(anonymous, option60, ten, therapist=str(diary[0].pk))
    Appointment.objects.all().delete()
    booked_appointment(other_client, starts_at=ten, therapist=diary[0])
    told = anonymous.post("/book/details/", {"go": "keep"}, follow=True)
    assert "no longer free" in told.text


def test_a_lapsed_time_with_anybody_is_offered_with_a_colleague_before_it_is_booked(
    anonymous: Browser,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    other_client: Client,
) -> None:
    press(anonymous, option60, ten)
    before = Appointment.objects.get().therapist
    Appointment.objects.all().delete()
    booked_appointment(other_client, starts_at=ten, therapist=before)
    answer = anonymous.post("/book/details/", ANA)
    assert answer.status_code == 422
    assert "with another therapist" in answer.text
    held = Appointment.objects.get(status="held")
    assert held.therapist != before
    assert held.therapist.title in answer.text
    assert anonymous.post("/book/details/", ANA).status_code == 302


def test_a_time_near_the_lost_one_is_taken_with_all_that_was_typed(
    anonymous: Browser,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    other_client: Client,
) -> None:
    press(anonymous, option60, ten, therapist=str(diary[0].pk))
    Appointment.objects.all().delete()
    booked_appointment(other_client, starts_at=ten, therapist=diary[0])
    near = re.search(r'name="take"\s+value="([^"]+)"', anonymous.post("/book/details/", ANA).text)
    assert near is not None
    taken = anonymous.post("/book/details/", {**ANA, "last_name": "Lime", "take": near[1]})
    assert taken.headers["Location"] == "/book/details/"
    page = anonymous.get("/book/details/").text
    assert 'value="Lime"' in page
    assert "data-hold-until" in page
    odd = anonymous.post("/book/details/", {**ANA, "take": "soon"}, follow=True)
    assert "cannot be booked" in odd.text


def test_sending_a_refused_form_again_does_no_harm(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    press(anonymous, option60, ten)
    wrong = {**ANA, "email": "x"}
    for _ in range(2):  # Back, and the browser asks whether to send it once more
        assert anonymous.post("/book/details/", wrong).status_code == 422
    anonymous.post("/book/details/", ANA)
    assert anonymous.post("/book/details/", wrong).headers["Location"] == "/book/done/"
    assert Appointment.objects.count() == 1


# ---- who comes, and who books ----


def test_nobody_under_age_books_for_themselves(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    press(anonymous, option60, ten)
    young = {**ANA, "birth_date": "05/01/2015"}
    for relationship in ("", "partner", "other"):
        told = anonymous.post("/book/details/", {**young, "relationship": relationship})
        assert told.status_code == 422
        assert "parent or legal guardian" in told.text
    unnamed = anonymous.post("/book/details/", {**young, "relationship": "parent"})
    assert "your own name" in unnamed.text
    assert not Client.objects.exists()
    named = {**young, "relationship": "parent", "booker_name": "Rosa  Lima"}
    assert anonymous.post("/book/details/", named).status_code == 302
    guardian = Guardian.objects.get()
    assert (guardian.relationship, guardian.user.display_name) == ("parent", "Rosa Lima")


def test_somebody_who_comes_of_age_before_the_visit_books_alone(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    press(anonymous, option60, ten)
    born = ten.date().replace(year=ten.year - 18)
    told = anonymous.post(
        "/book/details/", {**ANA, "birth_date": (born + timedelta(days=1)).isoformat()}
    )
    assert told.status_code == 422
    of_age = {**ANA, "birth_date": born.isoformat()}
    assert anonymous.post("/book/details/", of_age).status_code == 302


def test_a_minors_own_login_does_not_book_for_itself(
    as_client: Browser,
    client_record: Client,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
) -> None:
    Client.objects.update(birth_date="2015-05-01")
    press(as_client, option60, ten)
    told = as_client.post("/book/details/", {"client": str(client_record.pk)})
    assert told.status_code == 422
    assert "parent or legal guardian" in told.text


def test_nobody_renames_a_login_they_do_not_own(
    anonymous: Browser,
    client_record: Client,
    client_user: User,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
) -> None:
    press(anonymous, option60, ten)
    child = {**ANA, "first_name": "Leo", "birth_date": "05/01/2015"}
    named = {**child, "relationship": "parent", "booker_name": "Somebody"}
    assert anonymous.post("/book/details/", named).status_code == 302
    client_user.refresh_from_db()
    assert client_user.display_name == ""
    assert Guardian.objects.get().confirmed_at is None


# ---- the prescription ----


@pytest.mark.parametrize(("state", "words"), [("used", "used or booked"), ("ended", "ends on")])
def test_a_client_is_told_before_booking_that_the_prescription_does_not_reach(
    as_client: Browser,
    client_record: Client,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    state: str,
    words: str,
) -> None:
    order = approved_prescription(client_record)
    if state == "used":
        Prescription.objects.filter(pk=order.pk).update(used=order.authorized)
    else:
        last = ten.date() - timedelta(days=1)
        Prescription.objects.filter(pk=order.pk).update(through_on=last)
    day = {"day": ten.date().isoformat()}
    assert words in as_client.get(reverse("booking:time", args=[option60.pk]), day).text
    press(as_client, option60, ten)
    assert words in as_client.get("/book/details/").text
    one = {"client": str(client_record.pk)}
    assert "does not cover this visit" in as_client.post("/book/details/", one).text
    assert not Appointment.objects.filter(status="booked").exists()
    assert as_client.post("/book/details/", {**one, "pay": "prescription"}).status_code == 302
    made = Appointment.objects.get()
    assert (made.needs_prescription, made.reservation) == (True, None)


def test_a_client_without_a_prescription_may_book_a_self_pay_session_at_once(
    anonymous: Browser,
    diary: list[Therapist],
    option60: ServiceOption,
    options: dict[tuple[str, int], ServiceOption],
    ten: datetime,
) -> None:
    press(anonymous, option60, ten)
    page = anonymous.get("/book/details/").text
    assert "We need your prescription by" in page
    assert "self-pay, same price ($100.00)" in page
    assert anonymous.post("/book/details/", {**ANA, "pay": "self"}).status_code == 302
    made = Appointment.objects.get()
    assert (made.option, made.starts_at) == (options["therapeutic", 60], ten)
    assert "Your prescription" not in anonymous.get("/book/done/").text


def test_who_is_covered_just_confirms_and_a_weekly_rate_only_warns(
    as_client: Browser,
    client_record: Client,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
) -> None:
    order = approved_prescription(client_record)
    Prescription.objects.filter(pk=order.pk).update(visits_per_week=1)
    press(as_client, option60, ten)
    page = as_client.get("/book/details/").text
    assert "12 of 12 left" in page
    assert "More than the" not in page
    assert 'name="pay"' not in page
    assert as_client.post("/book/details/", {"client": str(client_record.pk)}).status_code == 302
    when = reverse("booking:time", args=[option60.pk])
    later = ten + timedelta(hours=3)
    assert "More than the 1 a week" in as_client.get(when, {"day": ten.date().isoformat()}).text
    press(as_client, option60, later)
    assert "More than the 1 a week" in as_client.get("/book/details/").text
    assert as_client.post("/book/details/", {"client": str(client_record.pk)}).status_code == 302
    assert Appointment.objects.exclude(reservation=None).count() == 2
    moving = Appointment.objects.with_names().get(starts_at=later)
    told = coverage.warnings([client_record], option60, ten.date(), moving=[moving])
    assert told == [], "it goes no further past the order than it does already"


def test_a_visitor_is_told_nothing_of_anybodys_prescription(
    anonymous: Browser,
    client_record: Client,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
) -> None:
    order = approved_prescription(client_record)
    Prescription.objects.filter(pk=order.pk).update(used=order.authorized)
    press(anonymous, option60, ten)
    page = anonymous.post("/book/details/", {**ANA, "phone": "x"}).text
    assert "used or booked" not in page
    assert anonymous.post("/book/details/", ANA).status_code == 302


# ---- speed, and times that suit ----


def test_what_and_who_take_few_queries(
    anonymous: Browser,
    as_client: Browser,
    client_record: Client,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    django_assert_max_num_queries: Any,
) -> None:
    approved_prescription(client_record)
    with django_assert_max_num_queries(4):
        anonymous.get("/book/")
    for browser, most in ((anonymous, 14), (as_client, 18)):
        press(browser, option60, ten)
        with django_assert_max_num_queries(most):
            browser.get("/book/details/")


def test_times_that_suit_the_day_best_are_marked_where_the_clinic_wants_it(
    anonymous: Browser,
    diary: list[Therapist],
    rooms: list[Room],
    option60: ServiceOption,
    ten: datetime,
    other_client: Client,
    policy: BookingPolicy,
) -> None:
    for therapist in diary[1:]:
        therapist.working_hours.all().delete()
    for hours in (-1, 3):  # 9:00 and 13:00 are taken
        start = ten + timedelta(hours=hours)
        booked_appointment(other_client, starts_at=start, therapist=diary[0], room=rooms[0])
    url = reverse("booking:time", args=[option60.pk])
    day = {"day": ten.date().isoformat()}
    shown = anonymous.get(url, day).text
    policy.packing = False
    policy.save()
    plain = anonymous.get(url, day).text
    assert "best for our schedule" not in plain
    assert shown.count("best for our schedule") < shown.count('name="start"') / 2


def test_moving_past_the_end_of_the_prescription_is_told_first_but_not_by_a_mere_link(
    anonymous: Browser,
    as_client: Browser,
    as_desk: Browser,
    client_record: Client,
    client_user: User,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
) -> None:
    order = approved_prescription(client_record)
    Prescription.objects.filter(pk=order.pk).update(through_on=ten.date())
    held = single.hold(option=option60, start=ten)
    assert held.hold_token is not None
    made = single.book(actor=client_user, hold_token=held.hold_token, client=client_record)
    assert made.reservation is not None
    later = {"day": (ten + timedelta(days=7)).date().isoformat()}
    pages = {
        as_client: reverse("booking:visit-move", args=[made.pk]),
        as_desk: reverse("booking:appointment-move", args=[made.pk]),
    }
    for browser, page in pages.items():
        assert "before this visit" in browser.get(page, later).text
        assert "before this visit" not in browser.get(page, {"day": ten.date().isoformat()}).text
    booking = reverse("booking:desk-what", args=[client_record.pk])
    assert "before this visit" in as_desk.get(booking, {"option": str(option60.pk), **later}).text
    by_link = reverse("booking:link-move", args=[visit_link.token_of(made)])
    answer = anonymous.get(by_link, later)
    assert answer.status_code == 200
    assert "prescription" not in answer.text.partition('id="times"')[2].partition("</main>")[0]
