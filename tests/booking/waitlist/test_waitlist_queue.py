from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.utils import timezone

from booking.errors import NotBookable
from booking.models import Appointment, WaitlistEntry
from booking.waitlist import queue
from booking.waitlist import services as waitlist
from booking.waitlist.errors import AlreadyWaiting, FreeAlready, WrongDates
from clinic.errors import InvalidTransition
from clinic.models import AuditEvent
from clinic.selectors import clinic_today
from tests.booking import single
from tests.booking.factories import (
    at,
    booked_appointment,
    held_time,
    make_hours,
)
from tests.booking.waiting import ghosts, in_line, the_offer
from tests.prescriptions.factories import approved_prescription, submitted_prescription
from tests.treatment.factories import mid_afternoon

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from clinic.models import Client, Location, Room, ServiceOption, Therapist, User

    Options = dict[tuple[str, int], ServiceOption]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _afternoon() -> Iterator[None]:
    with mid_afternoon():
        yield


# ---- what else ends an entry ----


def test_an_entry_closes_when_its_client_books_that_session_another_way(
    slot: Therapist,
    therapists: list[Therapist],
    relaxing: ServiceOption,
    client_record: Client,
    desk_user: User,
    location: Location,
    day: date,
    ten: datetime,
) -> None:
    entry = in_line(client_record, relaxing, day)
    waitlist.sweep()
    offer = the_offer()
    make_hours([therapists[1]], location, "14:00", "15:00")
    single.book_for_desk(
        actor=desk_user, client=client_record, option=relaxing, start=ten + timedelta(hours=4)
    )
    assert waitlist.sweep() == 0
    entry.refresh_from_db()
    offer.refresh_from_db()
    assert (entry.status, offer.status) == ("booked", "expired")
    assert ghosts() == []


def test_a_visit_booked_before_or_on_other_days_does_not_close_an_entry(
    diary: list[Therapist],
    options: Options,
    client_record: Client,
    day: date,
    location: Location,
) -> None:
    hour, half = options["therapeutic", 60], options["therapeutic", 30]
    before = timezone.now() - timedelta(days=1)
    booked_appointment(client_record, option=hour, starts_at=at(location, "09:00", day),
                       booked_at=before)  # fmt: skip
    entry = in_line(client_record, hour, day, days=1)
    later = at(location, "09:00", day + timedelta(days=14))
    booked_appointment(client_record, option=hour, starts_at=later)
    booked_appointment(client_record, option=half, starts_at=at(location, "15:00", day))
    assert queue.outdated([entry], timezone.now()) == {}


def test_a_visit_moved_into_the_days_closes_an_entry(
    diary: list[Therapist],
    relaxing: ServiceOption,
    client_record: Client,
    desk_user: User,
    day: date,
    ten: datetime,
    location: Location,
) -> None:
    visit = booked_appointment(
        client_record,
        option=relaxing,
        starts_at=at(location, "10:00", day + timedelta(days=14)),
        booked_at=timezone.now() - timedelta(days=1),
    )
    entry = in_line(client_record, relaxing, day)
    assert queue.outdated([entry], timezone.now()) == {}
    single.reschedule(actor=desk_user, appointment=visit, start=ten)
    assert queue.outdated([entry], timezone.now()) == {entry: "booked"}


def test_an_entry_whose_days_have_passed_expires(
    slot: Therapist, relaxing: ServiceOption, client_record: Client, location: Location
) -> None:
    today = timezone.localdate(timezone=location.zone)
    over = in_line(client_record, relaxing, today - timedelta(days=3), days=2)
    assert waitlist.sweep() == 0
    over.refresh_from_db()
    assert over.status == "expired"


def test_the_last_day_itself_still_counts(
    slot: Therapist, relaxing: ServiceOption, client_record: Client, location: Location
) -> None:
    today = timezone.localdate(timezone=location.zone)
    entry = in_line(client_record, relaxing, today)
    waitlist.sweep()
    entry.refresh_from_db()
    assert entry.status == "waiting"


def test_leaving_ends_the_open_offer(
    slot: Therapist, relaxing: ServiceOption, client_record: Client, client_user: User, day: date
) -> None:
    entry = in_line(client_record, relaxing, day)
    waitlist.sweep()
    waitlist.leave(actor=client_user, entry=entry)
    entry.refresh_from_db()
    assert entry.status == "withdrawn"
    assert not Appointment.objects.exists()
    with pytest.raises(InvalidTransition):
        waitlist.leave(actor=client_user, entry=entry)
    assert ghosts() == []


# ---- who is passed over ----


def test_who_has_a_visit_then_is_passed_over(
    slot: Therapist,
    therapists: list[Therapist],
    options: Options,
    client_record: Client,
    other_client: Client,
    day: date,
    ten: datetime,
    rooms: list[Room],
) -> None:
    booked_appointment(
        client_record,
        therapist=therapists[1],
        room=rooms[1],
        option=options["therapeutic", 30],
        starts_at=ten + timedelta(minutes=30),
    )
    in_line(client_record, options["therapeutic", 60], day)
    second = in_line(other_client, options["therapeutic", 60], day)
    waitlist.sweep()
    assert the_offer().entry == second


def test_who_cannot_be_given_a_time_at_the_moment_holds_nobody_up(
    slot: Therapist,
    therapists: list[Therapist],
    relaxing: ServiceOption,
    client_record: Client,
    other_client: Client,
    rooms: list[Room],
    day: date,
    ten: datetime,
) -> None:
    held = held_time(ten, therapist=therapists[1], room=rooms[1], option=relaxing)
    Appointment.objects.filter(pk=held.pk).update(client=client_record)  # about to book elsewhere
    in_line(client_record, relaxing, day)
    second = in_line(other_client, relaxing, day)
    assert waitlist.sweep() == 1
    assert the_offer().entry == second


