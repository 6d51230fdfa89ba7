"""What changes between the look at a time and the write: the write knows."""

from __future__ import annotations

import time
from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import connection, transaction

from booking import covering, placing, selectors, services
from booking.errors import NotBookable, SlotTaken
from booking.models import Appointment, AppointmentStatus, BookingPolicy
from clinic.errors import InvalidTransition
from clinic.models import Training
from tests.booking.factories import booked_appointment
from tests.prescriptions.factories import approved_prescription

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from clinic.models import Client, ServiceOption, Therapist, User

WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def while_somebody_waits(limit: float = 20) -> None:
    """Until another connection queues for a lock of ours."""
    until = time.monotonic() + limit
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # one look per transaction else
            cursor.execute(WAITING)
            if cursor.fetchone() != (0,):
                return
        time.sleep(0.02)
    pytest.fail("nobody waits")


def let_go(token: UUID, _option: ServiceOption, _start: datetime, _who: Therapist) -> None:
    services.let_go(token)


def take_another(token: UUID, option: ServiceOption, start: datetime, who: Therapist) -> None:
    later = start + timedelta(days=7)
    services.hold(actor=None, option=option, start=later, therapist=who, replaces=token)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("give_up", [let_go, take_another])
def test_a_hold_given_up_while_it_is_being_booked_stays_booked(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    client_user: User,
    give_up: Callable[[UUID, ServiceOption, datetime, Therapist], None],
) -> None:
    token = services.hold(actor=None, option=option60, start=ten, therapist=diary[0]).hold_token
    assert token is not None

    def other_tab() -> None:
        try:
            give_up(token, option60, ten, diary[1])
        finally:
            connection.close()

    tab = Thread(target=other_tab)
    with transaction.atomic():
        visit = services.book(actor=client_user, hold_token=token, client=client_record)
        tab.start()
        while_somebody_waits()
    tab.join()
    assert Appointment.objects.get(pk=visit.pk).status == AppointmentStatus.BOOKED


@pytest.mark.django_db
def test_a_hold_that_lapsed_is_booked_only_outside_the_notice(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    client_user: User,
) -> None:
    with time_machine.travel(ten - timedelta(minutes=120), tick=False):
        held = services.hold(actor=None, option=option60, start=ten, therapist=diary[0])
    assert held.hold_token is not None
    with (
        time_machine.travel(ten - timedelta(minutes=109), tick=False),
        pytest.raises(SlotTaken),
    ):
        services.book(actor=client_user, hold_token=held.hold_token, client=client_record)
    with time_machine.travel(ten - timedelta(minutes=111), tick=False):
        services.book(actor=client_user, hold_token=held.hold_token, client=client_record)


@pytest.mark.django_db
def test_nobody_books_a_time_that_has_begun(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    client_user: User,
) -> None:
    BookingPolicy.objects.update(min_notice=0)
    with time_machine.travel(ten - timedelta(minutes=1), tick=False):
        held = services.hold(actor=None, option=option60, start=ten, therapist=diary[0])
    assert held.hold_token is not None
    with time_machine.travel(ten, tick=False), pytest.raises(SlotTaken):
        services.book(actor=client_user, hold_token=held.hold_token, client=client_record)


@pytest.mark.django_db
def test_a_visit_that_was_tied_while_it_is_moved_is_not_moved_unseen(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, client_record: Client
) -> None:
    visit = booked_appointment(client_record, starts_at=ten, therapist=diary[0], option=option60)
    seen = selectors.appointments().get(pk=visit.pk)
    approved_prescription(client_record)
    assert covering.tie(None, visit)
    later = ten + timedelta(days=7)
    with pytest.raises(InvalidTransition), transaction.atomic():
        placing.place(seen, therapist_id=diary[0].pk, start=later)
    visit.refresh_from_db()
    assert visit.starts_at == ten
    assert visit.reservation is not None


@pytest.mark.django_db
def test_a_self_pay_session_blocks_its_own_buffers(
    diary: list[Therapist],
    options: dict[tuple[str, int], ServiceOption],
    ten: datetime,
    client_record: Client,
    client_user: User,
) -> None:
    plain = options["therapeutic", 60]
    plain.buffer_after = 30
    plain.save()
    visit = booked_appointment(
        client_record, starts_at=ten, therapist=diary[0], option=options["medical", 60]
    )
    services.switch_to_self_pay(actor=client_user, appointment=visit)
    visit.refresh_from_db()
    assert visit.blocked.upper == visit.ends_at + timedelta(minutes=30)


@pytest.mark.django_db
def test_a_session_is_not_switched_to_one_its_therapist_may_not_give(
    diary: list[Therapist],
    options: dict[tuple[str, int], ServiceOption],
    ten: datetime,
    client_record: Client,
    client_user: User,
) -> None:
    service = options["therapeutic", 60].service
    service.training = Training.objects.create(name="Oncology massage")
    service.save()
    visit = booked_appointment(
        client_record, starts_at=ten, therapist=diary[0], option=options["medical", 60]
    )
    with pytest.raises(NotBookable):
        services.switch_to_self_pay(actor=client_user, appointment=visit)
    visit.refresh_from_db()
    assert visit.option == options["medical", 60]
