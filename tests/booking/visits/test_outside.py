"""Staff book outside hours and policy with a reason, and never over an overlap."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from booking.errors import AlreadyBooked, InThePast, NeedsReason, SlotTaken
from booking.models import (
    Appointment,
    ClosedDate,
    DateHours,
    ExternalBusy,
    ExternalCalendar,
    TimeOff,
    WorkingBreak,
    WorkingHours,
)
from booking.visits import rule_breaks
from clinic.models import AuditEvent, Training
from tests.booking import single
from tests.booking.factories import at, booked_appointment, held_time
from tests.factories import make_client

if TYPE_CHECKING:
    from datetime import date

    from booking.models import BookingPolicy
    from clinic.models import Client, Location, Room, ServiceOption, Therapist, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def book(
    diary: list[Therapist], option60: ServiceOption, client_record: Client, desk_user: User
) -> Any:
    """Book the client with Dana by telephone."""

    def booked(start: datetime, **more: Any) -> Appointment:
        given: dict[str, Any] = {"therapist": diary[0], "client": client_record, **more}
        return single.book_for_desk(actor=desk_user, option=option60, start=start, **given)

    return booked


def codes(refusal: pytest.ExceptionInfo[NeedsReason]) -> list[str]:
    return [breach.code for breach in refusal.value.breaches]


def test_an_offered_time_needs_no_reason_and_keeps_none(book: Any, ten: datetime) -> None:
    made = book(ten, reason="typed all the same")
    assert made.override_reason == ""
    assert AuditEvent.objects.get(action="appointment.booked").detail == {}


def test_each_rule_is_named_and_a_reason_breaks_it(
    book: Any, location: Location, diary: list[Therapist], day: date, policy: BookingPolicy
) -> None:
    dana = diary[0]
    hours = WorkingHours.objects.get(therapist=dana, weekday=day.weekday())
    WorkingBreak.objects.create(hours=hours, starts=time(12), ends=time(12, 30))
    three = at(location, "15:00", day)
    TimeOff.objects.create(
        therapist=dana,
        location=location,
        starts_at=three,
        ends_at=three + timedelta(minutes=30),
        reason="dentist",
    )
    calendar = ExternalCalendar.objects.create(therapist=dana, url="https://example.test/x.ics")
    four = at(location, "16:30", day)
    ExternalBusy.objects.create(
        calendar=calendar, starts_at=four, ends_at=four + timedelta(minutes=15)
    )
    for clock, code, word in (
        ("07:00", "hours", "9:00 am to 6:00 pm"),
        ("17:30", "hours", "Dana Ruiz"),
        ("11:45", "break", "12:00 pm to 12:30 pm"),
        ("14:30", "off", "dentist"),
        ("16:00", "elsewhere", "another calendar"),
        ("10:05", "grid", "15 minutes"),
    ):
        start = at(location, clock, day)
        with pytest.raises(NeedsReason) as refusal:
            book(start)
        assert codes(refusal) == [code]
        assert word in refusal.value.breaches[0].text
        assert not Appointment.objects.exists()
        made = book(start, reason="she drives three hours")
        assert made.override_reason == "she drives three hours"
        event = AuditEvent.objects.filter(action="appointment.booked").latest("at")
        assert event.detail == {"outside": code}
        Appointment.objects.all().delete()


@pytest.mark.parametrize("source", ["desk", "walk_in"])
def test_the_desk_needs_no_notice(
    book: Any, policy: BookingPolicy, ten: datetime, source: str
) -> None:
    assert policy.min_notice == 120
    with time_machine.travel(ten - timedelta(minutes=5), tick=False):
        made = book(ten, source=source)
    assert made.override_reason == ""


def test_beyond_the_horizon_on_a_closed_date_and_over_the_cap(
    book: Any, location: Location, policy: BookingPolicy, ten: datetime, diary: list[Therapist]
) -> None:
    far = ten + timedelta(weeks=14)
    with pytest.raises(NeedsReason) as refusal:
        book(far)
    assert "horizon" in codes(refusal)
    assert book(far, reason="plans ahead").starts_at == far
    ClosedDate.objects.create(location=location, day=ten.date(), name="Thanksgiving")
    with pytest.raises(NeedsReason) as refusal:
        book(ten)
    assert codes(refusal) == ["closed"]
    assert "Thanksgiving" in refusal.value.breaches[0].text
    ClosedDate.objects.all().delete()
    policy.daily_cap = 1
    policy.save()
    booked_appointment(make_client("Other", "Person"), starts_at=ten, therapist=diary[0])
    with pytest.raises(NeedsReason) as refusal:
        book(ten + timedelta(hours=3))
    assert codes(refusal) == ["cap"]


def test_a_therapist_without_the_training_and_a_day_with_hours_of_its_own(
    book: Any, location: Location, option60: ServiceOption, ten: datetime, diary: list[Therapist]
) -> None:
    option60.service.training = Training.objects.create(name="Oncology massage")
    option60.service.save()
    with pytest.raises(NeedsReason) as refusal:
        book(ten)
    assert codes(refusal) == ["training"]
    option60.service.training = None
    option60.service.save()
    DateHours.objects.create(therapist=diary[0], location=location, day=ten.date())
    with pytest.raises(NeedsReason) as refusal:
        book(ten)
    assert codes(refusal) == ["hours"]
    assert "does not work that day" in refusal.value.breaches[0].text


def test_never_over_an_overlap_whatever_the_reason(
    book: Any, ten: datetime, diary: list[Therapist], rooms: list[Room], other_client: Client
) -> None:
    booked_appointment(other_client, starts_at=ten, therapist=diary[0], room=rooms[0])
    for minutes in (-60, 0, 30, 74):
        with pytest.raises(SlotTaken):
            book(ten + timedelta(minutes=minutes), reason="urgent")
    assert Appointment.objects.count() == 1
    after = ten + timedelta(minutes=75)  # back to back with the time to turn over
    assert book(after, reason="urgent").starts_at == after


def test_nor_over_a_hold_a_full_house_or_the_clients_own_visit(
    book: Any,
    ten: datetime,
    diary: list[Therapist],
    rooms: list[Room],
    client_record: Client,
    location: Location,
) -> None:
    seven = ten.replace(hour=ten.hour - 3)
    held_time(seven, therapist=diary[1], room=rooms[0])
    for room, therapist in zip(rooms[1:], diary[2:], strict=True):
        other = make_client("Some", str(room.pk))
        booked_appointment(other, starts_at=seven, therapist=therapist, room=room)
    with pytest.raises(SlotTaken):
        book(seven, reason="early bird")
    seen = rule_breaks.weigh(rule_breaks.AskedTime(diary_option(), seven, diary[0]))
    assert "No room is free then." in seen[0].in_the_way
    booked_appointment(client_record, starts_at=ten, therapist=diary[1], room=rooms[0])
    with pytest.raises(AlreadyBooked):
        book(ten + timedelta(minutes=5), reason="again")


def diary_option() -> ServiceOption:
    from clinic.models import ServiceOption as Option

    return Option.objects.get(service__kind="medical", minutes=60)


def test_what_is_in_the_way_is_named_by_its_time_alone(
    diary: list[Therapist], ten: datetime, option60: ServiceOption, other_client: Client
) -> None:
    booked_appointment(other_client, starts_at=ten, therapist=diary[0])
    (found,) = rule_breaks.weigh(rule_breaks.AskedTime(option60, ten, diary[0]))
    assert found.in_the_way == [
        "Dana Ruiz is busy 10:00 am to 11:15 am, including time before and after."
    ]


def test_a_reason_counts_only_for_the_rules_that_were_shown(
    book: Any, location: Location, day: date, diary: list[Therapist]
) -> None:
    early = at(location, "07:00", day)
    ClosedDate.objects.create(location=location, day=day, name="Snow")
    with pytest.raises(NeedsReason):
        book(early, reason="she asked", breaks=["hours"])
    assert book(early, reason="she asked", breaks=["hours", "closed"]).override_reason


def test_with_anyone_who_breaks_least_is_taken(
    book: Any, location: Location, day: date, diary: list[Therapist]
) -> None:
    WorkingHours.objects.filter(therapist=diary[2]).update(starts=time(7))
    early = at(location, "07:00", day)
    made = book(early, therapist=None)
    assert (made.therapist, made.override_reason) == (diary[2], "")


def test_a_room_may_be_chosen_and_one_not_meant_for_the_service_needs_a_reason(
    book: Any,
    ten: datetime,
    rooms: list[Room],
    options: dict[tuple[str, int], ServiceOption],
    other_client: Client,
) -> None:
    assert book(ten, room=rooms[2]).room == rooms[2]
    rooms[1].services.add(options["therapeutic", 60].service)
    later = ten + timedelta(hours=3)
    with pytest.raises(NeedsReason) as refusal:
        book(later, room=rooms[1])
    assert codes(refusal) == ["room"]
    assert book(later, room=rooms[1], reason="the other is painted").room == rooms[1]


def test_a_day_that_is_over_is_refused(book: Any, location: Location) -> None:
    with pytest.raises(InThePast):
        book(timezone.now() - timedelta(days=2), reason="to write it down")


def test_a_walk_in_after_the_last_time_of_the_day(book: Any, location: Location, day: date) -> None:
    with time_machine.travel(at(location, "17:40", day), tick=False):
        start = at(location, "17:45", day)
        with pytest.raises(NeedsReason) as refusal:
            book(start, source="walk_in")
        assert codes(refusal) == ["hours"]
        made = book(start, source="walk_in", reason="stays longer today")
    assert (made.source, made.override_reason) == ("walk_in", "stays longer today")


def test_moving_outside_keeps_the_reason_and_moving_back_inside_forgets_it(
    book: Any, ten: datetime, desk_user: User, client_user: User, location: Location, day: date
) -> None:
    visit = book(ten)
    early = at(location, "07:00", day)
    with pytest.raises(NeedsReason):
        single.reschedule(actor=desk_user, appointment=visit, start=early)
    with pytest.raises(SlotTaken):
        single.reschedule(actor=client_user, appointment=visit, start=early, reason="please")
    moved = single.reschedule(actor=desk_user, appointment=visit, start=early, reason="before work")
    assert Appointment.objects.get(pk=visit.pk).override_reason == "before work"
    event = AuditEvent.objects.get(action="appointment.moved")
    assert event.detail["outside"] == "hours"
    single.reschedule(actor=desk_user, appointment=moved, start=ten)
    assert Appointment.objects.get(pk=visit.pk).override_reason == ""


def test_naming_what_a_time_breaks_takes_the_same_queries_however_full_the_day(
    diary: list[Therapist],
    ten: datetime,
    option60: ServiceOption,
) -> None:
    wish = rule_breaks.AskedTime(option60, ten - timedelta(hours=3))
    rule_breaks.weigh(wish)  # from now on the rules are known
    counts = []
    for hours in ([0], [2, 4, 6]):
        for hour in hours:
            client = make_client("Client", str(hour))
            start = ten + timedelta(hours=hour)
            booked_appointment(client, starts_at=start, therapist=diary[0])
        with CaptureQueriesContext(connection) as asked:
            rule_breaks.weigh(wish)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_lengths_of_time_are_said_as_people_say_them() -> None:
    said = [rule_breaks.spoken(minutes) for minutes in (0, 15, 60, 120, 1440, 2880)]
    assert said == ["0 minutes", "15 minutes", "1 hour", "2 hours", "24 hours", "2 days"]
