"""People who hold, book, move, cancel and walk away all at once; what they were told stays true."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from booking.models import Appointment
from booking.visits import services
from clinic.errors import DomainError
from clinic.models import AuditEvent, Message
from prescriptions.models import Prescription, VisitReservation
from tests.booking import single
from tests.booking.racing import all_at_once, overlaps, unguarded
from tests.factories import make_client
from tests.prescriptions.factories import approved_prescription

if TYPE_CHECKING:
    from uuid import UUID

    from clinic.models import Client, ServiceOption, Therapist, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

PEOPLE = 8
TURNS = 14
VISITS = 4  # prescribed to each; fewer than they try to book
LONG_AGO = timedelta(hours=1)


@dataclass(slots=True)
class Person:
    """One tab with its own chance, and what it was told of its bookings."""

    client: Client
    desk: User
    option: ServiceOption
    staff: list[Therapist]
    around: datetime
    chance: Random
    told: dict[UUID, tuple[str, datetime]] = field(default_factory=dict)
    overlaps_seen: int = 0

    def some_time(self) -> datetime:
        return self.around + timedelta(minutes=15 * self.chance.randrange(-4, 24))

    def note(self, appointment: Appointment) -> None:
        self.told[appointment.pk] = appointment.status, appointment.starts_at

    def own(self) -> Appointment | None:
        mine = [pk for pk, (status, _start) in self.told.items() if status == "booked"]
        if not mine:
            return None
        return Appointment.objects.with_names().get(pk=self.chance.choice(mine))

    def live(self) -> None:
        acts = [self.hold_some, self.hold_some, self.book_at_the_desk, self.move, self.cancel]
        for turn in range(TURNS):
            # All begin with the same wish.
            act = self.chance.choice(acts) if turn else self.hold_the_first
            with suppress(DomainError):
                act()
            self.overlaps_seen += overlaps()

    def hold_the_first(self) -> None:
        self.hold_and_decide(self.around, self.staff[0])

    def hold_some(self) -> None:
        self.hold_and_decide(self.some_time(), self.chance.choice([None, *self.staff]))

    def hold_and_decide(self, start: datetime, therapist: Therapist | None) -> None:
        with suppress(DomainError):
            held = single.hold(option=self.option, start=start, therapist=therapist)
            decision = self.chance.random()
            if decision < 0.2:  # goes back
                services.let_go(held.hold_token)
            elif decision < 0.4:  # walks away
                late = timezone.now() - LONG_AGO
                Appointment.objects.filter(pk=held.pk).update(held_until=late)
                services.expire_holds()
            else:
                assert held.hold_token
                self.note(
                    single.book(
                        actor=self.client.user, hold_token=held.hold_token, client=self.client
                    )
                )

    def book_at_the_desk(self) -> None:
        therapist = self.chance.choice([None, *self.staff])
        made = single.book_for_desk(
            actor=self.desk,
            client=self.client,
            option=self.option,
            start=self.some_time(),
            therapist=therapist,
        )
        self.note(made)

    def move(self) -> None:
        if own := self.own():
            start = self.some_time()
            self.note(single.reschedule(actor=self.desk, appointment=own, start=start))

    def cancel(self) -> None:
        if own := self.own():
            self.note(single.cancel(actor=self.desk, appointment=own))


@pytest.fixture
def people(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, desk_user: User
) -> list[Person]:
    """Each with a prescription; the last two are tabs of one client."""
    clients = [make_client("Client", f"Number {number}") for number in range(PEOPLE - 1)]
    for client in clients:
        approved_prescription(client, visits=VISITS)
    return [
        Person(client, desk_user, option60, diary, ten, Random(number))
        for number, client in enumerate([*clients, clients[-1]])
    ]


def live_together(people: list[Person]) -> None:
    """A deadlock, or anything else that nobody should be shown, is raised here."""

    def attempt(number: int) -> str:
        people[number].live()
        return "done"

    all_at_once(len(people), attempt)


def test_nothing_overlaps_nothing_is_lost_and_visits_add_up(people: list[Person]) -> None:
    live_together(people)

    assert overlaps() + sum(person.overlaps_seen for person in people) == 0
    told = {pk: what for person in people for pk, what in person.told.items()}
    kept = {
        pk: (status, starts_at)
        for pk, status, starts_at in Appointment.objects.exclude(status="held").values_list(
            "pk", "status", "starts_at"
        )
    }
    assert kept == told
    assert any(status == "booked" for status, _start in told.values())
    assert_visits_add_up()
    assert_told_once_each(told)


def assert_visits_add_up() -> None:
    for prescription in Prescription.objects.all():
        entries = prescription.reservations.filter(status=VisitReservation.Status.RESERVED)
        visits = Appointment.objects.filter(reservation__prescription=prescription, status="booked")
        assert visits.count() == entries.count() == prescription.reserved
        assert prescription.reserved <= prescription.authorized
    assert Appointment.objects.filter(reservation__isnull=False).exists()


def assert_told_once_each(told: dict[UUID, tuple[str, datetime]]) -> None:
    """Each booking was written to the client and to the record, once."""
    messages = Message.objects.filter(kind="booking.confirmed").values_list("about", flat=True)
    events = AuditEvent.objects.filter(action="appointment.booked")
    booked = sorted(str(pk) for pk in told)
    assert sorted(str(about) for about in messages) == booked
    assert sorted(events.values_list("object_id", flat=True)) == booked


def test_control_without_constraint_and_lock_the_same_people_overlap(
    people: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    with unguarded(monkeypatch, lookers=PEOPLE):
        live_together(people)

        assert sum(person.overlaps_seen for person in people) > 0
