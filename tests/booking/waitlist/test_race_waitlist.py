"""The waitlist with many at once, on real connections."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import IntegrityError
from django.utils import timezone

from booking.errors import SlotTaken
from booking.models import Appointment, WaitlistEntry, WaitlistOffer
from booking.visits import placement
from booking.waitlist import queue
from booking.waitlist import services as waitlist
from booking.waitlist.errors import OfferOver
from clinic.errors import DomainError
from clinic.models import Message
from tests.booking import single
from tests.booking.factories import at, make_hours, make_policy
from tests.booking.racing import all_at_once, overlaps
from tests.booking.waiting import ghosts, in_line, the_offer
from tests.factories import make_client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from clinic.models import Client, Location, Room, ServiceOption, Therapist, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

Options = dict[tuple[str, int], "ServiceOption"]


@pytest.fixture(autouse=True)
def _noon(location: Location, day: date) -> Iterator[None]:
    """Noon of the day before: never at night."""
    with time_machine.travel(at(location, "12:00", day - timedelta(days=1)), tick=True):
        yield


@pytest.fixture
def hour(options: Options) -> ServiceOption:
    return options["therapeutic", 60]


@pytest.fixture
def two_hours(
    therapist: Therapist, rooms: list[Room], location: Location, hour: ServiceOption
) -> Therapist:
    """Room for two sessions each weekday, the first at ten."""
    make_policy(location)
    make_hours([therapist], location, "10:00", "12:30")
    return therapist


def waiting(count: int, hour: ServiceOption, day: date) -> list[WaitlistEntry]:
    return [
        in_line(make_client("Client", f"Number {number}"), hour, day) for number in range(count)
    ]


def test_sweeps_at_once_offer_each_time_once_and_in_order(
    two_hours: Therapist, hour: ServiceOption, day: date
) -> None:
    found = waiting(5, hour, day)
    all_at_once(6, lambda _number: str(waitlist.sweep()))
    offers = WaitlistOffer.objects.order_by("starts_at")
    assert [offer.entry for offer in offers] == found[:2]
    assert len({offer.starts_at for offer in offers}) == 2
    assert Message.objects.filter(kind=waitlist.OFFER).count() == 2
    assert ghosts() == []


@pytest.mark.parametrize("turn", range(6))
def test_accepting_while_it_runs_out_has_one_effect(
    two_hours: Therapist, hour: ServiceOption, day: date, turn: int
) -> None:
    (entry,) = waiting(1, hour, day)
    waitlist.sweep()
    offer = the_offer()

    def attempt(number: int) -> str:
        fresh = queue.offers().get(pk=offer.pk)
        if (number + turn) % 2:
            return "expired" if waitlist.expire(offer=fresh) else "late"
        try:
            waitlist.accept(actor=None, offer=fresh)
        except OfferOver:
            return "over"
        return "taken"

    outcomes = all_at_once(4, attempt)

    offer.refresh_from_db()
    entry.refresh_from_db()
    if offer.status == "taken":
        assert outcomes.count("taken") == 2  # the second click finds the first one's visit
        assert "expired" not in outcomes
        assert entry.status == "booked"
        assert Appointment.objects.get().status == "booked"
    else:
        assert (offer.status, entry.status) == ("expired", "waiting")
        assert outcomes.count("expired") == 1
        assert "taken" not in outcomes
        assert not Appointment.objects.exists()
    assert ghosts() == []


def test_yes_and_no_at_once_have_one_effect(
    two_hours: Therapist, hour: ServiceOption, day: date
) -> None:
    waiting(1, hour, day)
    waitlist.sweep()
    offer = queue.offers().get(pk=the_offer().pk)

    def attempt(number: int) -> str:
        try:
            if number % 2:
                waitlist.decline(actor=None, offer=offer)
                return "declined"
            waitlist.accept(actor=None, offer=offer)
        except OfferOver:
            return "over"
        return "taken"

    outcomes = set(all_at_once(4, attempt)) - {"over"}
    offer.refresh_from_db()
    assert len(outcomes) == 1
    assert outcomes == {offer.status}
    assert Appointment.objects.filter(status="booked").count() == (offer.status == "taken")
    assert ghosts() == []


def test_a_visitor_and_the_waitlist_at_one_time_have_one_winner(
    two_hours: Therapist, hour: ServiceOption, day: date, ten: datetime
) -> None:
    waiting(1, hour, day)

    def attempt(number: int) -> str:
        if number % 2:
            return "offered" if waitlist.sweep() else "nothing"
        try:
            single.hold(option=hour, start=ten)
        except SlotTaken:
            return "taken"
        return "held"

    all_at_once(6, attempt)
    assert overlaps() == 0
    assert WaitlistOffer.objects.count() == 1  # there is a second one for who waits


def test_a_crowd_that_waits_answers_leaves_books_and_cancels_leaves_no_ghost(
    diary: list[Therapist],
    hour: ServiceOption,
    options: Options,
    client_record: Client,
    desk_user: User,
    day: date,
    ten: datetime,
) -> None:
    people = [make_client("Client", f"Number {number}") for number in range(8)]
    half = options["therapeutic", 30]

    def attempt(number: int) -> str:
        chance = Random(number)
        me = people[number]
        for _turn in range(10):
            act = chance.choice(["join", "sweep", "sweep", "answer", "answer", "book", "leave"])
            mine = queue.offers().filter(entry__client=me, status="open").first()
            entry = queue.of_client(me).first()
            try:
                if act == "join":
                    in_line(me, chance.choice([hour, half]), day, days=2)
                elif act == "sweep":
                    waitlist.sweep()
                elif act == "answer" and mine:
                    if chance.random() < 0.5:
                        waitlist.accept(actor=None, offer=mine)
                    elif chance.random() < 0.5:
                        waitlist.decline(actor=None, offer=mine)
                    else:
                        waitlist.expire(offer=mine)
                elif act == "book":
                    start = ten + timedelta(minutes=15 * chance.randrange(20))
                    made = single.book_for_desk(
                        actor=desk_user, client=me, option=half, start=start
                    )
                    if chance.random() < 0.5:
                        single.cancel(actor=desk_user, appointment=made)
                elif act == "leave" and entry:
                    waitlist.leave(actor=desk_user, entry=entry)
            except DomainError:
                pass
            except IntegrityError as error:
                if placement.violated(error) != "waitlist_once_per_session":
                    raise
        return "done"

    all_at_once(len(people), attempt)  # a deadlock would surface here as an error

    assert overlaps() == 0
    assert ghosts() == []
    now = timezone.now()
    assert not queue.lapsed(now).exists()
    taken = WaitlistOffer.objects.filter(status="taken")
    assert taken.filter(appointment__status__in=["booked", "cancelled"]).count() == taken.count()
