"""What changes between the look at a time and the write: the write knows."""

from __future__ import annotations

import time
from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection, transaction

from booking import selectors
from booking.errors import NotBookable, SlotTaken
from booking.models import Appointment, AppointmentStatus, BookingPolicy, TimeOff
from booking.visits import coverage, placement, services
from clinic.errors import InvalidTransition
from clinic.models import Training
from prescriptions.models import Prescription
from tests.booking import single
from tests.booking.factories import booked_appointment
from tests.prescriptions.factories import approved_prescription

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from clinic.models import Client, ServiceOption, Therapist, User

DAY = timedelta(days=1)
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
    single.hold(option=option, start=later, therapist=who, replaces=token)


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
    token = single.hold(option=option60, start=ten, therapist=diary[0]).hold_token
    assert token is not None

    def other_tab() -> None:
        try:
            give_up(token, option60, ten, diary[1])
        finally:
            connection.close()

    tab = Thread(target=other_tab)
    with transaction.atomic():
        visit = single.book(actor=client_user, hold_token=token, client=client_record)
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
        held = single.hold(option=option60, start=ten, therapist=diary[0])
    assert held.hold_token is not None
    with (
        time_machine.travel(ten - timedelta(minutes=109), tick=False),
        pytest.raises(SlotTaken),
    ):
        single.book(actor=client_user, hold_token=held.hold_token, client=client_record)
    with time_machine.travel(ten - timedelta(minutes=111), tick=False):
        single.book(actor=client_user, hold_token=held.hold_token, client=client_record)


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
        held = single.hold(option=option60, start=ten, therapist=diary[0])
    assert held.hold_token is not None
    with time_machine.travel(ten, tick=False), pytest.raises(SlotTaken):
        single.book(actor=client_user, hold_token=held.hold_token, client=client_record)


@pytest.mark.django_db
def test_a_visit_that_was_tied_while_it_is_moved_is_not_moved_unseen(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, client_record: Client
) -> None:
    visit = booked_appointment(client_record, starts_at=ten, therapist=diary[0], option=option60)
    seen = selectors.appointments().get(pk=visit.pk)
    approved_prescription(client_record)
    assert coverage.tie_prescription(appointment=visit)
    later = ten + timedelta(days=7)
    with pytest.raises(InvalidTransition), transaction.atomic():
        placement.place([seen], therapist_ids=[diary[0].pk], start=later)
    visit.refresh_from_db()
    assert visit.starts_at == ten
    assert visit.reservation is not None


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["hold", "move", "desk"])
def test_a_time_that_is_closed_after_it_was_found_free_is_not_given(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    client_user: User,
    desk_user: User,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
) -> None:
    visit = booked_appointment(client_record, starts_at=ten, therapist=diary[0], option=option60)
    at, first_of = ten + timedelta(hours=3), placement.first_of

    def closed_in_between(choices: Any, take: Any) -> Any:
        found = list(choices)
        TimeOff.objects.create(location=visit.location, starts_at=at, ends_at=at + DAY)
        return first_of(found, take)

    monkeypatch.setattr(placement, "first_of", closed_in_between)
    fresh = selectors.appointments().get(pk=visit.pk)
    ways = {
        "hold": lambda: single.hold(option=option60, start=at),
        "move": lambda: single.reschedule(actor=client_user, appointment=fresh, start=at),
        "desk": lambda: single.book_for_desk(
            actor=desk_user, client=client_record, option=option60, start=at
        ),
    }
    with pytest.raises(SlotTaken):
        ways[what]()
    assert Appointment.objects.get().starts_at == ten


@pytest.fixture
def waiting(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, client_record: Client
) -> Appointment:
    """A visit that was booked before there was the prescription that could cover it."""
    visit = booked_appointment(client_record, starts_at=ten, therapist=diary[0], option=option60)
    approved_prescription(client_record)
    return selectors.appointments().get(pk=visit.pk)


def kept_visits() -> int:
    return Prescription.objects.get().reserved


@pytest.mark.django_db
def test_a_visit_that_was_tied_since_it_was_read_is_given_back_when_it_is_cancelled(
    waiting: Appointment, client_user: User
) -> None:
    assert coverage.tie_prescription(appointment=Appointment.objects.get(pk=waiting.pk))
    assert (waiting.reservation, kept_visits()) == (None, 1)
    single.cancel(actor=client_user, appointment=waiting)
    assert kept_visits() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["client_user", "desk_user"])
def test_a_visit_that_is_tied_while_it_is_cancelled_is_not_cancelled_unseen(
    request: pytest.FixtureRequest,
    waiting: Appointment,
    monkeypatch: pytest.MonkeyPatch,
    who: str,
) -> None:
    """Else it would keep a visit of the prescription for good."""
    release = coverage.release

    def released_and_tied(actor: User | None, visit: Appointment) -> None:
        release(actor, visit)
        assert coverage.tie_prescription(appointment=Appointment.objects.get(pk=visit.pk))

    monkeypatch.setattr(coverage, "release", released_and_tied)
    with pytest.raises(InvalidTransition), transaction.atomic():
        single.cancel(actor=request.getfixturevalue(who), appointment=waiting)
    waiting.refresh_from_db()
    assert waiting.status == AppointmentStatus.BOOKED


@pytest.mark.django_db
def test_a_visit_that_is_cancelled_while_it_is_tied_keeps_nothing_of_the_prescription(
    waiting: Appointment, client_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve = coverage.reserve

    def reserved_and_cancelled(actor: User | None, client: Client, visit: Appointment) -> Any:
        reservation = reserve(actor, client, visit)
        single.cancel(actor=client_user, appointment=Appointment.objects.get(pk=visit.pk))
        assert kept_visits() == 1
        return reservation

    monkeypatch.setattr(coverage, "reserve", reserved_and_cancelled)
    assert not coverage.tie_prescription(appointment=waiting)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.reservation) == (AppointmentStatus.CANCELLED, None)
    assert kept_visits() == 0


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
