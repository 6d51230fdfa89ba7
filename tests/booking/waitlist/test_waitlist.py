from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from booking.errors import AlreadyBooked, SlotTaken
from booking.models import Appointment, WaitlistOffer
from booking.visits import services
from booking.waitlist import queue
from booking.waitlist import services as waitlist
from booking.waitlist.errors import OfferOver, OfferUnderWay, ReasonMissing
from clinic.errors import DomainError
from clinic.models import AuditEvent, Message
from tests.booking import single
from tests.booking.factories import (
    at,
    booked_appointment,
)
from tests.booking.waiting import ghosts, in_line, the_offer
from tests.factories import make_client
from tests.prescriptions.factories import approved_prescription
from tests.treatment.factories import mid_afternoon

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date, datetime

    from pytest_django import DjangoCaptureOnCommitCallbacks

    from clinic.models import Client, Location, Room, ServiceOption, Therapist, User

    Options = dict[tuple[str, int], ServiceOption]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _afternoon() -> Iterator[None]:
    with mid_afternoon():
        yield


def test_what_is_free_is_offered_to_the_first_in_line_and_kept_for_them(
    slot: Therapist,
    relaxing: ServiceOption,
    client_record: Client,
    other_client: Client,
    day: date,
    ten: datetime,
) -> None:
    first = in_line(client_record, relaxing, day)
    in_line(other_client, relaxing, day)
    assert waitlist.sweep() == 1
    offer = the_offer()
    assert offer.entry == first
    assert (offer.starts_at, offer.therapist) == (ten, slot)
    minutes = (offer.expires_at - timezone.now()).total_seconds() / 60
    assert 14 < minutes <= 15
    held = offer.appointment
    assert held is not None
    assert (held.status, held.held_until, held.client) == ("held", offer.expires_at, None)
    with pytest.raises(SlotTaken):
        single.hold(option=relaxing, start=ten)
    assert ghosts() == []


def test_the_message_says_when_and_until_when_and_nothing_else(
    slot: Therapist, relaxing: ServiceOption, client_record: Client, day: date
) -> None:
    in_line(client_record, relaxing, day)
    waitlist.sweep()
    offer = the_offer()
    message = Message.objects.get(about=offer.pk)
    assert message.recipient == "ana@example.test"
    assert message.expires_at == offer.expires_at
    assert message.subject.startswith("A time has opened up: ")
    assert message.subject.endswith("10:00 am")
    assert f"/book/offer/{offer.token}/" in message.body
    assert "It is held for you until 3:1" in message.body
    assert "herapeutic" not in message.body
    assert "Lima" not in message.body


def test_a_time_is_offered_once_however_often_it_is_looked_for(
    slot: Therapist, relaxing: ServiceOption, client_record: Client, day: date
) -> None:
    in_line(client_record, relaxing, day)
    assert [waitlist.sweep() for _turn in range(3)] == [1, 0, 0]
    assert Message.objects.filter(kind=waitlist.OFFER).count() == 1


def test_accepting_books_it_like_any_other(
    slot: Therapist, relaxing: ServiceOption, client_record: Client, client_user: User, day: date
) -> None:
    entry = in_line(client_record, relaxing, day)
    waitlist.sweep()
    offer = the_offer()
    made = waitlist.accept(actor=client_user, offer=offer)
    assert (made.status, made.client, made.booked_by) == ("booked", client_record, client_user)
    assert made.held_until is None
    offer.refresh_from_db()
    entry.refresh_from_db()
    assert (offer.status, offer.appointment_id, entry.status) == ("taken", made.pk, "booked")
    assert Message.objects.get(about=made.pk).kind == "booking.confirmed"
    assert Message.objects.get(about=offer.pk).status == "cancelled"  # had not gone out yet
    told = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"waitlist.offered", "waitlist.taken", "appointment.booked"} <= told
    assert ghosts() == []


