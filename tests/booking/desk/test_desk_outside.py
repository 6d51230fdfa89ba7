"""The desk's form for any time: what it breaks is said first, and a reason is asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.urls import reverse

from booking.models import Appointment
from prescriptions.ledger import reserve_visit
from tests.booking.factories import at, booked_appointment
from tests.conftest import browser_for
from tests.prescriptions.factories import approved_prescription

if TYPE_CHECKING:
    from django.test import Client as Browser

    from booking.models import BookingPolicy
    from clinic.models import Client, Location, Room, ServiceOption, Therapist, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def book(client_record: Client, option60: ServiceOption, diary: list[Therapist]) -> str:
    return reverse("booking:desk-what", args=[client_record.pk]) + f"?option={option60.pk}"


def typed(day: date, clock: str, therapist: Therapist | None = None, **more: str) -> dict[str, str]:
    return {
        "other-date": day.isoformat(),
        "other-time": clock,
        "other-therapist": str(therapist.pk) if therapist else "",
        **{f"other-{name}": value for name, value in more.items()},
    }


def test_the_page_says_what_a_time_breaks_before_it_is_booked(
    as_desk: Browser, book: str, day: date, diary: list[Therapist], location: Location
) -> None:
    assert "Another time" in as_desk.get(book).text
    answer = as_desk.post(book, typed(day, "07:00", diary[0]))
    assert answer.status_code == 422
    assert "9:00 am to 6:00 pm" in answer.text
    assert 'value="hours"' in answer.text
    assert 'value="07:00"' in answer.text
    assert not Appointment.objects.exists()
    answer = as_desk.post(book, typed(day, "07:00", diary[0], breaks="hours"))
    assert "Say why, in a few words." in answer.text
    reason = {"breaks": "hours", "reason": "night shift"}
    as_desk.post(book, typed(day, "07:00", diary[0], **reason))
    made = Appointment.objects.get()
    assert (made.starts_at, made.override_reason) == (at(location, "07:00", day), "night shift")
    panel = as_desk.get(reverse("booking:appointment", args=[made.pk]))
    assert "night shift" in panel.text


def test_a_time_that_is_offered_needs_no_second_page(
    as_desk: Browser, book: str, day: date, rooms: list[Room]
) -> None:
    as_desk.post(book, typed(day, "2:15 pm", room=str(rooms[2].pk)))
    made = Appointment.objects.get()
    assert (made.room, made.override_reason) == (rooms[2], "")


def test_an_overlap_is_refused_with_what_is_in_the_way_and_times_nearby(
    as_desk: Browser, book: str, ten: datetime, diary: list[Therapist], other_client: Client
) -> None:
    booked_appointment(other_client, starts_at=ten, therapist=diary[0])
    answer = as_desk.post(
        book, typed(ten.date(), "10:30", diary[0], breaks="grid,hours", reason="please")
    )
    assert answer.status_code == 422
    assert "Dana Ruiz is busy 10:00 am to 11:15 am" in answer.text
    assert answer.text.count("data-error-summary") == 1
    assert answer.text.count("no longer free") == 1
    assert "Haddad" not in answer.text
    assert "close to it" in answer.text
    assert 'value="please"' in answer.text
    assert Appointment.objects.count() == 1


def test_a_pressed_time_inside_the_notice_is_booked_without_a_question(
    as_desk: Browser, book: str, ten: datetime, diary: list[Therapist], policy: BookingPolicy
) -> None:
    policy.min_notice = 30 * 24 * 60
    policy.save()
    pressed = {"start": ten.isoformat(), "therapist": str(diary[1].pk)}
    assert as_desk.post(book, pressed).status_code == 302
    made = Appointment.objects.get()
    assert (made.starts_at, made.therapist, made.override_reason) == (ten, diary[1], "")


def test_a_time_the_clocks_skip_is_refused_and_one_that_comes_twice_is_asked_about(
    desk_user: User, book: str, diary: list[Therapist]
) -> None:
    with time_machine.travel(datetime(2026, 3, 2, 17, tzinfo=UTC)):
        as_desk = browser_for(desk_user)
        answer = as_desk.post(book, typed(date(2026, 3, 8), "02:30", diary[0]))
        assert answer.status_code == 422
        assert "The clocks skip that time" in answer.text
    with time_machine.travel(datetime(2026, 10, 26, 17, tzinfo=UTC)):
        as_desk = browser_for(desk_user)
        night = date(2026, 11, 1)
        answer = as_desk.post(book, typed(night, "01:30", diary[0]))
        assert "Choose which of the two you mean." in answer.text
        reason = {"breaks": "hours", "reason": "owl", "which": "1"}
        as_desk.post(book, typed(night, "01:30", diary[0], **reason))
    assert Appointment.objects.get().starts_at == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "value"),
    [("date", "2026-02-31"), ("date", "9999-12-31"), ("time", "25:00"), ("therapist", "x")],
)
def test_what_is_no_time_is_said_beside_its_field(
    as_desk: Browser, book: str, day: date, field: str, value: str
) -> None:
    answer = as_desk.post(book, {**typed(day, "07:00"), f"other-{field}": value})
    assert answer.status_code == 422
    assert not Appointment.objects.exists()


def test_a_tile_dragged_elsewhere_is_looked_at_first_and_moved_by_the_same_form(
    as_desk: Browser,
    diary: list[Therapist],
    ten: datetime,
    client_record: Client,
    location: Location,
) -> None:
    visit = booked_appointment(client_record, starts_at=ten, therapist=diary[0])
    move = reverse("booking:appointment-move", args=[visit.pk])
    day = ten.astimezone(location.zone).date()
    there = at(location, "18:30", day)
    page = as_desk.get(move, {"day": str(day), "at": "18:30", "therapist": str(diary[1].pk)})
    assert page.status_code == 200
    assert "9:00 am to 6:00 pm" in page.text
    assert "Your appointment has moved" in page.text
    visit.refresh_from_db()
    assert visit.starts_at == ten
    as_desk.post(move, typed(day, "18:30", diary[1], breaks="hours", reason="asked to"))
    visit.refresh_from_db()
    assert (visit.starts_at, visit.therapist) == (there, diary[1])
    assert visit.override_reason == "asked to"
    inside = as_desk.get(move, {"day": str(day), "at": "10:00", "therapist": str(diary[0].pk)})
    assert "Nothing conflicts with it." in inside.text


@pytest.mark.parametrize("at_", ["x", "", "25:00", "10:00"])
def test_an_address_with_no_time_in_it_says_so_on_the_page(
    as_desk: Browser, diary: list[Therapist], client_record: Client, at_: str
) -> None:
    visit = booked_appointment(client_record, therapist=diary[0])
    move = reverse("booking:appointment-move", args=[visit.pk])
    answer = as_desk.get(move, {"day": "2026-02-31", "at": at_, "therapist": "x"})
    assert answer.status_code == 200
    assert "Another time" in answer.text


def test_the_desk_says_whose_doing_a_late_cancellation_is_and_may_waive(
    as_desk: Browser,
    diary: list[Therapist],
    client_record: Client,
    ten: datetime,
    policy: BookingPolicy,
) -> None:
    policy.cancel_cutoff = 30 * 24 * 60
    policy.save()
    visit = booked_appointment(client_record, starts_at=ten, therapist=diary[0], price_cents=10000)
    cancel = reverse("booking:appointment-cancel", args=[visit.pk])
    assert "$50.00 is due" in as_desk.get(cancel).text
    answer = as_desk.post(cancel, {"cause": "client", "waive": "on", "reason": "rang"})
    assert answer.status_code == 422
    assert "Say why you are waiving the fee." in answer.text
    assert 'value="rang"' in answer.text
    waived = {"cause": "client", "waive": "on", "waived_because": "regular", "fee": "5000"}
    assert as_desk.post(cancel, waived).status_code == 302
    visit.refresh_from_db()
    assert (visit.fee_cents, visit.open_fee_cents) == (5000, 0)
    assert visit.fee_waived_reason == "regular"


def test_a_fee_that_is_not_due_is_not_waived_either(
    as_desk: Browser,
    diary: list[Therapist],
    client_record: Client,
    ten: datetime,
    policy: BookingPolicy,
) -> None:
    policy.cancel_cutoff = 30 * 24 * 60
    policy.save()
    visit = booked_appointment(client_record, starts_at=ten, therapist=diary[0], price_cents=10000)
    cancel = reverse("booking:appointment-cancel", args=[visit.pk])
    ill = {"cause": "illness", "waive": "on", "fee": "5000"}  # ticked before the cause was changed
    assert as_desk.post(cancel, ill).status_code == 302
    visit.refresh_from_db()
    assert (visit.fee_cents, visit.fee_waived_reason) == (0, "")


def test_only_a_visit_that_a_prescription_covers_is_said_to_go_back_to_it(
    as_desk: Browser,
    desk_user: User,
    diary: list[Therapist],
    client_record: Client,
    ten: datetime,
) -> None:
    plain = booked_appointment(client_record, starts_at=ten, therapist=diary[0])
    paper = approved_prescription(client_record, visits=4)
    kept = reserve_visit(actor=None, prescription=paper, on=plain.local_date)
    covered = booked_appointment(
        client_record,
        starts_at=ten + timedelta(hours=3),
        therapist=diary[0],
        reservation=kept,
    )
    for visit, is_said in ((plain, False), (covered, True)):
        page = as_desk.get(reverse("booking:appointment-cancel", args=[visit.pk]))
        assert ("goes back on the prescription" in page.text) is is_said
    panel = reverse("booking:appointment", args=[covered.pk])
    assert "3 visits left to book" in as_desk.get(panel).text
    with time_machine.travel(covered.starts_at + timedelta(minutes=30), tick=False):
        desk = browser_for(desk_user)
        assert "goes back on the prescription" in desk.get(panel).text
        missed = desk.get(reverse("booking:appointment", args=[plain.pk]))
    assert "Mark as a no-show?" in missed.text
    assert "goes back on the prescription" not in missed.text


def test_the_reason_is_marked_as_required_once_it_is(
    as_desk: Browser, book: str, day: date
) -> None:
    asked = as_desk.get(f"{book}&day={day}&at=18:30").text
    label = asked[asked.index("Why make an exception?") :][:200]
    assert "asteriskField" in label
