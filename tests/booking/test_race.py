"""Many at once, on real connections. Each race has a control that shows what the rules prevent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from random import Random
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.utils import timezone

from booking import placing, services
from booking.errors import SlotTaken
from booking.models import Appointment
from clinic.errors import DomainError
from clinic.models import Message, Room, Therapist
from tests.booking.factories import booked_appointment
from tests.factories import make_client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from clinic.models import Client, ServiceOption, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

CROWD = 50
CLASHES = (placing.THERAPIST_CLASH, placing.ROOM_CLASH)


def all_at_once(count: int, attempt: Callable[[int], str]) -> list[str]:
    """Run the attempts together, each on its own connection; what each came to."""
    together = Barrier(count)

    def one(number: int) -> str:
        try:
            together.wait(timeout=30)
            return attempt(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=count) as pool:
        return list(pool.map(one, range(count)))


def overlaps() -> int:
    """Pairs of appointments that share a therapist or a room and time."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM booking_appointment a JOIN booking_appointment b
              ON a.id < b.id AND a.blocked && b.blocked
             AND (a.therapist_id = b.therapist_id OR a.room_id = b.room_id)
             WHERE a.status NOT IN ('cancelled', 'noshow')
               AND b.status NOT IN ('cancelled', 'noshow')
            """
        )
        (count,) = cursor.fetchone()
    return int(count)


@contextmanager
def without_constraints() -> Iterator[None]:
    """Drop the exclusion constraints, and put them back when all is cleared away."""
    definitions = {}
    with connection.cursor() as cursor:
        for name in CLASHES:
            cursor.execute(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name]
            )
            (definitions[name],) = cursor.fetchone()
            cursor.execute(f"ALTER TABLE booking_appointment DROP CONSTRAINT {name}")
    try:
        yield
    finally:
        Appointment.objects.all().delete()
        with connection.cursor() as cursor:
            for name, definition in definitions.items():
                cursor.execute(
                    f"ALTER TABLE booking_appointment ADD CONSTRAINT {name} {definition}"
                )


def test_fifty_at_one_slot_make_one_appointment(
    diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    clients = [make_client("Client", f"Number {number}") for number in range(CROWD)]

    def attempt(number: int) -> str:
        try:
            held = services.hold(actor=None, option=option60, start=ten, therapist=diary[0])
        except SlotTaken:
            return "taken"
        assert held.hold_token
        services.book(actor=None, hold_token=held.hold_token, client=clients[number])
        return "booked"

    outcomes = all_at_once(CROWD, attempt)

    assert sorted(outcomes) == ["booked"] + ["taken"] * (CROWD - 1)
    assert Appointment.objects.count() == Appointment.objects.filter(status="booked").count() == 1


def test_twelve_at_one_time_with_anybody_fill_the_rooms_and_no_more(
    diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    def attempt(_number: int) -> str:
        try:
            services.hold(actor=None, option=option60, start=ten)
        except SlotTaken:
            return "taken"
        return "held"

    outcomes = all_at_once(12, attempt)

    assert outcomes.count("held") == 3  # four therapists, three rooms
    assert overlaps() == 0


def test_control_without_constraints_and_lock_two_win(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Shows that the race is real: the same attempts, with what prevents it taken away."""
    looked = Barrier(2)

    def look_together(appointment: Appointment, *_rest: object) -> Iterator[Room]:
        """Both see the same free room before either writes; nobody locks anything."""
        looked.wait(timeout=10)
        return iter(Room.objects.filter(location=appointment.location)[:1])

    monkeypatch.setattr(placing, "_rooms", look_together)
    monkeypatch.setattr(placing, "lock_therapist", lambda pk: Therapist.objects.get(pk=pk))

    def attempt(_number: int) -> str:
        try:
            services.hold(actor=None, option=option60, start=ten, therapist=diary[0])
        except SlotTaken:
            return "taken"
        return "held"

    with without_constraints():
        assert all_at_once(2, attempt) == ["held", "held"]
        assert overlaps() == 1


def test_two_clicks_on_the_same_hold_make_one_appointment(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, client_record: Client
) -> None:
    held = services.hold(actor=None, option=option60, start=ten)

    def attempt(_number: int) -> str:
        assert held.hold_token
        made = services.book(actor=None, hold_token=held.hold_token, client=client_record)
        return str(made.pk)

    assert set(all_at_once(4, attempt)) == {str(held.pk)}


def test_a_crowd_that_books_moves_cancels_and_lets_holds_lapse_leaves_no_overlap(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, desk_user: User
) -> None:
    clients = [make_client("Client", f"Number {number}") for number in range(8)]

    def some_time(chance: Random) -> datetime:
        return ten + timedelta(minutes=15 * chance.randrange(-4, 24))

    def attempt(number: int) -> str:
        chance = Random(number)
        mine = clients[number]
        done = 0
        for _turn in range(12):
            therapist = chance.choice([None, *diary])
            with suppress(DomainError):
                held = services.hold(
                    actor=None, option=option60, start=some_time(chance), therapist=therapist
                )
                if chance.random() < 0.3:  # walks away
                    late = timezone.now() - timedelta(hours=1)
                    Appointment.objects.filter(pk=held.pk).update(held_until=late)
                    services.expire_holds()
                    continue
                assert held.hold_token
                services.book(actor=None, hold_token=held.hold_token, client=mine)
                done += 1
            own = Appointment.objects.with_names().filter(client=mine, status="booked").first()
            with suppress(DomainError):
                if own is not None and chance.random() < 0.5:
                    services.reschedule(actor=desk_user, appointment=own, start=some_time(chance))
                elif own is not None and chance.random() < 0.4:
                    services.cancel(actor=desk_user, appointment=own)
        return "some" if done else "none"

    outcomes = all_at_once(len(clients), attempt)  # a deadlock would surface here as an error

    assert "some" in outcomes
    assert overlaps() == 0
    told = Message.objects.filter(kind="booking.confirmed").count()
    assert told == Appointment.objects.exclude(status="held").count()


def test_moving_into_each_others_time_never_overlaps_and_never_deadlocks(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    desk_user: User,
    client_record: Client,
    other_client: Client,
) -> None:
    first = booked_appointment(client_record, starts_at=ten, therapist=diary[0])
    rooms = list(first.location.rooms.all())
    second = booked_appointment(
        other_client, starts_at=ten, therapist=diary[1], room=rooms[1], option=option60
    )

    def attempt(number: int) -> str:
        appointment, therapist = (first, diary[1]) if number % 2 else (second, diary[0])
        fresh = Appointment.objects.with_names().get(pk=appointment.pk)
        try:
            services.reschedule(actor=desk_user, appointment=fresh, start=ten, therapist=therapist)
        except DomainError:
            return "refused"
        return "moved"

    all_at_once(6, attempt)
    assert overlaps() == 0
    assert Appointment.objects.filter(status="booked").count() == 2
