from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from booking.errors import AlreadyBooked, HoldLapsed, NotBookable, SlotTaken
from booking.models import Appointment, BookingPolicy, TimeOff
from booking.times import search
from booking.visits import services
from clinic.models import AuditEvent, Message
from prescriptions.models import VisitReservation
from tests.booking import single
from tests.booking.factories import booked_appointment, held_time
from tests.prescriptions.factories import approved_prescription

if TYPE_CHECKING:
    from clinic.models import Client, Location, Room, ServiceOption, Therapist, User

pytestmark = pytest.mark.django_db


def test_a_hold_keeps_the_time_for_its_owner_alone(
    diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    dana = diary[0]
    held = single.hold(option=option60, start=ten, therapist=dana)
    assert held.status == "held"
    assert held.held_until is not None
    assert held.held_until > timezone.now() + timedelta(minutes=9)
    assert search.who_is_free(option=option60, start=ten, therapist=dana) == []
    mine = search.who_is_free(option=option60, start=ten, therapist=dana, own_hold=held.hold_token)
    assert mine == [dana.pk]


def test_another_hold_by_the_same_visitor_replaces_the_first(
    diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    first = single.hold(option=option60, start=ten, therapist=diary[0])
    later = ten + timedelta(minutes=15)  # overlaps the first, which is in nobody's way
    second = single.hold(
        option=option60, start=later, therapist=diary[0], replaces=first.hold_token
    )
    assert list(Appointment.objects.values_list("pk", flat=True)) == [second.pk]


def test_a_hold_that_cannot_be_replaced_is_kept(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, client_record: Client
) -> None:
    booked_appointment(client_record, starts_at=ten + timedelta(hours=3), therapist=diary[0])
    first = single.hold(option=option60, start=ten, therapist=diary[0])
    with pytest.raises(SlotTaken):
        single.hold(
            option=option60,
            start=ten + timedelta(hours=3),
            therapist=diary[0],
            replaces=first.hold_token,
        )
    assert Appointment.objects.filter(pk=first.pk, status="held").exists()


def test_a_lapsed_hold_gives_way(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, rooms: list[Room]
) -> None:
    lapsed = held_time(ten, until=timezone.now() - timedelta(seconds=1), therapist=diary[0])
    taken = single.hold(option=option60, start=ten, therapist=diary[0])
    assert not Appointment.objects.filter(pk=lapsed.pk).exists()
    assert taken.room == rooms[0]


def test_any_therapist_means_the_one_with_least_to_do(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    rooms: list[Room],
) -> None:
    for therapist, room in zip(diary[:3], rooms, strict=True):
        booked_appointment(
            client_record, starts_at=ten + timedelta(hours=4), therapist=therapist, room=room
        )
    assert single.hold(option=option60, start=ten).therapist == diary[3]


def test_rooms_fill_in_order_and_the_double_room_last(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, rooms: list[Room]
) -> None:
    given = [
        single.hold(option=option60, start=ten, therapist=therapist).room for therapist in diary[:3]
    ]
    assert given == rooms
    with pytest.raises(SlotTaken):  # a fourth therapist, but no fourth room
        single.hold(option=option60, start=ten, therapist=diary[3])


@pytest.mark.parametrize("minutes", [-61, 7, 60 * 9])
def test_a_time_that_is_not_offered_cannot_be_held(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, minutes: int
) -> None:
    """Before opening, off the grid, or after closing: whatever the request says."""
    with pytest.raises(SlotTaken):
        single.hold(option=option60, start=ten + timedelta(minutes=minutes))


def test_notice_horizon_and_time_off_are_kept(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, location: Location
) -> None:
    with pytest.raises(SlotTaken):
        single.hold(option=option60, start=ten + timedelta(days=7 * 52))
    with pytest.raises(SlotTaken):
        single.hold(option=option60, start=ten - timedelta(days=7 * 4))
    TimeOff.objects.create(
        location=location, starts_at=ten + timedelta(minutes=59), ends_at=ten + timedelta(hours=2)
    )
    with pytest.raises(SlotTaken):
        single.hold(option=option60, start=ten)


def test_a_session_that_is_no_longer_offered_cannot_be_held(
    diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    option60.is_active = False
    option60.save()
    with pytest.raises(NotBookable):
        single.hold(option=option60, start=ten)


def test_booking_a_hold_tells_the_client_and_leaves_a_record(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    client_user: User,
) -> None:
    held = single.hold(option=option60, start=ten, therapist=diary[0])
    assert held.hold_token
    made = single.book(actor=client_user, hold_token=held.hold_token, client=client_record)
    assert (made.pk, made.status, made.client) == (held.pk, "booked", client_record)
    assert made.price_cents == 10000
    message = Message.objects.get(about=made.pk)
    assert message.recipient == client_record.email
    assert f"UID:{made.ical_uid}" in message.calendar.replace("\r\n ", "")
    told = f"{message.subject} {message.body} {message.calendar}".replace("\r\n ", "")
    told = told.replace(made.location.name, "the clinic").lower()
    for word in ("medical", "massage", "prescription", "$", "dana"):
        assert word not in told
    assert AuditEvent.objects.filter(action="appointment.booked", actor=client_user).count() == 1


def test_booking_the_same_hold_twice_is_one_appointment(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, client_record: Client
) -> None:
    held = single.hold(option=option60, start=ten)
    assert held.hold_token
    first = single.book(actor=None, hold_token=held.hold_token, client=client_record)
    again = single.book(actor=None, hold_token=held.hold_token, client=client_record)
    assert first.pk == again.pk
    assert Appointment.objects.count() == Message.objects.count() == 1


def test_somebody_elses_hold_that_became_a_visit_is_not_given_away(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    other_client: Client,
) -> None:
    held = single.hold(option=option60, start=ten)
    assert held.hold_token
    single.book(actor=None, hold_token=held.hold_token, client=client_record)
    with pytest.raises(HoldLapsed):
        single.book(actor=None, hold_token=held.hold_token, client=other_client)
    with pytest.raises(HoldLapsed):
        single.book(actor=None, hold_token=uuid4(), client=other_client)


def test_a_client_cannot_be_in_two_places_at_once(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, client_record: Client
) -> None:
    booked_appointment(client_record, starts_at=ten + timedelta(minutes=45), therapist=diary[0])
    held = single.hold(option=option60, start=ten, therapist=diary[1])
    assert held.hold_token
    with pytest.raises(AlreadyBooked):
        single.book(actor=None, hold_token=held.hold_token, client=client_record)


def test_a_first_visit_blocks_more_time_where_the_diary_has_it(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    other_client: Client,
) -> None:
    held = single.hold(option=option60, start=ten, therapist=diary[0])
    assert held.hold_token
    first = single.book(actor=None, hold_token=held.hold_token, client=client_record)
    assert first.blocked.upper == ten + timedelta(minutes=60 + 15 + 15)


def test_a_first_visit_is_not_refused_when_there_is_no_more_time_to_block(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    other_client: Client,
) -> None:
    after = ten + timedelta(minutes=75)
    booked_appointment(other_client, starts_at=after, therapist=diary[0])
    held = single.hold(option=option60, start=ten, therapist=diary[0])
    assert held.hold_token
    made = single.book(actor=None, hold_token=held.hold_token, client=client_record)
    assert made.blocked.upper == after


def test_a_medical_booking_reserves_a_visit_of_the_prescription_that_covers_the_day(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    client_user: User,
) -> None:
    prescription = approved_prescription(client_record)
    held = single.hold(option=option60, start=ten)
    assert held.hold_token
    made = single.book(actor=client_user, hold_token=held.hold_token, client=client_record)
    assert made.reservation is not None
    assert made.reservation.prescription == prescription
    assert made.reservation.status == VisitReservation.Status.RESERVED
    prescription.refresh_from_db()
    assert prescription.reserved == 1


def test_without_a_prescription_the_session_is_booked_and_waits_for_one(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, client_record: Client
) -> None:
    held = single.hold(option=option60, start=ten)
    assert held.hold_token
    made = single.book(actor=None, hold_token=held.hold_token, client=client_record)
    assert made.reservation is None


def test_the_database_itself_refuses_an_overlap(
    client_record: Client, ten: datetime, therapists: list[Therapist], rooms: list[Room]
) -> None:
    booked_appointment(client_record, starts_at=ten, therapist=therapists[0], room=rooms[0])
    inside_buffer = ten + timedelta(minutes=74)
    with pytest.raises(IntegrityError), transaction.atomic():
        booked_appointment(
            client_record, starts_at=inside_buffer, therapist=therapists[0], room=rooms[1]
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        booked_appointment(
            client_record, starts_at=inside_buffer, therapist=therapists[1], room=rooms[0]
        )
    booked_appointment(
        client_record,
        starts_at=ten + timedelta(minutes=75),
        therapist=therapists[0],
        room=rooms[0],
    )


def test_lapsed_holds_are_swept_away_after_a_while(ten: datetime) -> None:
    now = timezone.now()
    old = held_time(ten, until=now - timedelta(hours=1))
    assert services.expire_holds() == 1
    assert not Appointment.objects.filter(pk=old.pk).exists()


def test_the_sweep_leaves_holds_that_live_or_whose_owner_may_still_be_typing(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, client_record: Client
) -> None:
    live = single.hold(option=option60, start=ten, therapist=diary[0])
    held = {}
    for minutes, therapist in ((29, diary[0]), (31, diary[1])):  # since it lapsed
        two = ten + timedelta(hours=2)
        held[minutes] = single.hold(option=option60, start=two, therapist=therapist)
    for minutes, one in held.items():
        lapsed = timezone.now() - timedelta(minutes=minutes)
        Appointment.objects.filter(pk=one.pk).update(held_until=lapsed)
    assert services.expire_holds() == 1
    assert set(Appointment.objects.values_list("pk", flat=True)) == {live.pk, held[29].pk}
    assert live.hold_token is not None
    visit = single.book(actor=None, hold_token=live.hold_token, client=client_record)
    assert (visit.pk, visit.status) == (live.pk, "booked")


def test_free_times_take_the_same_few_queries_however_much_is_booked(
    diary: list[Therapist],
    option60: ServiceOption,
    day: date,
    ten: datetime,
    client_record: Client,
    location: Location,
    django_assert_num_queries: object,
) -> None:
    def ask() -> None:
        search.free_times(
            option=option60, start=day, end=day + timedelta(days=30), location=location
        )

    ask()  # reads the rules, which do not change with the bookings
    with django_assert_num_queries(1):  # type: ignore[operator]
        ask()
    for offset in range(0, 28, 7):
        booked_appointment(client_record, starts_at=ten + timedelta(days=offset))
    with django_assert_num_queries(2):  # type: ignore[operator]
        ask()


@pytest.mark.parametrize(("field", "least"), [("slot_step", 5), ("hold_minutes", 1)])
def test_a_policy_that_cannot_work_is_refused(
    policy: BookingPolicy, field: str, least: int
) -> None:
    rows = BookingPolicy.objects.filter(pk=policy.pk)
    assert rows.update(**{field: least}) == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(**{field: least - 1})
