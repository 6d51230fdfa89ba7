from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, transaction

from booking.errors import NotReady
from booking.models import Appointment, AppointmentStatus
from booking.visits import services as booking
from clinic.errors import InvalidTransition
from clinic.models import AuditEvent, ServiceOption
from prescriptions.models import VisitReservation
from tests.intake.factories import completed_intake
from tests.prescriptions.factories import approved_prescription, reviewer
from tests.treatment import factories
from treatment import services
from treatment.errors import NotToday, TooManyMinutes
from treatment.models import Visit

if TYPE_CHECKING:
    from clinic.models import Client, Technique, Therapist

Options = dict[tuple[str, int], ServiceOption]


def test_a_visit_that_is_finished_uses_up_a_prescribed_visit(client_record: Client) -> None:
    visit = factories.finished_visit(client_record)
    appointment = visit.appointment
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.FULFILLED
    assert appointment.reservation is not None
    assert appointment.reservation.status == VisitReservation.Status.USED
    order = appointment.reservation.prescription
    assert (order.used, order.reserved) == (1, 0)
    assert sum(row.minutes for row in visit.minutes.all()) == 53
    events = AuditEvent.objects.filter(client=client_record).values_list("action", flat=True)
    assert {"visit.checked_in", "visit.started", "visit.finished", "visit.used"} <= set(events)


def test_check_in_ties_a_prescription_that_was_approved_after_the_booking(
    client_record: Client,
) -> None:
    appointment = factories.ready_appointment(client_record, ready=False)
    completed_intake(client_record)
    approved_prescription(client_record)
    services.check_in(actor=reviewer(), appointment=appointment)
    appointment.refresh_from_db()
    assert appointment.reservation is not None


def test_check_in_says_what_is_missing_and_changes_nothing(client_record: Client) -> None:
    appointment = factories.ready_appointment(client_record, ready=False)
    with pytest.raises(NotReady):
        services.check_in(actor=reviewer(), appointment=appointment)
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.BOOKED
    assert not Visit.objects.exists()


def test_check_in_is_for_the_day_of_the_visit(client_record: Client) -> None:
    tomorrow = factories.earlier_today() + timedelta(days=1)
    appointment = factories.ready_appointment(client_record, starts_at=tomorrow)
    with pytest.raises(NotToday):
        services.check_in(actor=reviewer(), appointment=appointment)


def test_checking_in_twice_is_one_visit(client_record: Client) -> None:
    appointment = factories.ready_appointment(client_record)
    first = services.check_in(actor=reviewer(), appointment=appointment)
    again = services.check_in(actor=reviewer(), appointment=appointment)
    assert first == again


def test_a_check_in_that_was_taken_back_cannot_be_started(
    client_record: Client, therapists: list[Therapist]
) -> None:
    appointment = factories.ready_appointment(client_record)
    visit = services.check_in(actor=reviewer(), appointment=appointment)
    booking.mark(actor=reviewer(), appointment=appointment, status=AppointmentStatus.BOOKED)
    with pytest.raises(InvalidTransition):
        services.start(actor=reviewer(), visit=visit)

    # It is given to a colleague and checked in again: the visit is the colleague's.
    colleague = next(one for one in therapists if one != appointment.therapist)
    Appointment.objects.filter(pk=appointment.pk).update(therapist=colleague)
    appointment.refresh_from_db()
    again = services.check_in(actor=reviewer(), appointment=appointment)
    assert (again.pk, again.therapist) == (visit.pk, colleague)
    assert services.start(actor=reviewer(), visit=again).status == Visit.Status.IN_PROGRESS


def test_a_visit_is_finished_once(client_record: Client) -> None:
    visit = factories.finished_visit(client_record)
    assert visit.started_at is not None
    assert visit.stopped_at is not None
    minutes = {row.technique: row.minutes for row in visit.minutes.all()}
    with pytest.raises(InvalidTransition):
        services.finish(
            actor=reviewer(),
            visit=visit,
            started_at=visit.started_at,
            stopped_at=visit.stopped_at,
            minutes=minutes,
        )
    reservation = visit.appointment.reservation
    assert reservation is not None
    reservation.prescription.refresh_from_db()
    assert reservation.prescription.used == 1


def test_too_many_minutes_leave_the_session_open(
    client_record: Client, techniques: list[Technique]
) -> None:
    visit = factories.started_visit(client_record)
    assert visit.started_at is not None
    with pytest.raises(TooManyMinutes):
        services.finish(
            actor=reviewer(),
            visit=visit,
            started_at=visit.started_at,
            stopped_at=visit.started_at + timedelta(minutes=50),
            minutes={techniques[0]: 51},
        )
    visit.refresh_from_db()
    assert visit.status == Visit.Status.IN_PROGRESS
    reservation = visit.appointment.reservation
    assert reservation is not None
    reservation.refresh_from_db()
    assert reservation.status == VisitReservation.Status.RESERVED


def test_a_consultation_needs_no_minutes_and_uses_no_visit(
    client_record: Client, options: Options
) -> None:
    visit = factories.finished_visit(client_record, option=options["consultation", 30])
    assert visit.status == Visit.Status.FINISHED
    assert visit.appointment.reservation is None
    assert not visit.minutes.exists()


def test_a_self_pay_session_uses_no_visit(client_record: Client, options: Options) -> None:
    visit = factories.finished_visit(client_record, option=options["therapeutic", 60])
    assert visit.appointment.reservation is None


def test_the_database_refuses_a_finished_visit_without_times(client_record: Client) -> None:
    visit = factories.started_visit(client_record)
    with pytest.raises(IntegrityError, match="visit_finished_has_times"), transaction.atomic():
        Visit.objects.filter(pk=visit.pk).update(
            status=Visit.Status.FINISHED, stopped_at=visit.started_at
        )