def test_a_second_click_finds_the_same_visit(
    slot: Therapist, relaxing: ServiceOption, client_record: Client, day: date
) -> None:
    in_line(client_record, relaxing, day)
    waitlist.sweep()
    offer = the_offer()
    first = waitlist.accept(actor=None, offer=offer)
    assert waitlist.accept(actor=None, offer=offer) == first
    assert Appointment.objects.count() == 1
    assert Message.objects.filter(kind="booking.confirmed").count() == 1


def test_the_link_alone_books_for_the_login_it_was_sent_to_and_ties_the_prescription(
    slot: Therapist, option60: ServiceOption, client_record: Client, client_user: User, day: date
) -> None:
    prescription = approved_prescription(client_record)
    in_line(client_record, option60, day)
    waitlist.sweep()
    made = waitlist.accept(actor=None, offer=the_offer())
    assert made.booked_by == client_user
    assert made.reservation is not None
    assert made.reservation.prescription == prescription


def test_declining_frees_the_time_for_the_next_and_keeps_the_place(
    slot: Therapist,
    relaxing: ServiceOption,
    client_record: Client,
    other_client: Client,
    day: date,
) -> None:
    first = in_line(client_record, relaxing, day)
    second = in_line(other_client, relaxing, day)
    waitlist.sweep()
    offer = the_offer()
    waitlist.decline(actor=None, offer=offer)
    assert not Appointment.objects.exists()
    assert Message.objects.get(about=offer.pk).status == "cancelled"
    assert waitlist.sweep() == 1
    assert the_offer().entry == second
    first.refresh_from_db()
    assert first.status == "waiting"
    waitlist.decline(actor=None, offer=the_offer())
    assert waitlist.sweep() == 0  # nobody is offered the same time again
    with pytest.raises(OfferOver):
        waitlist.decline(actor=None, offer=offer)
    with pytest.raises(OfferOver):
        waitlist.accept(actor=None, offer=offer)
    assert ghosts() == []


def test_an_offer_that_runs_out_moves_on_to_the_next(
    slot: Therapist,
    relaxing: ServiceOption,
    client_record: Client,
    other_client: Client,
    day: date,
) -> None:
    in_line(client_record, relaxing, day)
    second = in_line(other_client, relaxing, day)
    waitlist.sweep()
    offer = the_offer()
    with time_machine.travel(offer.expires_at - timedelta(seconds=1), tick=False):
        assert waitlist.sweep() == 0
    with time_machine.travel(offer.expires_at, tick=False):
        with pytest.raises(OfferOver):
            waitlist.accept(actor=None, offer=offer)
        assert waitlist.sweep() == 1
        offer.refresh_from_db()
        assert (offer.status, offer.appointment) == ("expired", None)
        assert the_offer().entry == second
        assert Message.objects.get(about=offer.pk).status == "cancelled"
        assert ghosts() == []


def test_three_unanswered_offers_take_an_entry_off_the_list(
    slot: Therapist, relaxing: ServiceOption, client_record: Client, day: date
) -> None:
    entry = in_line(client_record, relaxing, day, days=20)
    starts = set()
    for _turn in range(3):
        assert waitlist.sweep() == 1
        offer = the_offer()
        starts.add(offer.starts_at)
        WaitlistOffer.objects.update(expires_at=timezone.now())
    assert len(starts) == 3  # another time each
    assert waitlist.sweep() == 0
    entry.refresh_from_db()
    assert entry.status == "unanswered"
    assert ghosts() == []


def test_a_hold_that_somebody_clears_away_ends_its_offer(
    slot: Therapist, relaxing: ServiceOption, client_record: Client, day: date, ten: datetime
) -> None:
    in_line(client_record, relaxing, day)
    waitlist.sweep()
    offer = the_offer()
    with time_machine.travel(offer.expires_at + timedelta(seconds=5), tick=False):
        single.hold(option=relaxing, start=ten)  # before any sweep comes by
        offer.refresh_from_db()
        assert (offer.status, offer.appointment) == ("expired", None)


