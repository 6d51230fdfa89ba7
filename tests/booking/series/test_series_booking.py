"""Booking a whole series: all of it or none, whatever happens in the meantime."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from booking.errors import NeedsAdult, PriceChanged
from booking.models import Appointment
from booking.series import services as series_booking
from booking.series.ask import PlanFor
from booking.series.errors import (
    NoPlan,
    NotEnoughLeft,
    OutsideDates,
    PrescriptionDue,
    SeriesTaken,
    TooManyAtOnce,
    TwoOnOneDay,
)
from booking.series.forms import SeriesForm
from booking.series.proposal import Chosen, Planner
from booking.series.services import Wanted
from booking.visits import notices
from clinic.errors import DomainError
from clinic.models import AuditEvent, Message, Room, ServiceOption
from clinic.selectors import clinic_today
from prescriptions.models import VisitReservation
from tests.booking import single
from tests.booking.factories import at, booked_appointment, weekday_ahead
from tests.booking.racing import all_at_once, overlaps, unguarded
from tests.factories import make_client
from tests.prescriptions.factories import approved_prescription

if TYPE_CHECKING:
    from booking.models import BookingPolicy
    from clinic.models import Client, Location, Therapist, User
    from prescriptions.models import Prescription

DAY = timedelta(days=1)


@pytest.fixture
def order(diary: list[Therapist], client_record: Client, option60: ServiceOption) -> Prescription:
    return approved_prescription(client_record)


def weekly(
    location: Location, therapist: Therapist, count: int = 4, clock: str = "10:00", skip: int = 0
) -> list[Wanted]:
    first = weekday_ahead() + skip * 7 * DAY
    days = [first + week * 7 * DAY for week in range(count)]
    return [Wanted(at(location, clock, day), therapist.pk) for day in days]


def planned(ask: PlanFor) -> Planner:
    form = SeriesForm.of(ask, {})
    assert form.is_valid(), form.errors
    return Planner(ask, form)


def book(
    order: Prescription, user: User, option: ServiceOption, wanted: list[Wanted], **more: Any
) -> list[Appointment]:
    values: dict[str, Any] = {"token": uuid4(), "prescription": order, **more}
    return series_booking.book(
        actor=user, client=order.client, option=option, wanted=wanted, **values
    )


def test_each_visit_is_booked_covered_and_audited(
    order: Prescription,
    client_user: User,
    option60: ServiceOption,
    location: Location,
    diary: list[Therapist],
) -> None:
    token = uuid4()
    made = book(order, client_user, option60, weekly(location, diary[0]), token=token)
    assert [one.starts_at for one in made] == [one.start for one in weekly(location, diary[0])]
    assert {one.series for one in made} == {token}
    assert {one.status for one in made} == {"booked"}
    assert {one.price_cents for one in made} == {10000}
    assert {one.booked_by_id for one in made} == {client_user.pk}
    order.refresh_from_db()
    assert order.reserved == 4
    days = set(VisitReservation.objects.values_list("visit_on", flat=True))
    assert days == {one.local_date for one in made}
    assert AuditEvent.objects.filter(action="appointment.booked").count() == 4


def test_one_taken_time_and_nothing_is_booked_and_all_that_are_lost_are_named(
    order: Prescription,
    client_user: User,
    option60: ServiceOption,
    location: Location,
    diary: list[Therapist],
) -> None:
    wanted = weekly(location, diary[0])
    for lost in (wanted[1], wanted[3]):
        booked_appointment(
            make_client("Al", f"{lost.start:%d}"), starts_at=lost.start, therapist=diary[0]
        )
    with pytest.raises(SeriesTaken) as refusal:
        book(order, client_user, option60, wanted)
    assert refusal.value.lost == [wanted[1].start, wanted[3].start]
    assert not Appointment.objects.filter(client=order.client).exists()
    assert not VisitReservation.objects.exists()
    assert not Message.objects.filter(kind=notices.SERIES).exists()


def test_a_time_at_which_the_client_is_elsewhere_is_lost(
    order: Prescription,
    client_user: User,
    option60: ServiceOption,
    location: Location,
    diary: list[Therapist],
    options: dict[tuple[str, int], ServiceOption],
) -> None:
    wanted = weekly(location, diary[0])
    booked_appointment(
        order.client,
        starts_at=wanted[0].start,
        therapist=diary[1],
        option=options["consultation", 30],
    )
    with pytest.raises(SeriesTaken) as refusal:
        book(order, client_user, option60, wanted)
    assert refusal.value.lost == [wanted[0].start]


def test_the_prescription_cannot_be_overdrawn(
    order: Prescription,
    client_user: User,
    option60: ServiceOption,
    location: Location,
    diary: list[Therapist],
) -> None:
    order.authorized = 3
    order.save()
    with pytest.raises(NotEnoughLeft) as refusal:
        book(order, client_user, option60, weekly(location, diary[0]))
    assert refusal.value.left == 3
    assert len(book(order, client_user, option60, weekly(location, diary[0], 3))) == 3
    with pytest.raises(NotEnoughLeft):
        book(order, client_user, option60, weekly(location, diary[0], 1, "15:00"))


def test_the_last_day_of_the_prescription_counts_and_the_day_after_does_not(
    order: Prescription,
    client_user: User,
    option60: ServiceOption,
    location: Location,
    diary: list[Therapist],
) -> None:
    wanted = weekly(location, diary[0], 3)
    order.through_on = wanted[-1].start.astimezone(location.zone).date()
    order.save()
    assert len(book(order, client_user, option60, wanted)) == 3
    with pytest.raises(OutsideDates):
        book(order, client_user, option60, [Wanted(wanted[-1].start + 7 * DAY, diary[0].pk)])


def test_a_plan_has_one_visit_a_day_at_least_one_and_not_too_many(
    order: Prescription,
    client_user: User,
    option60: ServiceOption,
    location: Location,
    diary: list[Therapist],
) -> None:
    morning, afternoon = (weekly(location, diary[0], 1, clock)[0] for clock in ("10:00", "15:00"))
    with pytest.raises(TwoOnOneDay):
        book(order, client_user, option60, [morning, afternoon])
    with pytest.raises(NoPlan):
        book(order, client_user, option60, [])
    with pytest.raises(TooManyAtOnce):
        book(order, client_user, option60, weekly(location, diary[0], series_booking.MOST + 1))


def test_medical_sessions_in_series_need_a_prescription_and_self_pay_ones_leave_it_alone(
    order: Prescription,
    client_user: User,
    option60: ServiceOption,
    location: Location,
    diary: list[Therapist],
    options: dict[tuple[str, int], ServiceOption],
) -> None:
    with pytest.raises(PrescriptionDue):
        book(order, client_user, option60, weekly(location, diary[0]), prescription=None)
    made = book(order, client_user, options["therapeutic", 60], weekly(location, diary[0]))
    assert {one.reservation for one in made} == {None}


def test_a_price_that_was_not_shown_and_a_minor_alone_are_refused(
    order: Prescription,
    client_user: User,
    desk_user: User,
    option60: ServiceOption,
    location: Location,
    diary: list[Therapist],
) -> None:
    wanted = weekly(location, diary[0])
    with pytest.raises(PriceChanged):
        book(order, client_user, option60, wanted, price_cents=9000)
    order.client.birth_date = clinic_today() - timedelta(days=365 * 15)
    order.client.save()
    with pytest.raises(NeedsAdult):
        book(order, client_user, option60, wanted)
    assert not Appointment.objects.exists()
    assert len(book(order, desk_user, option60, wanted, price_cents=10000)) == 4


def test_notice_and_horizon_hold_for_clients_and_the_desk_books_inside_the_notice(
    order: Prescription,
    client_user: User,
    desk_user: User,
    option60: ServiceOption,
    location: Location,
    diary: list[Therapist],
    policy: BookingPolicy,
) -> None:
    policy.min_notice = 60 * 24 * 5
    policy.save()
    wanted = weekly(location, diary[0])
    with pytest.raises(SeriesTaken) as refusal:
        book(order, client_user, option60, wanted)
    assert refusal.value.lost == [wanted[0].start]
    made = book(order, desk_user, option60, wanted)
    assert {one.source for one in made} == {"desk"}
    assert len(made) == 4


def test_the_first_visit_gets_its_extra_time_and_the_others_do_not(
    order: Prescription,
    client_user: User,
    option60: ServiceOption,
    location: Location,
    diary: list[Therapist],
) -> None:
    option60.first_visit_extra = 15
    option60.save()
    made = book(order, client_user, option60, weekly(location, diary[0]))
    after = [one.blocked.upper - one.ends_at for one in made if one.blocked.upper]
    plain = timedelta(minutes=option60.buffer_after)
    assert after == [plain + timedelta(minutes=15), plain, plain, plain]


def test_visits_keep_their_clock_time_across_the_change_of_clocks(
    diary: list[Therapist],
    client_record: Client,
    client_user: User,
    location: Location,
    options: dict[tuple[str, int], ServiceOption],
) -> None:
    """Clocks go forward on March 14, 2027."""
    with time_machine.travel(datetime(2027, 3, 1, 15, tzinfo=UTC), tick=False):
        ask = PlanFor(client_record)
        option = options["therapeutic", 60]
        form = SeriesForm.of(
            ask, {"option": str(option.pk), "count": "6", "rate": "2", "at": "14:30"}
        )
        assert form.is_valid(), form.errors
        planner = Planner(ask, form)
        chosen, notes = planner.propose()
        assert notes == []
        made = series_booking.book(
            actor=client_user,
            client=client_record,
            option=option,
            wanted=[one.wanted for one in chosen],
            token=uuid4(),
        )
    local = [one.starts_at.astimezone(location.zone) for one in made]
    assert {when.time() for when in local} == {time(14, 30)}
    assert {when.utcoffset() for when in local} == {timedelta(hours=-5), timedelta(hours=-4)}


def test_the_proposal_stops_at_the_through_date(
    order: Prescription, client_user: User, location: Location
) -> None:
    order.visits_per_week = 5
    order.through_on = weekday_ahead(8)
    order.save()
    ask = PlanFor(order.client)
    planner = planned(ask)
    chosen, notes = planner.propose()
    assert max(one.start.astimezone(location.zone).date() for one in chosen) <= order.through_on
    assert any("the prescription ends" in note for note in notes)


def test_rates_beyond_the_prescribed_are_not_offered_and_more_in_a_week_is_said(
    order: Prescription, client_user: User, location: Location, diary: list[Therapist]
) -> None:
    order.visits_per_week = 1
    order.save()
    ask = PlanFor(order.client)
    initial = ask.initial({})
    assert SeriesForm.of(ask, {}).is_valid()
    assert not SeriesForm.of(ask, {**initial, "rate": "3"}).is_valid()
    planner = planned(ask)
    chosen, _notes = planner.propose()
    assert planner.screen(chosen).warnings == []
    day = chosen[0].start.astimezone(location.zone).date()
    near = [on for on in planner.free.by_day() if planner.wish.block(on) == planner.wish.block(day)]
    crowded = [Chosen(at(location, "10:00", on), diary[0].pk) for on in near[:2]]
    assert len(planner.screen(crowded).warnings) == 1


def test_cancelling_all_gives_every_visit_back(
    order: Prescription,
    client_user: User,
    option60: ServiceOption,
    location: Location,
    diary: list[Therapist],
) -> None:
    made = book(order, client_user, option60, weekly(location, diary[0]))
    single.cancel(actor=client_user, appointment=made[0])
    series_booking.cancel(actor=client_user, client=order.client, chosen=made[1:])
    order.refresh_from_db()
    assert order.reserved == 0
    assert set(Appointment.objects.values_list("status", flat=True)) == {"cancelled"}


def test_the_number_of_queries_a_visit_is_bounded(
    order: Prescription,
    client_user: User,
    option60: ServiceOption,
    location: Location,
    diary: list[Therapist],
) -> None:
    def cost(count: int, clock: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            book(order, client_user, option60, weekly(location, diary[0], count, clock))
        return len(seen)

    few, more = cost(2, "10:00"), cost(5, "15:00")
    assert (more - few) / 3 <= 30


# ---- races ----

race = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def orders(count: int) -> list[Prescription]:
    clients = [make_client("Client", f"Number {n}") for n in range(count)]
    return [approved_prescription(client, months=3) for client in clients]


class TestRaces:
    pytestmark = race

    def test_overlapping_series_are_all_or_nothing(
        self, diary: list[Therapist], option60: ServiceOption, location: Location
    ) -> None:
        """Six people want plans that share times; half meet the two therapists in turn reversed."""
        people = orders(6)
        plans = [
            [
                Wanted(one.start, diary[(week + number) % 2].pk)
                for week, one in enumerate(weekly(location, diary[0], 4, skip=number % 3))
            ]
            for number in range(6)
        ]

        def attempt(number: int) -> str:
            order = people[number]
            assert order.client.user
            try:
                return f"booked {len(book(order, order.client.user, option60, plans[number]))}"
            except SeriesTaken:
                return "refused"

        outcomes = all_at_once(6, attempt)
        assert set(outcomes) <= {"booked 4", "refused"}
        assert outcomes.count("booked 4") >= 2
        assert overlaps() == 0
        for number, outcome in enumerate(outcomes):
            people[number].refresh_from_db()
            held = Appointment.objects.filter(client=people[number].client).count()
            assert people[number].reserved == held == (4 if outcome == "booked 4" else 0)

    def test_without_locks_and_constraint_two_series_would_share_a_time(
        self,
        diary: list[Therapist],
        option60: ServiceOption,
        location: Location,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        people, wanted = orders(2), weekly(location, diary[0], 1)

        def attempt(number: int) -> str:
            user = people[number].client.user
            assert user
            book(people[number], user, option60, wanted)
            return "booked"

        monkeypatch.setattr(series_booking, "_lock_places", lambda *_places: None)
        with unguarded(monkeypatch, lookers=2):
            assert all_at_once(2, attempt) == ["booked", "booked"]
            assert overlaps() == 1

    def test_series_and_single_bookings_and_cancellations_do_not_deadlock(
        self,
        diary: list[Therapist],
        option60: ServiceOption,
        location: Location,
        rooms: list[Room],
    ) -> None:
        Room.objects.exclude(pk=rooms[0].pk).update(is_active=False)  # one room: all compete
        people = orders(8)

        def attempt(number: int) -> str:
            order = people[number]
            user = order.client.user
            assert user
            therapist = diary[number % 4]
            wanted = weekly(location, therapist, 4, f"{10 + number % 4}:00")
            try:
                if number % 2:
                    made = book(order, user, option60, wanted)
                    series_booking.cancel(actor=user, client=order.client, chosen=made)
                    return "series"
                for one in wanted:
                    held = single.hold(option=option60, start=one.start)
                    assert held.hold_token
                    single.book(actor=user, hold_token=held.hold_token, client=order.client)
            except DomainError:
                return "refused"
            return "singles"

        outcomes = all_at_once(8, attempt)
        assert set(outcomes) <= {"series", "singles", "refused"}
        assert overlaps() == 0
        for order in people:
            order.refresh_from_db()
            live = Appointment.objects.filter(client=order.client, status="booked")
            assert order.reserved == live.count()

    def test_one_form_sent_many_times_at_once_is_one_series(
        self, diary: list[Therapist], option60: ServiceOption, location: Location
    ) -> None:
        (order,) = orders(1)
        user = order.client.user
        assert user
        token, wanted = uuid4(), weekly(location, diary[0])

        def attempt(_number: int) -> str:
            made = book(order, user, option60, wanted, token=token)
            return " ".join(sorted(str(one.pk) for one in made))

        assert len(set(all_at_once(5, attempt))) == 1
        assert Appointment.objects.count() == 4
        assert Message.objects.filter(kind=notices.SERIES).count() == 1

    def test_two_plans_for_the_last_visits_of_one_prescription(
        self, diary: list[Therapist], option60: ServiceOption, location: Location
    ) -> None:
        (order,) = orders(1)
        order.authorized = 6
        order.save()
        user = order.client.user
        assert user
        plans = [weekly(location, diary[0], 4, "10:00"), weekly(location, diary[1], 4, "14:00")]

        def attempt(number: int) -> str:
            try:
                book(order, user, option60, plans[number])
            except NotEnoughLeft:
                return "not enough left"
            return "booked"

        assert sorted(all_at_once(2, attempt)) == ["booked", "not enough left"]
        order.refresh_from_db()
        assert order.reserved == 4
