from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone

from booking.models import Appointment
from clinic.models import Message
from tests.booking.factories import booked_appointment

if TYPE_CHECKING:
    from datetime import datetime

    from django.test import Client as Browser

    from booking.models import BookingPolicy
    from clinic.models import Client, ServiceOption, Therapist

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(
    diary: list[Therapist], client_record: Client, ten: datetime, option60: ServiceOption
) -> Appointment:
    return booked_appointment(client_record, starts_at=ten, therapist=diary[0], option=option60)


def url(name: str, visit: Appointment) -> str:
    return reverse(f"booking:visit-{name}", args=[visit.pk])


def test_the_list_shows_what_is_ahead_and_what_is_over(
    as_client: Browser, visit: Appointment, client_record: Client
) -> None:
    old = booked_appointment(
        client_record, starts_at=timezone.now() - timedelta(days=9), status="fulfilled"
    )
    page = as_client.get(reverse("booking:visit-list"))
    assert url("detail", visit) in page.text
    assert url("detail", old) in page.text
    assert "Something to do" in page.text


def test_an_empty_list_offers_the_first_step(as_client: Browser, location: object) -> None:
    page = as_client.get(reverse("booking:visit-list"))
    assert "No visit booked" in page.text
    assert 'href="/book/"' in page.text


def test_the_list_takes_the_same_queries_for_many_visits(
    as_client: Browser,
    visit: Appointment,
    client_record: Client,
    django_assert_max_num_queries: object,
) -> None:
    for week in range(1, 5):
        booked_appointment(client_record, starts_at=visit.starts_at + timedelta(days=7 * week))
        booked_appointment(
            client_record, starts_at=visit.starts_at - timedelta(days=28 * week), status="fulfilled"
        )
    with django_assert_max_num_queries(18):  # type: ignore[operator]
        as_client.get(reverse("booking:visit-list"))


def test_the_panel_names_the_next_visit_and_the_next_step(
    as_client: Browser, visit: Appointment
) -> None:
    panel = as_client.get(reverse("booking:portal-panel"), headers={"HX-Request": "true"})
    assert "<html" not in panel.text
    assert "10:00 am" in panel.text
    assert reverse("intake:start") in panel.text
    assert as_client.get(reverse("booking:portal-panel")).headers["Location"] == reverse(
        "booking:visit-list"
    )


def test_a_client_moves_a_visit(
    as_client: Browser, visit: Appointment, diary: list[Therapist]
) -> None:
    page = as_client.get(url("move", visit))
    assert "Choose another time" in page.text
    later = visit.starts_at + timedelta(days=7)
    answer = as_client.post(
        url("move", visit), {"start": later.isoformat(), "therapist": str(diary[1].pk)}
    )
    assert answer.headers["Location"] == url("detail", visit)
    visit.refresh_from_db()
    assert (visit.starts_at, visit.therapist) == (later, diary[1])
    assert Message.objects.filter(kind="booking.moved").exists()


def test_a_time_that_is_gone_leaves_the_visit_and_offers_others(
    as_client: Browser, visit: Appointment, other_client: Client, diary: list[Therapist]
) -> None:
    later = visit.starts_at + timedelta(hours=3)
    booked_appointment(other_client, starts_at=later, therapist=diary[0])
    answer = as_client.post(
        url("move", visit), {"start": later.isoformat(), "therapist": str(diary[0].pk)}
    )
    assert answer.status_code == 422
    assert "close to it" in answer.text
    visit.refresh_from_db()
    assert visit.sequence == 0


@pytest.fixture
def soon(diary: list[Therapist], client_record: Client) -> Appointment:
    """An hour at $100, in five hours."""
    start = timezone.now() + timedelta(hours=5)
    return booked_appointment(client_record, starts_at=start, price_cents=10000)


