from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.utils import timezone

from booking import tasks
from booking.errors import NotReady
from booking.selectors import appointments
from booking.visits import notices, readiness, services, visit_link
from clinic.models import Message
from tests.booking import single
from tests.booking.factories import booked_appointment
from tests.factories import make_client
from tests.intake.factories import completed_intake
from tests.prescriptions.factories import approved_prescription, submitted_prescription

if TYPE_CHECKING:
    from datetime import datetime

    from booking.models import Appointment, BookingPolicy
    from clinic.models import Client, Location, ServiceOption, Therapist, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def soon(policy: BookingPolicy, client_record: Client) -> Appointment:
    """A visit in twenty hours, booked three days ago."""
    now = timezone.now()
    return booked_appointment(
        client_record,
        starts_at=now + timedelta(hours=20),
        booked_at=now - timedelta(days=3),
    )


def test_a_visit_booked_within_the_lead_has_just_been_confirmed_and_is_not_reminded_of(
    soon: Appointment,
) -> None:
    soon.booked_at = soon.starts_at - timedelta(hours=24) + timedelta(seconds=1)
    soon.save()
    tasks.queue_reminders()
    assert not Message.objects.filter(kind="booking.reminder").exists()
    soon.sequence = 1  # it has moved since, and may be forgotten
    soon.save()
    tasks.queue_reminders()
    assert Message.objects.filter(kind="booking.reminder").count() == 1


def test_a_reminder_that_was_taken_back_goes_out_when_the_visit_stands_again(
    soon: Appointment,
) -> None:
    tasks.queue_reminders()
    notices.withdraw(soon)
    withdrawn = Message.objects.get(kind="booking.reminder")
    assert withdrawn.status == Message.Status.CANCELLED
    assert visit_link.path(soon) not in withdrawn.body
    tasks.queue_reminders()
    again = Message.objects.get(kind="booking.reminder")
    assert again.status == Message.Status.QUEUED
    assert visit_link.path(soon) in again.body


def test_the_reminder_is_written_once(soon: Appointment) -> None:
    tasks.queue_reminders()
    tasks.queue_reminders()
    reminder = Message.objects.get(kind="booking.reminder")
    assert reminder.recipient == "ana@example.test"
    assert reminder.expires_at == soon.starts_at
    assert str(soon.pk) in reminder.body


