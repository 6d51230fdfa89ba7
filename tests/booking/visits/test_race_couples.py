"""Couples who want the one double room at once: one gets it, and nobody gets half."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from random import Random
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from booking.errors import SlotTaken
from booking.models import Appointment
from booking.visits import parties, placement, services
from clinic.errors import DomainError
from clinic.models import Room, Therapist
from tests.booking import single
from tests.booking.racing import all_at_once, without_constraints
from tests.factories import make_client

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from clinic.models import ServiceOption, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

CROWD = 12


def strangers_together() -> int:
    """Pairs that share a therapist, or a room without being of one party."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM booking_appointment a JOIN booking_appointment b
              ON a.id < b.id AND a.blocked && b.blocked
             AND (a.therapist_id = b.therapist_id
                  OR (a.room_id = b.room_id AND a.party <> b.party))
             WHERE a.status NOT IN ('cancelled', 'noshow')
               AND b.status NOT IN ('cancelled', 'noshow')
            """
        )
        (count,) = cursor.fetchone()
    return int(count)


def halves() -> int:
    """Parties of which one half alone was ever written."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM (
                SELECT party FROM booking_appointment WHERE status <> 'cancelled'
                GROUP BY party HAVING count(*) <> 2 OR count(DISTINCT room_id) <> 1
                    OR count(DISTINCT starts_at) <> 1 OR count(DISTINCT status) <> 1) AS odd
            """
        )
        (count,) = cursor.fetchone()
    return int(count)


def test_many_couples_at_one_time_and_one_gets_the_room(
    diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    people = [make_client("Client", f"Number {number}") for number in range(2 * CROWD)]

    def attempt(number: int) -> str:
        try:
            held = services.hold(seats=2, option=option60, start=ten)
        except SlotTaken:
            return "taken"
        assert held[0].hold_token
        who = people[2 * number], people[2 * number + 1]
        services.book(actor=None, hold_token=held[0].hold_token, clients=who)
        return "booked"

    outcomes = all_at_once(CROWD, attempt)

    assert sorted(outcomes) == ["booked"] + ["taken"] * (CROWD - 1)
    assert Appointment.objects.count() == 2
    assert (strangers_together(), halves()) == (0, 0)


def test_control_without_constraints_and_locks_two_couples_share_a_room(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Shows that the race is real: the same attempts, with what prevents it taken away."""
    looked = Barrier(2)

    def look_together(pair: Sequence[Appointment], *_rest: object) -> Iterator[UUID]:
        """Both see the same free room before either writes; nobody locks anything."""
        looked.wait(timeout=10)
        doubles = Room.objects.filter(location=pair[0].location, capacity=2)
        return iter(doubles.values_list("pk", flat=True))

    monkeypatch.setattr(placement, "_rooms", look_together)
    monkeypatch.setattr(placement, "lock_therapist", lambda _pk: None)

    def attempt(_number: int) -> str:
        try:
            services.hold(seats=2, option=option60, start=ten)
        except SlotTaken:
            return "taken"
        return "held"

    with without_constraints():
        assert all_at_once(2, attempt) == ["held", "held"]
        assert strangers_together() > 0


def test_two_clicks_on_the_same_hold_make_one_couple(
    diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    who = make_client("Ana", "Lima"), make_client("Max", "Lima")
    held = services.hold(seats=2, option=option60, start=ten)

    def attempt(number: int) -> str:
        assert held[0].hold_token
        clients = who if number % 2 else (who[1], who[0])
        made = services.book(actor=None, hold_token=held[0].hold_token, clients=clients)
        return str(made[0].pk)

    assert set(all_at_once(4, attempt)) == {str(held[0].pk)}
    assert Appointment.objects.count() == 2


def test_couples_and_singles_that_book_move_and_cancel_leave_no_half_and_no_overlap(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, desk_user: User
) -> None:
    people = [make_client("Client", f"Number {number}") for number in range(16)]

    def some_time(chance: Random) -> datetime:
        return ten + timedelta(minutes=15 * chance.randrange(-4, 20))

    def attempt(number: int) -> str:
        chance = Random(number)
        who = people[2 * number], people[2 * number + 1]
        for _turn in range(6):
            with suppress(DomainError):
                if number % 4 == 3:  # a single in between, who wants any room
                    single.book_for_desk(
                        actor=desk_user, client=who[0], option=option60, start=some_time(chance)
                    )
                    continue
                pair = services.book_for_desk(
                    actor=desk_user, clients=who, option=option60, start=some_time(chance)
                )
                if chance.random() < 0.6:
                    pair = services.reschedule(
                        actor=desk_user, party=parties.both(pair[0]), start=some_time(chance)
                    )
                if chance.random() < 0.5:
                    services.cancel(actor=desk_user, party=parties.both(pair[1]))
        return "done"

    assert all_at_once(8, attempt) == ["done"] * 8
    assert strangers_together() == 0
    singles = [people[2 * number] for number in (3, 7)]
    Appointment.objects.filter(client__in=singles).delete()
    assert halves() == 0
