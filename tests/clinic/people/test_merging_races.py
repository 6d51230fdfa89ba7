"""Two at once on real connections: one merge, and nothing is lost that comes in the meantime."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
from django.db import connection, transaction

from clinic.errors import DomainError
from clinic.models import Client, ClientMerge, Message
from clinic.people.merging import errors, services
from clinic.people.merging.changes import Changes
from tests.booking import single
from tests.booking.factories import at, booked_appointment, make_hours
from tests.booking.racing import all_at_once
from tests.clinic.merging import holdings, join
from tests.factories import make_client
from tests.locks import elsewhere
from tests.prescriptions.factories import approved_prescription

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import Model

    from clinic.models import Location, ServiceOption, Therapist, User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def twin(location: Location) -> Client:
    return make_client("Anna", "Lima")


def test_two_who_join_the_same_pair_at_once_make_one_merge(
    client_record: Client, twin: Client, desk_user: User
) -> None:
    pairs = [(client_record, twin), (twin, client_record)]

    def attempt(number: int) -> str:
        try:
            join(desk_user, *pairs[number % 2])
        except errors.AlreadyMerged:
            return "refused"
        return "joined"

    assert sorted(all_at_once(4, attempt)) == ["joined"] + ["refused"] * 3
    made = ClientMerge.objects.get()
    assert list(Client.objects.all()) == [made.kept]


def test_two_who_undo_at_once_undo_it_once(
    client_record: Client, twin: Client, desk_user: User
) -> None:
    made = join(desk_user, client_record, twin)

    def attempt(_number: int) -> str:
        try:
            services.undo(actor=desk_user, merge=made)
        except errors.AlreadyUndone:
            return "refused"
        return "undone"

    assert sorted(all_at_once(2, attempt)) == ["refused", "undone"]
    assert Client.objects.count() == 2


def test_what_is_booked_during_a_merge_lands_in_the_one_record(
    client_record: Client,
    twin: Client,
    desk_user: User,
    therapists: list[Therapist],
    location: Location,
    rooms: list[object],
    option60: ServiceOption,
) -> None:
    make_hours(therapists, location)
    clocks = ["09:00", "11:00", "13:00", "15:00"]

    def attempt(number: int) -> str:
        if number == 0:
            join(desk_user, client_record, twin)
            return "joined"
        try:
            single.book_for_desk(
                actor=desk_user,
                client=twin,
                option=option60,
                start=at(location, clocks[number]),
                therapist=therapists[number],
            )
        except DomainError as refusal:
            return refusal.code
        return "booked"

    outcomes = all_at_once(4, attempt)
    assert set(outcomes) <= {"joined", "booked", "record_merged"}
    assert client_record.appointments.count() == outcomes.count("booked")
    assert not any(holdings(twin).values())


def meanwhile(work: Callable[[], None]) -> tuple[Thread, Event]:
    """Do this in a transaction of another connection and keep it open until told to end."""
    done, end = Event(), Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                work()
                done.set()
                end.wait(timeout=10)
        finally:
            connection.close()

    thread = Thread(target=hold)
    thread.start()
    assert done.wait(timeout=10)
    return thread, end


def test_a_merge_waits_for_a_row_that_is_being_added(
    client_record: Client, twin: Client, desk_user: User, location: Location
) -> None:
    thread, end = meanwhile(lambda: void(booked_appointment(twin)))
    joining = Thread(target=lambda: closing(lambda: void(join(desk_user, client_record, twin))))
    joining.start()
    joining.join(timeout=0.3)
    assert joining.is_alive()
    end.set()
    thread.join(timeout=10)
    joining.join(timeout=10)
    assert client_record.appointments.count() == 1


def test_a_merge_gives_way_to_whoever_is_at_work_and_says_so(
    client_record: Client, twin: Client, desk_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never makes the other one fail: a deadlock would end one of the two."""
    monkeypatch.setattr(services, "TRIES", 2)
    order = approved_prescription(twin)

    def review() -> None:
        type(order).objects.select_for_update(no_key=True).get(pk=order.pk)

    thread, end = meanwhile(review)
    with pytest.raises(errors.Busy):
        join(desk_user, client_record, twin)
    assert not ClientMerge.objects.exists()
    assert set(Client.objects.all()) == {client_record, twin}
    end.set()
    thread.join(timeout=10)
    join(desk_user, client_record, twin)


def void(_made: object) -> None:
    return None


def closing(work: Callable[[], None]) -> None:
    try:
        work()
    finally:
        connection.close()


def test_a_message_that_is_readdressed_is_not_sent_at_the_same_moment(
    client_record: Client, twin: Client, desk_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the merge, which read it as waiting, would have it sent a second time."""
    Client.objects.filter(pk=twin.pk).update(email="old@example.test")
    waits = Message.objects.create(
        kind="reminder", key="a", client=client_record, recipient="old@example.test", subject="x"
    )
    make = Changes.make
    locked: list[bool] = []

    def can_be_claimed() -> bool:
        rows = Message.objects.select_for_update(skip_locked=True).filter(pk=waits.pk)
        with transaction.atomic():
            return rows.first() is not None

    def watched(changes: Changes, row: Model, **after: object) -> None:
        if row == waits:
            locked.append(not elsewhere(can_be_claimed))
        make(changes, row, **after)

    monkeypatch.setattr(Changes, "make", watched)
    join(desk_user, client_record, Client.objects.get(pk=twin.pk))
    assert locked == [True]
