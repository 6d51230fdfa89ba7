"""A booking and a manager's change at the same moment: one of the two always knows of the other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from booking.models import Appointment, TimeOff
from booking.setup import absence, conflicts, services
from clinic.errors import DomainError
from tests.booking import single

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from clinic.models import Client, Location, ServiceOption, Therapist, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def together(*acts: Callable[[], object]) -> list[object]:
    """Each in a thread of its own, at once; what it returned or raised."""
    ready = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        try:
            ready.wait(timeout=5)
            return act()
        except DomainError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(acts)) as pool:
        return list(pool.map(run, acts))


def off(location: Location, person: Therapist, start: datetime) -> absence.PutTimeOff:
    return absence.PutTimeOff(
        location=location, therapist=person, starts_at=start, ends_at=start + timedelta(hours=1)
    )


@pytest.mark.parametrize("turn", range(6))
def test_time_off_and_a_booking_at_once_never_pass_each_other_unseen(
    diary: list[Therapist],
    location: Location,
    option60: ServiceOption,
    client_record: Client,
    desk_user: User,
    manager_user: User,
    ten: datetime,
    turn: int,
) -> None:
    person = diary[0]
    booked, closed = together(
        lambda: single.book_for_desk(
            actor=desk_user, client=client_record, option=option60, start=ten, therapist=person
        ),
        lambda: services.save(actor=manager_user, change=off(location, person, ten)),
    )
    is_booked, is_off = Appointment.objects.exists(), TimeOff.objects.exists()
    assert is_booked == isinstance(booked, Appointment)
    assert is_off == (closed == 0)
    # Where both went through, the booking came after the look: the list of the diary has it.
    assert bool(conflicts.find()) == (is_booked and is_off)


def test_two_managers_give_the_same_time_off_once(
    diary: list[Therapist], location: Location, manager_user: User, ten: datetime
) -> None:
    outcomes = together(
        *[
            lambda: services.save(actor=manager_user, change=off(location, diary[0], ten))
            for _number in range(4)
        ]
    )
    assert sorted(map(str, outcomes)).count("0") == 1
    assert TimeOff.objects.count() == 1


def test_changes_for_everybody_and_for_one_do_not_deadlock(
    diary: list[Therapist], location: Location, manager_user: User, ten: datetime
) -> None:
    days = [ten + timedelta(days=number) for number in range(4)]

    def one(number: int) -> Callable[[], object]:
        change = off(location, diary[number], days[number])
        return lambda: services.save(actor=manager_user, change=change)

    def everybody(number: int) -> Callable[[], object]:
        day = days[number].date() + timedelta(days=30)
        change = absence.CloseDates(location=location, days={day: ""})
        return lambda: services.save(actor=manager_user, change=change)

    outcomes = together(*[make(number) for number in range(4) for make in (one, everybody)])
    assert outcomes == [0] * 8
