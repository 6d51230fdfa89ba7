"""Nothing that is kept outlives what it says: after every kind of write the next answer differs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from random import Random
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from booking.models import (
    Appointment,
    BookingPolicy,
    ClosedDate,
    DateHours,
    ExternalBusy,
    ExternalCalendar,
    TimeOff,
    WorkingBreak,
    WorkingHours,
)
from booking.times import search, versions
from clinic.models import Room, Service, ServiceOption, Therapist, Training
from tests.booking.factories import booked_appointment, held_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Browser

    from clinic.models import Client, Location

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ask(anonymous: Browser, option60: ServiceOption, day: date) -> Callable[[], Any]:
    def answer() -> Any:
        query = {"option": str(option60.pk), "from": str(day), "to": str(day)}
        found = anonymous.get("/book/slots.json", query)
        return found.json()

    return answer


def sql(text: str, *values: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text, values)


Write = tuple[str, "Callable[[World], object]"]


class World:
    """What the writes below are about."""

    def __init__(
        self,
        diary: list[Therapist],
        option: ServiceOption,
        day: date,
        ten: datetime,
        client: Client,
    ) -> None:
        self.dana, self.therapists, self.option = diary[0], diary, option
        self.day, self.ten, self.client = day, ten, client
        self.location = Room.objects.all()[0].location
        self.hours = WorkingHours.objects.filter(weekday=day.weekday())
        self.visit = booked_appointment(client, starts_at=ten, therapist=self.dana)

    def off(self) -> TimeOff:
        return TimeOff.objects.create(
            therapist=None,
            location=self.location,
            starts_at=self.ten,
            ends_at=self.ten + timedelta(hours=1),
        )

    def external(self) -> ExternalBusy:
        calendar = ExternalCalendar.objects.create(
            therapist=self.therapists[1], url="https://a.b/c"
        )
        return ExternalBusy.objects.create(
            calendar=calendar, starts_at=self.ten, ends_at=self.ten + timedelta(hours=4)
        )

    def rooms_for_others(self) -> None:
        other = Service.objects.exclude(pk=self.option.service_id)[0]
        for room in Room.objects.all():
            room.services.add(other)

    def training(self) -> None:
        training = Training.objects.create(name="Oncology")
        Service.objects.filter(pk=self.option.service_id).update(training=training)


WRITES: list[Write] = [
    ("a booking", lambda w: booked_appointment(
        w.client, starts_at=w.ten, therapist=w.therapists[1], room=Room.objects.all()[1])),
    ("a hold", lambda w: held_time(
        w.ten, therapist=w.therapists[1], room=Room.objects.all()[1])),
    ("a move", lambda w: sql(
        "UPDATE booking_appointment SET starts_at = starts_at + interval '1 hour',"
        " ends_at = ends_at + interval '1 hour', blocked ="
        " tstzrange(lower(blocked) + interval '1 hour', upper(blocked) + interval '1 hour')")),
    ("longer blocked", lambda w: sql(
        "UPDATE booking_appointment SET blocked ="
        " tstzrange(lower(blocked), upper(blocked) + interval '1 hour')")),
    ("another therapist", lambda w: Appointment.objects.update(therapist=w.therapists[2])),
    ("a cancellation", lambda w: Appointment.objects.update(status="cancelled")),
    ("a deletion in SQL", lambda w: sql("DELETE FROM booking_appointment")),
    ("emptying the table", lambda w: sql("TRUNCATE booking_appointment CASCADE")),
    ("shorter hours", lambda w: w.hours.update(starts=time(11))),
    ("no hours", lambda w: w.hours.all().delete()),
    ("more hours", lambda w: WorkingHours.objects.create(
        therapist=w.dana, location=w.location, weekday=w.day.weekday(), starts=time(19),
        ends=time(20))),
    ("a break", lambda w: [WorkingBreak.objects.create(
        hours=hours, starts=time(12), ends=time(13)) for hours in w.hours]),
    ("hours of a date", lambda w: DateHours.objects.create(
        therapist=w.dana, location=w.location, day=w.day)),
    ("a holiday", lambda w: ClosedDate.objects.create(location=w.location, day=w.day)),
    ("time off", lambda w: w.off()),
    ("a busy calendar", lambda w: w.external()),
    ("the policy", lambda w: BookingPolicy.objects.update(slot_step=20)),
    ("the notice", lambda w: BookingPolicy.objects.update(min_notice=30 * 1440)),
    ("rooms for others", lambda w: w.rooms_for_others()),
    ("rooms out of use", lambda w: Room.objects.update(is_active=False)),
    ("a longer session", lambda w: ServiceOption.objects.update(buffer_before=30)),
    ("a service of training", lambda w: w.training()),
    ("one therapist less", lambda w: Therapist.objects.filter(pk=w.dana.pk).update(
        is_active=False)),
    ("the order of therapists", lambda w: sql(
        "UPDATE clinic_therapist SET position = 9 WHERE id = %s", str(w.dana.pk))),
    ("the zone", lambda w: sql("UPDATE clinic_location SET timezone = 'America/Chicago'")),
]  # fmt: skip


@pytest.mark.parametrize("write", [write for _name, write in WRITES], ids=[n for n, _w in WRITES])
def test_every_kind_of_write_changes_what_is_said_next(
    write: Callable[[World], object],
    ask: Callable[[], Any],
    diary: list[Therapist],
    option60: ServiceOption,
    day: date,
    ten: datetime,
    client_record: Client,
) -> None:
    world = World(diary, option60, day, ten, client_record)
    before = ask()
    assert ask() == before
    write(world)
    assert ask() != before


def test_the_same_question_costs_the_versions_alone(
    ask: Callable[[], Any],
    diary: list[Therapist],
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    first = ask()
    with django_assert_num_queries(2):  # the clinic, the versions
        assert ask() == first


def test_an_old_copy_of_a_session_answers_nobody_else(
    diary: list[Therapist], option60: ServiceOption, day: date
) -> None:
    old = ServiceOption.objects.select_related("service").get(pk=option60.pk)
    ServiceOption.objects.filter(pk=option60.pk).update(minutes=120)
    asked = search.free_times(option=old, start=day, end=day)
    assert asked.session.minutes == 120
    fresh = ServiceOption.objects.get(pk=option60.pk)
    assert search.free_times(option=fresh, start=day, end=day).openings == asked.openings


def test_what_is_undone_leaves_nothing_behind(
    ask: Callable[[], Any],
    diary: list[Therapist],
    ten: datetime,
    client_record: Client,
    location: Location,
    day: date,
) -> None:
    before, stood = ask(), versions.read()
    with transaction.atomic():
        booked_appointment(client_record, starts_at=ten, therapist=diary[0])
        ClosedDate.objects.create(location=location, day=day)
        assert ask()["slots"] == []
        transaction.set_rollback(True)
    assert versions.read() == stood
    assert ask() == before
    # The next change does not come to stand at what the undone one stood at.
    booked_appointment(client_record, starts_at=ten, therapist=diary[1])
    assert ask() not in (before, {**before, "slots": []})


def test_what_is_seen_before_it_is_committed_is_still_true_afterwards(
    ask: Callable[[], Any], diary: list[Therapist], ten: datetime, client_record: Client
) -> None:
    with transaction.atomic():
        visit = booked_appointment(client_record, starts_at=ten, therapist=diary[0])
        booked = ask()
        with transaction.atomic():
            visit.delete()
            gone = ask()
            transaction.set_rollback(True)
        assert ask() == booked != gone
    assert ask() == booked


def test_a_hold_that_lapses_gives_its_time_back_by_itself(
    ask: Callable[[], Any], diary: list[Therapist], ten: datetime
) -> None:
    before = ask()
    until = timezone.now() + timedelta(minutes=10)
    held_time(ten, therapist=diary[0], until=until)
    kept_out = ask()
    assert kept_out != before
    with time_machine.travel(until - timedelta(seconds=2), tick=False):
        assert ask() == kept_out
    with time_machine.travel(until, tick=False):
        assert ask() == before


def test_a_time_is_gone_the_moment_its_notice_is_not_left(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption, ten: datetime, day: date
) -> None:
    def first() -> datetime:
        query = {"option": str(option60.pk), "from": str(day), "to": str(day)}
        body = anonymous.get("/book/slots.json", query).json()
        return datetime.fromisoformat(body["slots"][0]["start"])

    just_enough = ten - timedelta(minutes=120)
    with time_machine.travel(just_enough - timedelta(seconds=5), tick=False):
        assert first() == ten
    with time_machine.travel(just_enough, tick=False):
        assert first() == ten
    with time_machine.travel(just_enough + timedelta(milliseconds=1), tick=False):
        assert first() == ten + timedelta(minutes=15)


def test_at_midnight_the_horizon_moves_on(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption, location: Location
) -> None:
    BookingPolicy.objects.update(horizon_days=7)
    monday = datetime(2027, 1, 11, 23, 59, 50, tzinfo=location.zone)
    query = {"option": str(option60.pk), "from": "2027-01-12", "to": "2027-01-19"}

    def last() -> str:
        body: str = anonymous.get("/book/slots.json", query).json()["slots"][-1]["start"]
        return body[:10]

    with time_machine.travel(monday, tick=False):
        assert last() == "2027-01-18"
    with time_machine.travel(monday + timedelta(seconds=11), tick=False):
        assert last() == "2027-01-19"


def test_writers_of_any_rows_in_any_order_neither_wait_for_a_stamp_nor_deadlock(
    diary: list[Therapist], ten: datetime, client_record: Client, location: Location
) -> None:
    rows = [
        booked_appointment(client_record, starts_at=ten + timedelta(days=7 * n), therapist=person)
        for n, person in enumerate(diary)
    ]
    stop = monotonic() + 3

    def write(seed: int) -> int:
        """Each transaction touches bookings of several therapists and rules, in its own order."""
        chance, done = Random(seed), 0
        mine = rows[seed % len(rows)]
        try:
            while monotonic() < stop:
                with transaction.atomic():
                    sql("SET LOCAL lock_timeout = '100ms'")
                    for kind in chance.sample(["booking", "rules", "hold"], 3):
                        if kind == "booking":
                            Appointment.objects.filter(pk=mine.pk).update(
                                hold_token=chance.choice([None, mine.pk])
                            )
                        elif kind == "rules":
                            day = date(2030, 1, 1) + timedelta(days=20_000 * seed + done)
                            ClosedDate.objects.create(location=location, day=day)
                        else:
                            start = ten + timedelta(days=7 * (10 + seed * 50 + done % 50))
                            held = held_at(start, diary[seed % len(diary)], mine)
                            held.delete()
                    done += 1
        finally:
            connection.close()
        return done

    with ThreadPoolExecutor(max_workers=4) as pool:
        try:
            done = list(pool.map(write, range(4)))
        except OperationalError as error:  # a deadlock, or a wait longer than a tenth of a second
            pytest.fail(str(error))
    assert min(done) > 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM booking_diarystamp")
        (stamps,) = cursor.fetchone()
    assert stamps < 60  # a few for each that wrote at once, however long they went on


def held_at(start: datetime, therapist: Therapist, like: Appointment) -> Appointment:
    length = like.ends_at - like.starts_at
    assert like.blocked.upper is not None
    after = like.blocked.upper - like.ends_at
    return Appointment.objects.create(
        therapist=therapist,
        room=like.room,
        location=like.location,
        option=like.option,
        status="held",
        starts_at=start,
        ends_at=start + length,
        blocked=(start, start + length + after),
        price_cents=0,
        held_until=start,
        hold_token=like.pk,
    )


def test_two_that_write_at_once_make_two_changes(
    diary: list[Therapist], ten: datetime, client_record: Client
) -> None:
    """The slower transaction, which stamped first and commits last, is seen as well."""
    rows = [
        booked_appointment(client_record, starts_at=ten + timedelta(days=7 * n), therapist=person)
        for n, person in enumerate(diary[:2])
    ]

    def other() -> None:
        try:
            Appointment.objects.filter(pk=rows[1].pk).update(status="cancelled")
        finally:
            connection.close()

    seen = [versions.read()]
    with ThreadPoolExecutor(max_workers=1) as pool, transaction.atomic():
        Appointment.objects.filter(pk=rows[0].pk).update(status="cancelled")
        pool.submit(other).result(timeout=5)
        seen.append(pool.submit(_versions_of_another).result(timeout=5))
    seen.append(versions.read())
    assert len({one.bookings for one in seen}) == 3
    assert len({one.rules for one in seen}) == 1


def _versions_of_another() -> versions.Versions:
    try:
        return versions.read()
    finally:
        connection.close()


def test_who_pays_and_what_was_said_leave_the_versions_alone(
    diary: list[Therapist], ten: datetime, client_record: Client
) -> None:
    visit = booked_appointment(client_record, starts_at=ten, therapist=diary[0])
    before = versions.read()
    Appointment.objects.filter(pk=visit.pk).update(price_cents=1, cancel_reason="x")
    Appointment.objects.filter(pk=diary[0].pk).delete()  # no such row
    assert versions.read() == before
