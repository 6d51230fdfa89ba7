"""The visit that a prescription keeps waiting is read from the diary, whatever happened to it."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking import tasks
from booking.models import Appointment, AppointmentStatus
from booking.visits import coverage, services
from clinic.errors import DomainError
from clinic.models import Location
from prescriptions.reviewing import services as prescriptions
from tests.booking import single
from tests.booking.factories import booked_appointment
from tests.factories import make_client
from tests.prescriptions.factories import (
    approved_prescription,
    make_codes,
    make_elements,
    submitted_prescription,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from clinic.models import Client, ServiceOption, Therapist, User
    from prescriptions.models import Prescription

pytestmark = pytest.mark.django_db


def noon(days: int) -> datetime:
    zone = Location.objects.get().zone
    day = timezone.now().astimezone(zone) + timedelta(days=days)
    return day.replace(hour=12, minute=0, second=0, microsecond=0)


def needed(prescription: Prescription) -> date | None:
    tasks.tie_prescriptions()
    prescription.refresh_from_db()
    return prescription.needed_on


@pytest.fixture
def paper(client_record: Client, diary: list[Therapist]) -> Prescription:
    make_codes()
    return submitted_prescription(client_record)


def test_the_earliest_medical_visit_that_nothing_covers_waits_for_it(
    paper: Prescription, client_record: Client, options: dict[tuple[str, int], ServiceOption]
) -> None:
    assert needed(paper) is None
    booked_appointment(client_record, starts_at=noon(9))
    first = booked_appointment(client_record, starts_at=noon(4))
    booked_appointment(client_record, starts_at=noon(2), option=options["therapeutic", 60])
    booked_appointment(make_client("Ines", "Roy"), starts_at=noon(1))
    assert needed(paper) == first.local_date


def test_the_day_is_the_clinics_not_that_of_utc(paper: Prescription, client_record: Client) -> None:
    late = noon(4).replace(hour=23)  # in UTC it is the next day
    booked_appointment(client_record, starts_at=late)
    assert needed(paper) == late.date()


def test_booked_moved_cancelled_and_paid_by_oneself_each_shows_within_one_run(
    paper: Prescription,
    client_record: Client,
    desk_user: User,
    options: dict[tuple[str, int], ServiceOption],
) -> None:
    one = booked_appointment(client_record, starts_at=noon(4))
    assert needed(paper) == one.local_date
    moved = single.reschedule(
        actor=desk_user, appointment=one, start=noon(6), therapist=one.therapist, reason="Asked"
    )
    assert needed(paper) == noon(6).date()
    other = booked_appointment(client_record, starts_at=noon(8))
    single.cancel(actor=desk_user, appointment=moved)
    assert needed(paper) == noon(8).date()
    services.switch_to_self_pay(actor=desk_user, appointment=other)
    assert needed(paper) is None


def test_a_visit_waits_until_shortly_after_its_start(
    paper: Prescription, client_record: Client
) -> None:
    visit = booked_appointment(client_record, starts_at=noon(1), status=AppointmentStatus.ARRIVED)
    with time_machine.travel(visit.starts_at + timedelta(hours=1), tick=False):
        assert needed(paper) == visit.local_date  # the client sits in the waiting room
    with time_machine.travel(visit.starts_at + timedelta(hours=3), tick=False):
        assert needed(paper) is None


def test_an_approval_covers_the_visit_and_the_next_paper_waits_for_nothing(
    paper: Prescription, client_record: Client, desk_user: User
) -> None:
    booked_appointment(client_record, starts_at=noon(4))
    assert needed(paper) == noon(4).date()
    prescriptions.approve(actor=desk_user, prescription=paper, elements=make_elements())
    assert needed(paper) is None
    assert Appointment.objects.get().reservation is not None
    assert needed(submitted_prescription(client_record)) is None


def test_information_asked_for_keeps_the_visit_in_sight(
    paper: Prescription, client_record: Client, desk_user: User
) -> None:
    booked_appointment(client_record, starts_at=noon(4))
    prescriptions.ask_for_information(actor=desk_user, prescription=paper, reason="illegible")
    assert needed(paper) == noon(4).date()


def naively(client: Client) -> date | None:
    """The rule once more, visit by visit."""
    days = [
        visit.local_date
        for visit in Appointment.objects.filter(client=client)
        if visit.status in {"booked", "arrived"}
        and visit.needs_prescription
        and visit.reservation_id is None
        and visit.starts_at > timezone.now() - timedelta(hours=2)
    ]
    return min(days, default=None)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["book", "move", "cancel", "self-pay", "miss", "ask", "reopen"]),
            st.integers(1, 12),
        ),
        min_size=3,
        max_size=10,
    )
)
def test_it_agrees_with_the_diary_after_any_steps(
    paper: Prescription, client_record: Client, desk_user: User, steps: list[tuple[str, int]]
) -> None:
    Appointment.objects.all().delete()
    for step, number in steps:
        visits = list(Appointment.objects.filter(client=client_record).order_by("pk"))
        change(step, number, visits[number % len(visits)] if visits else None, paper, desk_user)
        assert needed(paper) == naively(client_record)


def change(
    step: str, number: int, visit: Appointment | None, paper: Prescription, actor: User
) -> None:
    paper.refresh_from_db()
    act: dict[str, Callable[[], Any]] = {
        "ask": lambda: prescriptions.ask_for_information(
            actor=actor, prescription=paper, reason="other"
        ),
        "reopen": lambda: prescriptions.reopen(actor=actor, prescription=paper),
    }
    if visit is not None:
        act |= {
            "move": lambda: single.reschedule(
                actor=actor, appointment=visit, start=noon(number), reason="Asked"
            ),
            "cancel": lambda: single.cancel(actor=actor, appointment=visit),
            "self-pay": lambda: services.switch_to_self_pay(actor=actor, appointment=visit),
            "miss": lambda: services.mark(actor=actor, appointment=visit, status="noshow"),
        }
    if step == "book":
        taken = Appointment.objects.filter(starts_at=noon(number), status="booked").exists()
        if not taken:
            booked_appointment(paper.client, starts_at=noon(number))
        return
    with contextlib.suppress(DomainError):
        act.get(step, lambda: None)()


def test_marking_reads_the_diary_once_and_writes_only_what_changed(
    paper: Prescription,
    client_record: Client,
    django_assert_num_queries: Callable[..., Any],
) -> None:
    for days in range(1, 9):
        booked_appointment(client_record, starts_at=noon(days))
        submitted_prescription(client_record)
    assert coverage.mark_needed() == 9
    with django_assert_num_queries(4):  # the diary, the papers, and the transaction's two ends
        assert coverage.mark_needed() == 0
    approved_prescription(make_client("Ines", "Roy"))
    assert coverage.mark_needed() == 0
