"""Many at once, on real connections. Each race has a control that shows what the rules prevent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from booking.errors import SlotTaken
from booking.models import Appointment
from clinic.errors import DomainError
from tests.booking import single
from tests.booking.factories import booked_appointment
from tests.booking.racing import all_at_once, overlaps, unguarded
from tests.factories import make_client

if TYPE_CHECKING:
    from datetime import datetime

    from clinic.models import Client, ServiceOption, Therapist, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

CROWD = 50


def crowd_at_one_slot(option: ServiceOption, start: datetime, therapist: Therapist) -> list[str]:
    clients = [make_client("Client", f"Number {number}") for number in range(CROWD)]

    def attempt(number: int) -> str:
        try:
            held = single.hold(option=option, start=start, therapist=therapist)
        except SlotTaken:
            return "taken"
        assert held.hold_token
        single.book(actor=None, hold_token=held.hold_token, client=clients[number])
        return "booked"

    return all_at_once(CROWD, attempt)


def test_fifty_at_one_slot_make_one_appointment(
    diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    outcomes = crowd_at_one_slot(option60, ten, diary[0])

    assert sorted(outcomes) == ["booked"] + ["taken"] * (CROWD - 1)
    assert Appointment.objects.count() == Appointment.objects.filter(status="booked").count() == 1


def test_control_without_constraint_and_lock_all_fifty_get_the_slot(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with unguarded(monkeypatch, lookers=CROWD):
        outcomes = crowd_at_one_slot(option60, ten, diary[0])

        assert outcomes == ["booked"] * CROWD
        assert overlaps() == CROWD * (CROWD - 1) // 2


def crowd_that_books_for_clients(
    option: ServiceOption, start: datetime, therapist: Therapist, desk: User
) -> list[str]:
    """The staff's path needs no hold."""
    clients = [make_client("Client", f"Number {number}") for number in range(12)]

    def attempt(number: int) -> str:
        try:
            single.book_for_desk(
                actor=desk, client=clients[number], option=option, start=start, therapist=therapist
            )
        except DomainError:
            return "refused"
        return "booked"

    return all_at_once(12, attempt)


def test_twelve_of_the_desk_at_one_slot_make_one_appointment(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, desk_user: User
) -> None:
    outcomes = crowd_that_books_for_clients(option60, ten, diary[0], desk_user)

    assert sorted(outcomes) == ["booked"] + ["refused"] * 11
    assert Appointment.objects.count() == 1


def test_control_without_constraint_and_lock_the_desk_books_twice(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    desk_user: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with unguarded(monkeypatch, lookers=12):
        outcomes = crowd_that_books_for_clients(option60, ten, diary[0], desk_user)

        assert outcomes == ["booked"] * 12
        assert overlaps() > 0


def twelve_with_anybody(option: ServiceOption, start: datetime) -> list[str]:
    def attempt(_number: int) -> str:
        try:
            single.hold(option=option, start=start)
        except SlotTaken:
            return "taken"
        return "held"

    return all_at_once(12, attempt)


def test_twelve_at_one_time_with_anybody_fill_the_rooms_and_no_more(
    diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    assert twelve_with_anybody(option60, ten).count("held") == 3  # four therapists, three rooms
    assert overlaps() == 0


def test_control_without_constraint_and_lock_twelve_share_three_rooms(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with unguarded(monkeypatch, lookers=12):
        assert twelve_with_anybody(option60, ten).count("held") == 12
        assert overlaps() > 0


def test_two_clicks_on_the_same_hold_make_one_appointment(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, client_record: Client
) -> None:
    held = single.hold(option=option60, start=ten)

    def attempt(_number: int) -> str:
        assert held.hold_token
        made = single.book(actor=None, hold_token=held.hold_token, client=client_record)
        return str(made.pk)

    assert set(all_at_once(4, attempt)) == {str(held.pk)}


@pytest.fixture
def side_by_side(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    other_client: Client,
) -> tuple[Appointment, Appointment]:
    """Two visits at the same time with two therapists in two rooms."""
    first = booked_appointment(client_record, starts_at=ten, therapist=diary[0])
    rooms = list(first.location.rooms.all())
    second = booked_appointment(
        other_client, starts_at=ten, therapist=diary[1], room=rooms[1], option=option60
    )
    return first, second


def move(appointment: Appointment, therapist: Therapist, actor: User) -> str:
    fresh = Appointment.objects.with_names().get(pk=appointment.pk)
    try:
        single.reschedule(
            actor=actor, appointment=fresh, start=fresh.starts_at, therapist=therapist
        )
    except DomainError:
        return "refused"
    return "moved"


def test_moving_into_each_others_time_never_overlaps_and_never_deadlocks(
    side_by_side: tuple[Appointment, Appointment], diary: list[Therapist], desk_user: User
) -> None:
    first, second = side_by_side

    def attempt(number: int) -> str:
        appointment, therapist = (first, diary[1]) if number % 2 else (second, diary[0])
        return move(appointment, therapist, desk_user)

    all_at_once(6, attempt)

    assert overlaps() == 0
    assert Appointment.objects.filter(status="booked").count() == 2


def moved_to_one_time(
    appointments: tuple[Appointment, Appointment], therapist: Therapist, actor: User
) -> list[str]:
    return all_at_once(2, lambda number: move(appointments[number], therapist, actor))


def test_of_two_that_move_to_one_therapist_at_once_one_is_moved(
    side_by_side: tuple[Appointment, Appointment], diary: list[Therapist], desk_user: User
) -> None:
    assert sorted(moved_to_one_time(side_by_side, diary[2], desk_user)) == ["moved", "refused"]
    assert overlaps() == 0


def test_control_without_constraint_and_lock_both_are_moved(
    side_by_side: tuple[Appointment, Appointment],
    diary: list[Therapist],
    desk_user: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with unguarded(monkeypatch, lookers=2):
        assert moved_to_one_time(side_by_side, diary[2], desk_user) == ["moved", "moved"]
        assert overlaps() == 1