def test_one_person_has_one_offer_at_a_time(
    diary: list[Therapist], options: Options, client_record: Client, day: date
) -> None:
    in_line(client_record, options["therapeutic", 60], day)
    in_line(client_record, options["therapeutic", 30], day)
    assert waitlist.sweep() == 1
    assert waitlist.sweep() == 0


def test_who_cancelled_a_time_is_not_offered_it(
    slot: Therapist,
    relaxing: ServiceOption,
    client_record: Client,
    other_client: Client,
    client_user: User,
    day: date,
    ten: datetime,
) -> None:
    visit = booked_appointment(client_record, option=relaxing, starts_at=ten)
    single.cancel(actor=client_user, appointment=visit)
    in_line(client_record, relaxing, day)
    second = in_line(other_client, relaxing, day)
    waitlist.sweep()
    assert the_offer().entry == second


@pytest.mark.parametrize(
    ("papers", "offered"),
    [("none", True), ("covers", True), ("spent", False), ("ends before", False),
     ("spent, a new one in review", True)],
)  # fmt: skip
def test_a_prescribed_session_is_offered_to_whom_it_may_be_given(
    slot: Therapist,
    option60: ServiceOption,
    client_record: Client,
    day: date,
    papers: str,
    offered: bool,
) -> None:
    if papers == "covers":
        approved_prescription(client_record)
    elif papers == "ends before":
        approved_prescription(client_record, through_on=day - timedelta(days=1))
    elif papers != "none":
        approved_prescription(client_record, visits=1, used=1)
    if papers.endswith("review"):
        submitted_prescription(client_record)
    in_line(client_record, option60, day)
    assert waitlist.sweep() == offered


def test_a_therapist_and_a_part_of_the_day_can_be_asked_for(
    diary: list[Therapist], relaxing: ServiceOption, client_record: Client, day: date
) -> None:
    in_line(
        client_record,
        relaxing,
        day,
        therapist=diary[2],
        part_of_day=WaitlistEntry.PartOfDay.AFTERNOON,
    )
    waitlist.sweep()
    offer = the_offer()
    assert offer.therapist == diary[2]
    assert timezone.localtime(offer.starts_at, offer.entry.location.zone).time() == time(12)


def test_at_night_nobody_is_written_to(
    slot: Therapist, relaxing: ServiceOption, client_record: Client, day: date, location: Location
) -> None:
    in_line(client_record, relaxing, day)
    with time_machine.travel(at(location, "22:00", day - timedelta(days=2)), tick=False):
        assert waitlist.sweep() == 0
    with time_machine.travel(at(location, "08:00", day - timedelta(days=1)), tick=False):
        assert waitlist.sweep() == 1


# ---- joining ----


def join(client: Client, option: ServiceOption, day: date, **fields: Any) -> WaitlistEntry:
    values = {"actor": client.user, "first_day": day, "last_day": day, **fields}
    return waitlist.join(client=client, option=option, **values)


def test_there_is_no_need_to_wait_while_a_time_is_free(
    slot: Therapist, relaxing: ServiceOption, client_record: Client, day: date, ten: datetime
) -> None:
    with pytest.raises(FreeAlready) as refusal:
        join(client_record, relaxing, day)
    assert [opening.start for opening in refusal.value.openings] == [int(ten.timestamp())]
    assert not WaitlistEntry.objects.exists()


def test_who_says_that_none_suits_is_not_offered_those(
    slot: Therapist, relaxing: ServiceOption, client_record: Client, day: date
) -> None:
    join(client_record, relaxing, day, none_suits=True)
    assert waitlist.sweep() == 0
    assert ghosts() == []


def test_what_is_free_may_be_set_aside_only_while_it_is_little(
    diary: list[Therapist],
    relaxing: ServiceOption,
    client_record: Client,
    day: date,
) -> None:
    with pytest.raises(FreeAlready):
        join(client_record, relaxing, day, last_day=day + timedelta(days=13), none_suits=True)


def test_one_waits_once_for_a_session(
    slot: Therapist,
    relaxing: ServiceOption,
    client_record: Client,
    other_client: Client,
    day: date,
    ten: datetime,
) -> None:
    booked_appointment(other_client, option=relaxing, starts_at=ten)
    entry = join(client_record, relaxing, day)
    assert entry.added_by == client_record.user
    with pytest.raises(AlreadyWaiting):
        join(client_record, relaxing, day)
    assert WaitlistEntry.objects.count() == 1
    assert AuditEvent.objects.filter(action="waitlist.joined").count() == 1


@pytest.mark.parametrize(("first", "last"), [(-9, -2), (3, 2), (0, 400)])
def test_days_that_cannot_be_are_refused(
    slot: Therapist, relaxing: ServiceOption, client_record: Client, first: int, last: int
) -> None:
    today = clinic_today()
    with pytest.raises(WrongDates):
        join(
            client_record,
            relaxing,
            today + timedelta(days=first),
            last_day=today + timedelta(days=last),
        )
    assert not WaitlistEntry.objects.exists()


def test_a_session_that_is_not_offered_cannot_be_waited_for(
    slot: Therapist, relaxing: ServiceOption, client_record: Client, day: date
) -> None:
    relaxing.is_active = False
    relaxing.save()
    with pytest.raises(NotBookable):
        join(client_record, relaxing, day)
    in_line(client_record, relaxing, day)
    assert waitlist.sweep() == 0