def test_the_sweep_of_lapsed_holds_leaves_those_of_offers_to_their_own(
    slot: Therapist, relaxing: ServiceOption, client_record: Client, day: date
) -> None:
    in_line(client_record, relaxing, day)
    waitlist.sweep()
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=False):
        assert services.expire_holds() == 0
        assert queue.lapsed(timezone.now()).count() == 1


def test_the_database_refuses_an_open_offer_without_a_hold(
    slot: Therapist, relaxing: ServiceOption, client_record: Client, day: date, ten: datetime
) -> None:
    entry = in_line(client_record, relaxing, day)
    with pytest.raises(IntegrityError), transaction.atomic():
        WaitlistOffer.objects.bulk_create(
            [WaitlistOffer(entry=entry, starts_at=ten, therapist=slot, expires_at=ten)],
        )


# ---- by hand ----


def test_the_desk_offers_past_the_line_with_a_reason(
    slot: Therapist,
    relaxing: ServiceOption,
    client_record: Client,
    other_client: Client,
    desk_user: User,
    day: date,
    ten: datetime,
) -> None:
    in_line(client_record, relaxing, day)
    second = in_line(other_client, relaxing, day)
    with pytest.raises(ReasonMissing):
        waitlist.offer_by_hand(
            actor=desk_user, entry=second, start=ten, therapist=None, reason="  "
        )
    offer = waitlist.offer_by_hand(
        actor=desk_user, entry=second, start=ten, therapist=None, reason="In pain"
    )
    assert the_offer() == offer
    event = AuditEvent.objects.get(action="waitlist.offered")
    assert (event.actor, event.detail) == (desk_user, {})
    assert waitlist.sweep() == 0
    with pytest.raises(OfferUnderWay):
        waitlist.offer_by_hand(
            actor=desk_user,
            entry=second,
            start=ten + timedelta(days=7),
            therapist=None,
            reason="In pain",
            agreed=True,
        )
    assert ghosts() == []


def test_the_desk_cannot_offer_what_is_taken_or_begins_before_it_could_be_answered(
    slot: Therapist,
    relaxing: ServiceOption,
    client_record: Client,
    other_client: Client,
    desk_user: User,
    day: date,
    ten: datetime,
) -> None:
    entry = in_line(client_record, relaxing, day)
    booked_appointment(other_client, option=relaxing, starts_at=ten)
    for start in (ten, timezone.now() + timedelta(minutes=5)):
        with pytest.raises(SlotTaken):
            waitlist.offer_by_hand(
                actor=desk_user, entry=entry, start=start, therapist=None, reason="In pain"
            )
    assert not WaitlistOffer.objects.exists()


def test_accepting_what_overlaps_a_visit_of_ones_own_is_refused_and_the_offer_stays(
    slot: Therapist,
    therapists: list[Therapist],
    options: Options,
    client_record: Client,
    rooms: list[Room],
    day: date,
    ten: datetime,
) -> None:
    in_line(client_record, options["therapeutic", 60], day)
    waitlist.sweep()
    half = options["therapeutic", 30]
    booked_appointment(
        client_record, therapist=therapists[1], room=rooms[1], option=half, starts_at=ten
    )
    offer = the_offer()
    with pytest.raises(AlreadyBooked):
        waitlist.accept(actor=None, offer=offer)
    offer.refresh_from_db()
    assert offer.status == "open"
    assert ghosts() == []


# ---- what rings for it, and what it costs ----