def test_late_cancelling_says_what_it_costs_and_wants_a_yes_to_just_that(
    as_client: Browser, soon: Appointment, policy: BookingPolicy
) -> None:
    assert "too late to move" in as_client.get(url("move", soon)).text
    later = soon.starts_at + timedelta(days=7)
    assert as_client.post(url("move", soon), {"start": later.isoformat()}).status_code == 422
    page = as_client.get(url("cancel", soon))
    assert "Canceling now costs $50.00" in page.text
    assert "less than 24 hours" in page.text
    answer = as_client.post(url("cancel", soon), {"reason": "tired", "fee": "5000"})
    assert answer.status_code == 422
    assert "Check this to agree" in answer.text
    assert 'value="tired"' in answer.text
    policy.late_cancel_percent = 80  # in the meantime
    policy.save()
    agreed = {"reason": "tired", "fee": "5000", "agree": "on"}
    answer = as_client.post(url("cancel", soon), agreed)
    assert answer.status_code == 422
    assert "$80.00" in answer.text
    assert 'value="tired"' in answer.text
    assert as_client.post(url("cancel", soon), {**agreed, "fee": "8000"}).status_code == 302
    soon.refresh_from_db()
    assert (soon.status, soon.fee_cents, soon.cancel_reason) == ("cancelled", 8000, "tired")
    assert "late-cancellation fee of $80.00 is due" in as_client.get(url("detail", soon)).text


def test_moving_to_a_time_so_close_that_cancelling_costs_is_asked_about_first(
    as_client: Browser, visit: Appointment, policy: BookingPolicy
) -> None:
    policy.reschedule_cutoff, policy.cancel_cutoff = 60, 30 * 24 * 60
    policy.save()
    later = visit.starts_at + timedelta(hours=3)
    move = {"start": later.isoformat(), "therapist": ""}
    answer = as_client.post(url("move", visit), move)
    assert answer.status_code == 422
    assert "too soon to cancel for free" in answer.text
    visit.refresh_from_db()
    assert visit.sequence == 0
    assert as_client.post(url("move", visit), {**move, "knowing": "1"}).status_code == 302
    visit.refresh_from_db()
    assert visit.starts_at == later


def test_a_client_cancels_once_and_is_told_the_second_time(
    as_client: Browser, visit: Appointment
) -> None:
    assert "There is no charge" in as_client.get(url("cancel", visit)).text
    as_client.post(url("cancel", visit), {"reason": "on holiday"})
    page = as_client.post(url("cancel", visit), {"reason": ""}, follow=True)
    assert "Someone has already changed this" in page.text
    assert Message.objects.filter(kind="booking.cancelled").count() == 1


def test_the_calendar_entry_is_a_file(as_client: Browser, visit: Appointment) -> None:
    answer = as_client.get(url("calendar", visit))
    assert answer.headers["Content-Type"].startswith("text/calendar")
    assert b"BEGIN:VEVENT" in answer.content


def test_a_client_without_a_prescription_makes_it_self_pay(
    as_client: Browser, visit: Appointment, options: dict[tuple[str, int], ServiceOption]
) -> None:
    assert url("self-pay", visit) in as_client.get(url("detail", visit)).text
    as_client.post(url("self-pay", visit))
    visit = Appointment.objects.with_names().get(pk=visit.pk)
    assert visit.option == options["therapeutic", 60]
    assert url("self-pay", visit) not in as_client.get(url("detail", visit)).text


@pytest.mark.parametrize("name", ["detail", "move", "cancel", "calendar", "self-pay"])
def test_a_strangers_visit_does_not_exist(
    as_other: Browser, visit: Appointment, option60: ServiceOption, name: str
) -> None:
    later = visit.starts_at + timedelta(days=7)
    assert as_other.get(url(name, visit)).status_code in {404, 405}
    answer = as_other.post(url(name, visit), {"start": later.isoformat(), "reason": "x"})
    assert answer.status_code in {404, 405}
    kept = Appointment.objects.get(pk=visit.pk)
    assert (kept.status, kept.starts_at) == ("booked", visit.starts_at)


def test_a_hold_is_nobodys_visit(as_client: Browser, visit: Appointment) -> None:
    Appointment.objects.filter(pk=visit.pk).update(
        status="held", held_until=timezone.now(), hold_token=visit.ical_uid
    )
    assert as_client.get(url("detail", visit)).status_code == 404
