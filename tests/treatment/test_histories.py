"""Whatever is recorded, corrected, taken back and missed, in whatever order: the laws hold."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from threading import Thread
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking.models import Appointment, AppointmentStatus
from booking.visits import services as booking
from clinic.errors import DomainError
from prescriptions.models import Prescription
from tests.booking.factories import booked_appointment
from tests.booking.racing import all_at_once
from tests.booking.visits.test_meanwhile import while_somebody_waits
from tests.treatment import factories
from treatment import corrections, late, services, sessions, takebacks
from treatment.errors import AlreadyElsewhere
from treatment.models import Visit
from treatment.sessions import Session

if TYPE_CHECKING:
    from clinic.models import Client, ServiceOption, Technique, Therapist, User

Options = dict[tuple[str, int], "ServiceOption"]
HOURS = (2, 4, 6)  # before now; each visit takes one and its buffer
STEPS = ["record", "check_in", "start", "finish", "correct", "take_back", "miss", "undo"]


def step(what: str, appointment: Appointment, count: int, technique: Technique) -> None:
    """One act of staff, on what the database says now; refused or done."""
    appointment = Appointment.objects.get(pk=appointment.pk)
    visit = Visit.objects.filter(appointment=appointment).first()
    who, start = factories.hands_of(appointment), appointment.starts_at
    session = Session(start, start + timedelta(minutes=count + 1), {technique: count})
    if what == "record":
        late.record(actor=who, appointment=appointment, session=session, reason="Forgotten")
    elif what == "check_in":
        services.check_in(actor=who, appointment=appointment)
        Visit.objects.filter(appointment=appointment).update(arrived_at=start)
    elif what in {"miss", "undo"}:
        status = AppointmentStatus.NO_SHOW if what == "miss" else AppointmentStatus.BOOKED
        booking.mark(actor=who, appointment=appointment, status=status)
    elif visit is None:
        return
    elif what == "start":
        services.start(actor=who, visit=visit)
    elif what == "finish":
        services.finish(
            actor=who,
            visit=visit,
            started_at=session.started_at,
            stopped_at=session.stopped_at,
            minutes=session.minutes,
        )
    elif what == "correct":
        corrections.correct(
            actor=who, visit=visit, session=session, reason="Typed wrong", form_token=uuid4()
        )
    else:
        takebacks.take_back(actor=who, visit=visit, reason="Never came")


def expect_laws(order: Prescription) -> None:
    order.refresh_from_db()
    finished = Visit.objects.filter(status=Visit.Status.FINISHED)
    assert order.used == finished.filter(appointment__reservation__isnull=False).count()
    assert order.used == order.reservations.filter(status="used").count()
    for visit in Visit.objects.select_related("appointment__reservation"):
        done = visit.appointment.status == AppointmentStatus.FULFILLED
        assert done == (visit.status == Visit.Status.FINISHED)
        if done and visit.appointment.reservation is not None:
            assert visit.appointment.reservation.status == "used"
        rows = list(visit.corrections.order_by("number"))
        assert [row.number for row in rows] == list(range(1, len(rows) + 1))
        for earlier, later in pairwise(rows):
            assert earlier.after == later.before
        if rows:
            assert sessions.figures(visit) == rows[-1].after


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(STEPS), st.integers(0, len(HOURS) - 1), st.integers(1, 57)),
        min_size=4,
        max_size=14,
    )
)
def test_the_ledger_and_the_chain_hold_over_any_history(
    client_record: Client, therapist: Therapist, steps: list[tuple[str, int, int]]
) -> None:
    sid = transaction.savepoint()
    factories.make_procedures()
    technique = next(iter(factories.techniques_named({"Neuromuscular": 1})))
    first = factories.ready_appointment(client_record, starts_at=factories.earlier_today(HOURS[0]))
    order = Prescription.objects.get(client=client_record)
    booked = [first] + [
        booked_appointment(client_record, starts_at=factories.earlier_today(hours))
        for hours in HOURS[1:]
    ]
    for what, which, count in steps:
        try:
            with transaction.atomic():
                step(what, booked[which], count, technique)
        except DomainError:
            pass
        expect_laws(order)
    transaction.savepoint_rollback(sid)


# ---- at once, on real connections ----


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_two_sessions_of_one_therapist_finished_at_once_one_is_refused(
    client_record: Client, other_client: Client, options: Options, therapist: Therapist
) -> None:
    option = options["therapeutic", 60]
    factories.make_procedures()
    minutes = factories.techniques_named({"Neuromuscular": 20})
    visits = [
        factories.started_visit(who, option=option, starts_at=factories.earlier_today(hours))
        for who, hours in ((client_record, 4), (other_client, 2))
    ]
    # What is in progress is held against as well: here only what each is about to record.
    Visit.objects.update(started_at=None, status=Visit.Status.IN_PROGRESS)
    start = factories.earlier_today(3)
    actor = factories.hands_of(visits[0].appointment)

    def attempt(number: int) -> str:
        try:
            services.finish(
                actor=actor,
                visit=visits[number],
                started_at=start,
                stopped_at=start + timedelta(minutes=30),
                minutes=minutes,
                arrived_at=start,
                word="Both came at once",
            )
        except AlreadyElsewhere:
            return "refused"
        return "finished"

    assert sorted(all_at_once(2, attempt)) == ["finished", "refused"]
    assert Visit.objects.filter(status=Visit.Status.FINISHED).count() == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_check_in_and_start_lock_in_one_order(
    client_record: Client, therapist: Therapist, desk_user: User
) -> None:
    appointment = factories.ready_appointment(client_record)
    visit = services.check_in(actor=desk_user, appointment=appointment)
    booking.mark(actor=desk_user, appointment=appointment, status=AppointmentStatus.BOOKED)
    outcome: dict[str, Any] = {}

    def again() -> None:
        try:
            fresh = Appointment.objects.get(pk=appointment.pk)
            outcome["visit"] = services.check_in(actor=desk_user, appointment=fresh)
        except Exception as error:  # noqa: BLE001 - a deadlock would be one
            outcome["error"] = error
        finally:
            connection.close()

    thread = Thread(target=again)
    with transaction.atomic():  # as `start` does: the visit, then the appointment
        Visit.objects.select_for_update(no_key=True).get(pk=visit.pk)
        thread.start()
        while_somebody_waits()
        Appointment.objects.filter(pk=appointment.pk).update(updated_at=timezone.now())
    thread.join(timeout=20)
    assert outcome == {"visit": visit}
