"""Two people, two therapists, one room for two: both visits, or neither."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from booking.errors import (
    AlreadyBooked,
    HoldLapsed,
    NotBookable,
    NotTogether,
    SamePerson,
    SlotTaken,
    TooLate,
)
from booking.models import Appointment
from booking.times import search
from booking.visits import parties, services
from booking.visits.past_order import Answer, Choice
from clinic.errors import InvalidTransition
from clinic.models import AuditEvent, Client, Guardian, Message, Room
from prescriptions.models import VisitReservation
from tests.booking import single
from tests.booking.factories import booked_appointment
from tests.factories import make_client
from tests.prescriptions.factories import approved_prescription

if TYPE_CHECKING:
    from datetime import datetime

    from booking.visits.parties import Party
    from clinic.models import Location, ServiceOption, Therapist, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner() -> Client:
    return make_client("Max", "Lima", email="max@example.test")


@pytest.fixture
def double(rooms: list[Room]) -> Room:
    return rooms[2]


def book_two(option: ServiceOption, start: datetime, one: Client, two: Client) -> Party:
    held = services.hold(seats=2, option=option, start=start)
    assert held[0].hold_token is not None
    return services.book(actor=one.user, hold_token=held[0].hold_token, clients=(one, two))


def child_of(user: User) -> Client:
    child = Client.objects.create(first_name="Leo", last_name="Lima", birth_date=date(2015, 6, 1))
    Guardian.objects.create(user=user, client=child, relationship="parent")
    return child


@pytest.fixture
def couple(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    partner: Client,
) -> Party:
    return book_two(option60, ten, client_record, partner)


def test_two_visits_share_the_double_room_and_nothing_else(
    couple: Party, double: Room, client_record: Client, partner: Client, ten: datetime
) -> None:
    first, second = couple
    assert (first.room, second.room) == (double, double)
    assert first.therapist != second.therapist
    assert (first.starts_at, second.starts_at) == (ten, ten)
    assert (first.client, second.client) == (client_record, partner)
    assert first.party == second.party
    assert (first.seat, second.seat) == (0, 1)
    assert {first.status, second.status} == {"booked"}


def test_each_is_told_with_an_entry_for_their_own_calendar(
    couple: Party, client_record: Client
) -> None:
    sent = {message.recipient: message for message in Message.objects.all()}
    assert set(sent) == {"ana@example.test", "max@example.test"}
    uids = {message.calendar.split("UID:")[1].split("@")[0] for message in sent.values()}
    assert uids == {str(one.ical_uid) for one in couple}
    assert AuditEvent.objects.filter(action="appointment.booked").count() == 2


def test_nobody_else_gets_into_the_room_of_a_couple(
    couple: Party, diary: list[Therapist], other_client: Client, ten: datetime
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        booked_appointment(
            other_client, starts_at=ten, therapist=diary[3], room=couple[0].room, party=uuid4()
        )
    with pytest.raises(IntegrityError), transaction.atomic():  # nor a third of the same party
        booked_appointment(
            other_client,
            starts_at=ten,
            therapist=diary[3],
            room=couple[0].room,
            party=couple[0].party,
            seat=1,
        )


def test_times_for_two_need_two_therapists_and_the_double_room(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    double: Room,
    rooms: list[Room],
    client_record: Client,
) -> None:
    def offered() -> bool:
        return bool(search.who_is_free(seats=2, option=option60, start=ten))

    assert offered()
    in_double = booked_appointment(client_record, starts_at=ten, therapist=diary[0], room=double)
    assert not offered()
    in_double.delete()
    for therapist, room in zip(diary[:2], rooms[:2], strict=True):
        booked_appointment(client_record, starts_at=ten, therapist=therapist, room=room)
    assert offered()
    off_site = Room.objects.create(location=double.location, name="Small", capacity=1, position=9)
    booked_appointment(client_record, starts_at=ten, therapist=diary[2], room=off_site)
    assert not offered()


def test_a_double_room_that_does_not_suit_the_service_is_not_offered(
    diary: list[Therapist],
    options: dict[tuple[str, int], ServiceOption],
    ten: datetime,
    double: Room,
) -> None:
    double.services.add(options["therapeutic", 60].service)
    assert search.who_is_free(seats=2, option=options["therapeutic", 60], start=ten)
    assert not search.who_is_free(seats=2, option=options["medical", 60], start=ten)
    with pytest.raises(SlotTaken):
        services.hold(seats=2, option=options["medical", 60], start=ten)


def test_a_wanted_therapist_is_one_of_the_two(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, client_record: Client
) -> None:
    pair = services.hold(seats=2, option=option60, start=ten, therapist=diary[3])
    assert diary[3] in {one.therapist for one in pair}
    later = ten + timedelta(hours=3)
    booked_appointment(client_record, starts_at=later, therapist=diary[3])
    with pytest.raises(SlotTaken):
        services.hold(seats=2, option=option60, start=later, therapist=diary[3])


def test_a_free_consultation_is_not_for_two(
    diary: list[Therapist], options: dict[tuple[str, int], ServiceOption], ten: datetime
) -> None:
    with pytest.raises(NotBookable):
        services.hold(seats=2, option=options["consultation", 30], start=ten)


def test_a_hold_keeps_both_and_another_choice_replaces_both(
    diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    first, second = services.hold(seats=2, option=option60, start=ten)
    assert first.hold_token == second.hold_token
    assert first.held_until == second.held_until
    with pytest.raises(SlotTaken):
        services.hold(seats=2, option=option60, start=ten)
    services.hold(seats=2, option=option60, start=ten, replaces=first.hold_token)
    assert Appointment.objects.count() == 2
    alone = Appointment.objects.first()
    assert alone is not None
    single.hold(option=option60, start=ten, replaces=alone.hold_token)
    assert Appointment.objects.count() == 1


def test_a_hold_of_which_half_is_gone_books_nobody(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    partner: Client,
) -> None:
    first, second = services.hold(seats=2, option=option60, start=ten)
    Appointment.objects.filter(pk=second.pk).delete()
    assert first.hold_token is not None
    with pytest.raises(HoldLapsed):
        services.book(actor=None, hold_token=first.hold_token, clients=(client_record, partner))
    assert not Appointment.objects.filter(status="booked").exists()


def test_half_of_a_couples_hold_is_booked_for_nobody(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, client_record: Client
) -> None:
    first, _second = services.hold(seats=2, option=option60, start=ten)
    assert first.hold_token is not None
    with pytest.raises(HoldLapsed):
        single.book(actor=None, hold_token=first.hold_token, client=client_record)
    assert set(Appointment.objects.values_list("status", flat=True)) == {"held"}


def test_when_the_hold_of_one_lapses_both_times_are_free(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, rooms: list[Room]
) -> None:
    services.hold(seats=2, option=option60, start=ten)
    Appointment.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    services.hold(seats=2, option=option60, start=ten)
    Appointment.objects.update(held_until=timezone.now() - timedelta(hours=1))
    assert services.expire_holds() == 2
    assert Appointment.objects.count() == 0


def test_the_same_hold_twice_is_one_couple(
    couple: Party, client_record: Client, partner: Client
) -> None:
    assert couple[0].hold_token is not None
    again = services.book(
        actor=None, hold_token=couple[0].hold_token, clients=(client_record, partner)
    )
    assert again == couple
    assert Appointment.objects.count() == 2


def test_one_person_is_no_couple(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, client_record: Client
) -> None:
    with pytest.raises(SamePerson):
        book_two(option60, ten, client_record, client_record)


def test_when_one_of_them_has_a_visit_then_nobody_is_booked(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    partner: Client,
) -> None:
    booked_appointment(partner, starts_at=ten + timedelta(minutes=30), therapist=diary[3])
    with pytest.raises(AlreadyBooked):
        book_two(option60, ten, client_record, partner)
    assert not Appointment.objects.filter(client=client_record).exists()
    assert not Message.objects.exists()


def test_each_visit_is_tied_to_the_prescription_of_its_own_client(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_user: User,
    client_record: Client,
) -> None:
    child = child_of(client_user)
    mine, theirs = approved_prescription(client_record), approved_prescription(child)
    first, second = book_two(option60, ten, client_record, child)
    assert first.reservation is not None
    assert second.reservation is not None
    assert first.reservation.prescription == mine
    assert second.reservation.prescription == theirs


def test_nobody_uses_the_prescription_of_a_partner_who_has_a_login_of_their_own(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    other_client: Client,
) -> None:
    approved_prescription(other_client)
    first, second = book_two(option60, ten, client_record, other_client)
    assert first.booked_by == client_record.user
    assert (second.booked_by, second.reservation) == (None, None)


def test_both_move_together_or_not_at_all(
    couple: Party, desk_user: User, ten: datetime, diary: list[Therapist], double: Room
) -> None:
    later = ten + timedelta(hours=3)
    kept = [one.therapist_id for one in couple]
    moved = services.reschedule(actor=desk_user, party=parties.both(couple[1]), start=later)
    assert [one.starts_at for one in moved] == [later, later]
    assert [one.therapist_id for one in moved] == kept
    assert [one.sequence for one in moved] == [1, 1]
    assert moved[0].party == moved[1].party == couple[0].party
    taken = later + timedelta(hours=2)
    in_room = booked_appointment(
        make_client("Some", "Body"), starts_at=taken, therapist=diary[3], room=double
    )
    with pytest.raises(SlotTaken):
        services.reschedule(actor=desk_user, party=parties.both(couple[0]), start=taken)
    assert {str(one.starts_at) for one in Appointment.objects.exclude(pk=in_room.pk)} == {
        str(later)
    }


def test_both_may_move_to_a_time_that_overlaps_their_own(
    couple: Party, desk_user: User, ten: datetime
) -> None:
    start = ten + timedelta(minutes=15)
    moved = services.reschedule(actor=desk_user, party=parties.both(couple[0]), start=start)
    assert [one.starts_at for one in moved] == [start, start]
    assert [one.therapist_id for one in moved] == [one.therapist_id for one in couple]


def test_a_client_moves_both_until_the_same_hour_as_one(
    couple: Party, client_user: User, ten: datetime
) -> None:
    soon = timezone.now() + timedelta(hours=3)
    Appointment.objects.update(
        starts_at=soon, ends_at=soon + timedelta(hours=1), blocked=(soon, soon + timedelta(hours=1))
    )
    fresh = Appointment.objects.with_names().get(pk=couple[0].pk)
    with pytest.raises(TooLate):
        services.reschedule(actor=client_user, party=parties.both(fresh), start=ten)


def test_both_are_cancelled_at_once(couple: Party, desk_user: User) -> None:
    services.cancel(actor=desk_user, party=parties.both(couple[1]), reason="away")
    assert set(Appointment.objects.values_list("status", flat=True)) == {"cancelled"}
    assert Message.objects.filter(kind="booking.cancelled").count() == 2


def test_when_both_cannot_be_cancelled_neither_is(couple: Party, desk_user: User) -> None:
    Appointment.objects.filter(pk=couple[1].pk).update(status="checked-in")
    with pytest.raises(InvalidTransition):
        services.cancel(actor=desk_user, party=parties.both(couple[0]))
    assert Appointment.objects.get(pk=couple[0].pk).status == "booked"


def test_when_one_is_cancelled_the_other_stays_as_a_single(couple: Party, desk_user: User) -> None:
    single.cancel(actor=desk_user, appointment=couple[0])
    left = Appointment.objects.with_names().get(pk=couple[1].pk)
    assert left.status == "booked"
    assert parties.partner_of(left) is None
    with pytest.raises(NotTogether):
        services.cancel(actor=desk_user, party=parties.both(left))


def test_who_is_moved_alone_comes_alone(couple: Party, desk_user: User, ten: datetime) -> None:
    later = ten + timedelta(hours=3)
    single.reschedule(actor=desk_user, appointment=couple[1], start=later)
    moved = Appointment.objects.with_names().get(pk=couple[1].pk)
    assert moved.party != couple[0].party
    assert moved.seat == 0
    assert parties.partner_of(couple[0]) is None


def test_a_visit_given_back_by_the_move_of_one_leaves_the_others(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_user: User,
    client_record: Client,
    desk_user: User,
    location: Location,
) -> None:
    child = child_of(client_user)
    day = ten.astimezone(location.zone).date()
    approved_prescription(client_record, through_on=day)
    approved_prescription(child)
    pair = book_two(option60, ten, client_record, child)
    moved = services.reschedule(
        actor=desk_user,
        party=parties.both(pair[0]),
        start=ten + timedelta(days=7),
        past=Answer(Choice.PENDING, everything=True),
    )
    assert moved[0].reservation is None
    assert moved[1].reservation is not None
    assert VisitReservation.objects.filter(status="released").count() == 1


def test_the_desk_books_two(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    partner: Client,
    desk_user: User,
) -> None:
    pair = services.book_for_desk(
        actor=desk_user, clients=(client_record, partner), option=option60, start=ten
    )
    assert {one.source for one in pair} == {"desk"}
    assert {one.booked_by for one in pair} == {desk_user}
    with pytest.raises(SlotTaken):
        services.book_for_desk(
            actor=desk_user, clients=(client_record, partner), option=option60, start=ten
        )
    assert Appointment.objects.count() == 2


def test_the_first_visits_extra_time_is_kept_when_it_is_moved(
    couple: Party, desk_user: User, ten: datetime
) -> None:
    fresh = Appointment.objects.with_names().get(pk=couple[0].pk)
    assert fresh.blocked.upper == fresh.ends_at + timedelta(minutes=30)
    single.reschedule(actor=desk_user, appointment=fresh, start=ten + timedelta(hours=4))
    moved = Appointment.objects.get(pk=fresh.pk)
    assert moved.blocked.upper == moved.ends_at + timedelta(minutes=30)
