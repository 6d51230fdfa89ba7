"""Cancel, move, mark: what changes, what follows, and who may not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from icalendar import Calendar

from booking.errors import AlreadyBooked, SlotTaken, TooLate
from booking.models import Appointment
from booking.visits import services
from booking.visits.past_order import Answer, Choice, PastOrder
from clinic.errors import InvalidTransition
from clinic.models import Message
from tests.booking import single
from tests.booking.factories import booked_appointment
from tests.prescriptions.factories import approved_prescription

if TYPE_CHECKING:
    from datetime import datetime

    from booking.models import BookingPolicy
    from clinic.models import Client, Room, ServiceOption, Therapist, User
    from prescriptions.models import Prescription

pytestmark = pytest.mark.django_db


@pytest.fixture
def prescription(client_record: Client) -> Prescription:
    return approved_prescription(client_record)


@pytest.fixture
def visit(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    prescription: Prescription,
    client_user: User,
) -> Appointment:
    """A booked medical hour with Dana, tied to the prescription, its confirmation waiting."""
    held = single.hold(option=option60, start=ten, therapist=diary[0])
    assert held.hold_token
    return single.book(actor=client_user, hold_token=held.hold_token, client=client_record)


def sent(appointment: Appointment, kind: str) -> Message:
    return Message.objects.get(about=appointment.pk, kind=kind)


def event_of(message: Message) -> dict[str, str]:
    event = Calendar.from_ical(message.calendar).walk("VEVENT")[0]
    return {name: str(event[name]) for name in ("UID", "SEQUENCE", "STATUS")}


def test_cancelling_frees_the_time_and_the_visit_and_tells_the_client(
    visit: Appointment, prescription: Prescription, client_user: User
) -> None:
    first = event_of(sent(visit, "booking.confirmed"))
    single.cancel(actor=client_user, appointment=visit, reason="on holiday")
    prescription.refresh_from_db()
    assert prescription.reserved == 0
    assert (visit.status, visit.cancel_reason) == ("cancelled", "on holiday")
    assert sent(visit, "booking.confirmed").status == Message.Status.CANCELLED
    told = sent(visit, "booking.cancelled")
    assert "METHOD:CANCEL" in told.calendar
    last = event_of(told)
    assert last["UID"] == first["UID"]
    assert int(last["SEQUENCE"]) == int(first["SEQUENCE"]) + 1
    again = single.hold(option=visit.option, start=visit.starts_at, therapist=visit.therapist)
    assert again.room == visit.room


def test_a_visit_is_cancelled_once(visit: Appointment, client_user: User) -> None:
    stale = Appointment.objects.get(pk=visit.pk)
    single.cancel(actor=client_user, appointment=visit)
    with pytest.raises(InvalidTransition):
        single.cancel(actor=client_user, appointment=stale)
    assert Message.objects.filter(kind="booking.cancelled").count() == 1


def test_moving_takes_the_reserved_visit_along_and_raises_the_sequence(
    visit: Appointment, prescription: Prescription, client_user: User, diary: list[Therapist]
) -> None:
    later = visit.starts_at + timedelta(days=7)
    moved = single.reschedule(actor=client_user, appointment=visit, start=later, therapist=diary[1])
    assert (moved.pk, moved.starts_at, moved.therapist) == (visit.pk, later, diary[1])
    prescription.refresh_from_db()
    assert prescription.reserved == 1
    assert moved.reservation is not None
    assert moved.reservation.visit_on == moved.local_date
    before, after = (event_of(sent(visit, f"booking.{kind}")) for kind in ("confirmed", "moved"))
    assert after["UID"] == before["UID"]
    assert int(after["SEQUENCE"]) == int(before["SEQUENCE"]) + 1


def test_moving_past_the_prescription_gives_the_visit_back(
    visit: Appointment, prescription: Prescription, desk_user: User
) -> None:
    later = visit.starts_at + timedelta(weeks=8)
    with pytest.raises(PastOrder) as refused:
        single.reschedule(actor=desk_user, appointment=visit, start=later)
    assert Appointment.objects.get(pk=visit.pk).reservation is not None
    (told,) = refused.value.told
    waits = Answer(Choice.PENDING, shown=told.codes)
    moved = single.reschedule(actor=desk_user, appointment=visit, start=later, past=waits)
    assert moved.reservation is None
    prescription.refresh_from_db()
    assert prescription.reserved == 0


def test_a_time_that_cannot_be_had_changes_nothing(
    visit: Appointment,
    prescription: Prescription,
    client_user: User,
    other_client: Client,
    diary: list[Therapist],
    rooms: list[Room],
) -> None:
    later = visit.starts_at + timedelta(hours=3)
    booked_appointment(other_client, starts_at=later, therapist=diary[0], room=rooms[1])
    with pytest.raises(SlotTaken):
        single.reschedule(actor=client_user, appointment=visit, start=later, therapist=diary[0])
    kept = Appointment.objects.get(pk=visit.pk)
    assert (kept.starts_at, kept.sequence) == (visit.starts_at, 0)
    prescription.refresh_from_db()
    assert prescription.reserved == 1


def test_a_visit_may_move_into_a_time_that_overlaps_its_own(
    visit: Appointment, client_user: User, diary: list[Therapist]
) -> None:
    later = visit.starts_at + timedelta(minutes=30)
    moved = single.reschedule(actor=client_user, appointment=visit, start=later, therapist=diary[0])
    assert moved.starts_at == later


def test_of_two_who_move_a_visit_the_second_is_told(
    visit: Appointment, client_user: User, desk_user: User
) -> None:
    stale = Appointment.objects.with_names().get(pk=visit.pk)
    day = timedelta(days=7)
    single.reschedule(actor=client_user, appointment=visit, start=visit.starts_at + day)
    with pytest.raises(InvalidTransition):
        single.reschedule(actor=desk_user, appointment=stale, start=stale.starts_at + 2 * day)


def test_clients_move_a_visit_until_the_cutoff_to_the_minute(
    visit: Appointment, policy: BookingPolicy, client_user: User
) -> None:
    policy.reschedule_cutoff, policy.cancel_cutoff = 12 * 60, 24 * 60
    policy.save()
    cutoff, day = timedelta(hours=12), timedelta(days=1)
    with time_machine.travel(visit.starts_at - cutoff, tick=False):
        moved = single.reschedule(
            actor=client_user, appointment=visit, start=visit.starts_at + 7 * day
        )
    late = moved.starts_at - cutoff + timedelta(microseconds=1)
    with time_machine.travel(late, tick=False):
        assert not services.may_change(moved)
        with pytest.raises(TooLate):
            single.reschedule(actor=client_user, appointment=moved, start=moved.starts_at + 7 * day)


def test_the_extra_time_of_a_first_visit_moves_along(
    visit: Appointment, client_user: User, client_record: Client
) -> None:
    first = Appointment.objects.get(pk=visit.pk)
    extra = timedelta(minutes=visit.option.buffer_after + visit.option.first_visit_extra)
    assert first.blocked.upper == first.ends_at + extra
    # By now it is not the only one any more.
    booked_appointment(client_record, starts_at=first.starts_at + timedelta(days=14))
    single.reschedule(
        actor=client_user, appointment=visit, start=visit.starts_at + timedelta(days=7)
    )
    first.refresh_from_db()
    assert first.blocked.upper == first.ends_at + extra


def test_what_does_not_follow_from_a_state_is_refused(visit: Appointment) -> None:
    for wrong in ("fulfilled", "held", "nonsense"):
        with pytest.raises(InvalidTransition):
            services.mark(actor=None, appointment=visit, status=wrong)
    for right in ("arrived", "checked-in", "fulfilled"):
        services.mark(actor=None, appointment=visit, status=right)
    with pytest.raises(InvalidTransition):
        services.mark(actor=None, appointment=visit, status="noshow")


def test_nobody_has_missed_a_visit_before_it_begins(
    visit: Appointment, prescription: Prescription, desk_user: User
) -> None:
    with pytest.raises(InvalidTransition):
        services.mark(actor=desk_user, appointment=visit, status="noshow")
    assert Appointment.objects.get(pk=visit.pk).status == "booked"
    prescription.refresh_from_db()
    assert prescription.reserved == 1


def test_once_its_time_has_come_only_staff_cancel_a_visit(
    visit: Appointment, client_user: User, desk_user: User
) -> None:
    with time_machine.travel(visit.starts_at, tick=False):
        with pytest.raises(TooLate):
            single.cancel(actor=client_user, appointment=visit)
        assert Appointment.objects.get(pk=visit.pk).status == "booked"
        single.cancel(actor=desk_user, appointment=visit)
    assert visit.status == "cancelled"


def test_a_missed_visit_goes_back_to_the_prescription_and_can_be_taken_back(
    visit: Appointment, prescription: Prescription, desk_user: User
) -> None:
    with time_machine.travel(visit.starts_at + timedelta(minutes=20)):
        services.mark(actor=desk_user, appointment=visit, status="noshow")
    prescription.refresh_from_db()
    assert prescription.reserved == 0
    services.mark(actor=desk_user, appointment=visit, status="booked")
    assert services.tie_prescription(appointment=visit)
    prescription.refresh_from_db()
    assert prescription.reserved == 1


def test_nor_when_the_client_has_another_visit_at_that_time(
    visit: Appointment, desk_user: User, client_record: Client, diary: list[Therapist]
) -> None:
    with time_machine.travel(visit.starts_at + timedelta(minutes=20)):
        services.mark(actor=desk_user, appointment=visit, status="noshow")
    room = visit.location.rooms.exclude(pk=visit.room_id).first()
    booked_appointment(client_record, starts_at=visit.starts_at, therapist=diary[1], room=room)
    with pytest.raises(AlreadyBooked):
        services.mark(actor=desk_user, appointment=visit, status="booked")
    assert Appointment.objects.get(pk=visit.pk).status == "noshow"


def test_a_missed_visit_cannot_be_taken_back_when_its_time_is_given_away(
    visit: Appointment, desk_user: User, other_client: Client
) -> None:
    with time_machine.travel(visit.starts_at + timedelta(minutes=20)):
        services.mark(actor=desk_user, appointment=visit, status="noshow")
    booked_appointment(
        other_client, starts_at=visit.starts_at, therapist=visit.therapist, room=visit.room
    )
    with pytest.raises(SlotTaken):
        services.mark(actor=desk_user, appointment=visit, status="booked")
    assert Appointment.objects.get(pk=visit.pk).status == "noshow"


def test_self_pay_gives_the_visit_back_and_takes_the_other_price(
    visit: Appointment,
    prescription: Prescription,
    desk_user: User,
    options: dict[tuple[str, int], ServiceOption],
) -> None:
    other = options["therapeutic", 60]
    other.price_cents = 9000
    other.save()
    services.switch_to_self_pay(actor=desk_user, appointment=visit)
    kept = Appointment.objects.get(pk=visit.pk)
    assert (kept.option, kept.price_cents, kept.reservation) == (other, 9000, None)
    prescription.refresh_from_db()
    assert prescription.reserved == 0