def test_a_visit_that_is_far_off_or_over_or_cancelled_has_no_reminder(
    policy: BookingPolicy, client_record: Client, soon: Appointment
) -> None:
    now = timezone.now()
    booked_appointment(client_record, starts_at=now + timedelta(hours=26))
    booked_appointment(client_record, starts_at=now - timedelta(hours=2))
    soon = appointments().get(pk=soon.pk)
    single.cancel(actor=None, appointment=soon, agreed_cents=soon.price_cents // 2)
    tasks.queue_reminders()
    assert not Message.objects.filter(kind="booking.reminder").exists()


def test_a_visit_that_moved_is_reminded_of_at_its_new_time(soon: Appointment) -> None:
    tasks.queue_reminders()
    soon.sequence = 1
    soon.save()
    tasks.queue_reminders()
    assert Message.objects.filter(kind="booking.reminder").count() == 2


def test_a_visit_that_moves_away_at_that_moment_is_not_reminded_of_early(
    soon: Appointment, client_record: Client
) -> None:
    far = booked_appointment(client_record, starts_at=timezone.now() + timedelta(hours=40))
    horizon = timezone.now() + timedelta(hours=24)
    tasks._remind(far.pk, horizon)  # it was within the day when it was listed
    assert not Message.objects.filter(kind="booking.reminder").exists()
    tasks._remind(soon.pk, horizon)
    assert Message.objects.filter(kind="booking.reminder").count() == 1


def test_visits_that_are_over_do_not_stand_in_the_way_of_those_to_come(
    soon: Appointment, client_record: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked_appointment(client_record, starts_at=timezone.now() - timedelta(days=3))
    approved_prescription(client_record)
    monkeypatch.setattr(tasks, "BATCH", 1)
    tasks.tie_prescriptions()
    soon.refresh_from_db()
    assert soon.reservation is not None


def test_looking_for_reminders_costs_the_same_when_all_are_written(
    soon: Appointment, django_assert_max_num_queries: object
) -> None:
    tasks.queue_reminders()
    with django_assert_max_num_queries(4):  # type: ignore[operator]
        tasks.queue_reminders()


def test_visits_booked_before_the_approval_are_tied_in_order_of_their_start(
    diary: list[Therapist], client_record: Client, ten: datetime
) -> None:
    visits = [
        booked_appointment(client_record, starts_at=ten + timedelta(days=7 * week))
        for week in (2, 0, 1)
    ]
    tasks.tie_prescriptions()  # nothing to tie to yet
    approved_prescription(client_record, visits=2)
    tasks.tie_prescriptions()
    tasks.tie_prescriptions()
    for visit in visits:
        visit.refresh_from_db()
    assert [visit.reservation is not None for visit in visits] == [False, True, True]


def test_self_pay_sessions_and_strangers_visits_are_not_tied(
    diary: list[Therapist],
    client_record: Client,
    other_client: Client,
    ten: datetime,
    options: dict[tuple[str, int], ServiceOption],
) -> None:
    own = booked_appointment(client_record, starts_at=ten, option=options["therapeutic", 60])
    other = booked_appointment(other_client, starts_at=ten + timedelta(hours=3))
    approved_prescription(client_record)
    tasks.tie_prescriptions()
    for visit in (own, other):
        visit.refresh_from_db()
        assert visit.reservation is None
        assert not services.tie_prescription(appointment=visit)


def test_a_new_client_is_told_what_is_missing_one_thing_after_the_other(
    soon: Appointment, client_record: Client
) -> None:
    state = readiness.of(soon)
    assert state.missing
    assert state.step == "intake"
    with pytest.raises(NotReady) as refusal:
        services.expect_ready(soon)
    assert len(refusal.value.missing) == 2
    completed_intake(client_record)
    state = readiness.of(soon)
    assert state.step == "prescription"
    submitted_prescription(client_record)
    state = readiness.of(soon)
    assert state.step == "wait"
    assert "reviewing" in str(state.note)


def test_with_intake_consent_and_a_reserved_visit_all_lights_are_green(
    soon: Appointment, client_record: Client
) -> None:
    completed_intake(client_record)
    approved_prescription(client_record)
    assert services.tie_prescription(appointment=soon)
    state = readiness.of(soon)
    assert (state.tone, state.missing) == ("ok", [])
    services.expect_ready(soon)


def test_a_cancelled_reservation_counts_for_nothing(
    soon: Appointment, client_record: Client, desk_user: User
) -> None:
    completed_intake(client_record)
    approved_prescription(client_record)
    services.tie_prescription(appointment=soon)
    with time_machine.travel(soon.starts_at + timedelta(minutes=20)):
        services.mark(actor=desk_user, appointment=soon, status="noshow")
    assert readiness.of(soon).missing


def test_a_consultation_needs_nothing(
    policy: BookingPolicy,
    client_record: Client,
    options: dict[tuple[str, int], ServiceOption],
    ten: datetime,
) -> None:
    talk = booked_appointment(client_record, starts_at=ten, option=options["consultation", 30])
    services.expect_ready(talk)
    assert readiness.of(talk).lights == []


def test_lights_for_a_whole_day_take_the_same_queries_as_for_one(
    location: Location,
    policy: BookingPolicy,
    therapists: list[Therapist],
    ten: datetime,
    django_assert_max_num_queries: object,
) -> None:
    visits = []
    for hour in range(4):
        client = make_client("Client", f"Number {hour}")
        visits.append(booked_appointment(client, starts_at=ten + timedelta(hours=2 * hour)))
        approved_prescription(client)
        services.tie_prescription(appointment=visits[-1])
    shown = list(appointments())
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        assert len(readiness.of_all(shown)) == 4