def test_a_cancelled_visit_is_offered_at_once(
    slot: Therapist,
    relaxing: ServiceOption,
    client_record: Client,
    other_client: Client,
    desk_user: User,
    day: date,
    ten: datetime,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    visit = booked_appointment(other_client, option=relaxing, starts_at=ten)
    entry = in_line(client_record, relaxing, day)
    assert waitlist.sweep() == 0
    with django_capture_on_commit_callbacks(execute=True):
        single.cancel(actor=desk_user, appointment=visit)
    assert the_offer().entry == entry


def test_a_time_that_a_move_left_is_offered_at_once(
    slot: Therapist,
    relaxing: ServiceOption,
    client_record: Client,
    other_client: Client,
    desk_user: User,
    day: date,
    ten: datetime,
    location: Location,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    visit = booked_appointment(other_client, option=relaxing, starts_at=ten)
    entry = in_line(client_record, relaxing, day)
    later = at(location, "10:00", day + timedelta(days=7))
    with django_capture_on_commit_callbacks(execute=True):
        single.reschedule(actor=desk_user, appointment=visit, start=later)
    assert the_offer().entry == entry


def test_the_sweep_asks_one_question_while_nobody_waits(
    slot: Therapist, django_assert_num_queries: Callable[..., Any]
) -> None:
    with django_assert_num_queries(1):
        assert waitlist.sweep() == 0


def test_the_sweep_costs_the_same_however_many_wait(
    slot: Therapist,
    relaxing: ServiceOption,
    other_client: Client,
    day: date,
    ten: datetime,
    django_assert_num_queries: Callable[..., Any],
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    booked_appointment(other_client, option=relaxing, starts_at=ten)
    in_line(make_client("Client", "Number 0"), relaxing, day)
    waitlist.sweep()
    with django_assert_max_num_queries(40) as short:
        assert waitlist.sweep() == 0
    for number in range(1, 12):
        in_line(make_client("Client", f"Number {number}"), relaxing, day)
    with django_assert_num_queries(len(short)):
        assert waitlist.sweep() == 0


# ---- whatever happens ----


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_leaves_no_ghost(
    diary: list[Therapist],
    options: Options,
    desk_user: User,
    day: date,
    ten: datetime,
    seed: int,
) -> None:
    chance = Random(seed)
    hour = options["therapeutic", 60]
    people = [make_client("Client", f"Number {number}") for number in range(5)]
    for person in people[:4]:
        in_line(person, chance.choice([hour, options["therapeutic", 90]]), day, days=3)
    now = timezone.now()
    for _turn in range(20):
        now += timedelta(minutes=chance.choice([1, 5, 16]))
        with time_machine.travel(now, tick=False):
            offer = queue.offers().filter(status="open").order_by("?").first()
            entry = queue.entries().order_by("?").first()
            visit = Appointment.objects.with_names().filter(status="booked").first()
            assert entry is not None
            act = chance.choice(
                ["sweep", "sweep", "accept", "decline", "leave", "cancel", "book", "hold", "expire"]
            )
            try:
                if act == "sweep":
                    waitlist.sweep()
                elif act == "accept" and offer:
                    waitlist.accept(actor=None, offer=offer)
                elif act == "decline" and offer:
                    waitlist.decline(actor=None, offer=offer)
                elif act == "leave" and chance.random() < 0.3:
                    waitlist.leave(actor=desk_user, entry=entry)
                elif act == "cancel" and visit:
                    single.cancel(actor=desk_user, appointment=visit)
                elif act == "book":
                    start = ten + timedelta(minutes=15 * chance.randrange(20))
                    single.book_for_desk(
                        actor=desk_user, client=people[4], option=hour, start=start
                    )
                elif act == "hold" and offer:  # a lapsed hold is cleared away by who needs the time
                    held = single.hold(
                        option=hour, start=offer.starts_at, therapist=offer.therapist
                    )
                    services.let_go(held.hold_token)
                else:
                    services.expire_holds()
            except DomainError:
                pass
            assert ghosts() == []


def test_an_entry_that_cannot_be_closed_holds_nobody_up(
    slot: Therapist,
    relaxing: ServiceOption,
    client_record: Client,
    client_user: User,
    other_client: Client,
    day: date,
) -> None:
    stuck = in_line(client_record, relaxing, day)
    waitlist.sweep()
    held = the_offer().appointment
    assert held is not None
    assert held.hold_token is not None
    single.book(actor=client_user, hold_token=held.hold_token, client=client_record)
    in_line(other_client, relaxing, day + timedelta(days=7))
    assert waitlist.sweep() == 1
    stuck.refresh_from_db()
    assert stuck.status == "waiting"
    offers = WaitlistOffer.objects.filter(status="open", appointment__status="held")
    assert offers.get().entry.client == other_client
