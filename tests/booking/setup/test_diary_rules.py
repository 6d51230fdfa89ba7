"""What managers set, seen in the free times. The arithmetic is proved in test_availability.py."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from booking.errors import SlotTaken
from booking.models import (
    BookingPolicy,
    ClosedDate,
    DateHours,
    ExternalBusy,
    ExternalCalendar,
    TimeOff,
    WorkingBreak,
    WorkingHours,
)
from booking.times import search
from booking.times.availability import moment
from booking.visits import placement
from booking.visits.services import new
from clinic.models import Training
from tests.booking.factories import at, booked_appointment, held_time

if TYPE_CHECKING:
    from clinic.models import Client, Location, Room, ServiceOption, Therapist

pytestmark = pytest.mark.django_db

ZONE = ZoneInfo("America/New_York")


def starts(option: ServiceOption, day: date, therapist: Therapist | None = None) -> list[str]:
    free = search.free_times(option=option, start=day, end=day, therapist=therapist)
    return [f"{moment(opening.start).astimezone(ZONE):%H:%M}" for opening in free.openings]


def test_a_break_keeps_sessions_out(
    diary: list[Therapist], option60: ServiceOption, day: date
) -> None:
    hours = WorkingHours.objects.get(therapist=diary[0], weekday=day.weekday())
    WorkingBreak.objects.create(hours=hours, starts=time(12), ends=time(13))
    found = starts(option60, day, diary[0])
    assert "11:00" in found
    assert "13:00" in found
    assert not [clock for clock in found if "11:00" < clock < "13:00"]


def test_hours_of_a_date_replace_the_week_or_add_to_it(
    diary: list[Therapist], option60: ServiceOption, day: date, location: Location
) -> None:
    dana, theo, imani, _sol = diary
    for person, kind, opens in (
        (dana, DateHours.Kind.INSTEAD, 12),
        (theo, DateHours.Kind.EXTRA, 19),
    ):
        DateHours.objects.create(
            therapist=person,
            location=location,
            day=day,
            kind=kind,
            starts=time(opens),
            ends=time(opens + 1),
        )
    DateHours.objects.create(therapist=imani, location=location, day=day)
    assert starts(option60, day, dana) == ["12:00"]
    assert starts(option60, day, theo)[-2:] == ["17:00", "19:00"]
    assert starts(option60, day, imani) == []


def test_who_only_has_hours_of_a_date_works_then(
    diary: list[Therapist], option60: ServiceOption, day: date, location: Location
) -> None:
    WorkingHours.objects.filter(therapist=diary[0]).delete()
    assert starts(option60, day, diary[0]) == []
    DateHours.objects.create(
        therapist=diary[0], location=location, day=day, kind="extra", starts=time(9), ends=time(10)
    )
    assert starts(option60, day, diary[0]) == ["09:00"]


def test_on_a_closed_date_nobody_works(
    diary: list[Therapist], option60: ServiceOption, day: date, location: Location
) -> None:
    ClosedDate.objects.create(location=location, day=day)
    DateHours.objects.create(
        therapist=diary[0], location=location, day=day, kind="extra", starts=time(9), ends=time(12)
    )
    assert starts(option60, day) == []


def test_only_rooms_that_suit_the_service_count(
    diary: list[Therapist],
    options: dict[tuple[str, int], ServiceOption],
    day: date,
    ten: datetime,
    rooms: list[Room],
    client_record: Client,
) -> None:
    medical, talk = options["medical", 60], options["consultation", 30]
    for room in rooms[1:]:
        room.services.set([talk.service])
    booked_appointment(client_record, starts_at=ten, therapist=diary[0], room=rooms[0])
    assert search.who_is_free(option=medical, start=ten) == []
    assert len(search.who_is_free(option=talk, start=ten)) == 3
    rooms[0].is_active = False
    rooms[0].save()
    assert starts(medical, day) == []


def test_only_who_has_the_training_is_offered(
    diary: list[Therapist], option60: ServiceOption, day: date, ten: datetime
) -> None:
    oncology = Training.objects.create(name="Oncology")
    option60.service.training = oncology
    option60.service.save()
    assert search.who_is_free(option=option60, start=ten) == []
    diary[2].trainings.add(oncology)
    assert search.who_is_free(option=option60, start=ten) == [diary[2].pk]


def test_a_full_day_is_full_for_that_therapist_with_holds_counted(
    diary: list[Therapist],
    option60: ServiceOption,
    day: date,
    ten: datetime,
    client_record: Client,
    policy: BookingPolicy,
    rooms: list[Room],
) -> None:
    BookingPolicy.objects.update(daily_cap=2)
    booked = booked_appointment(client_record, starts_at=ten, therapist=diary[0])
    held = held_time(ten + timedelta(hours=2), therapist=diary[0])
    afternoon = ten + timedelta(hours=5)
    assert diary[0].pk not in search.who_is_free(option=option60, start=afternoon)
    assert diary[1].pk in search.who_is_free(option=option60, start=afternoon)
    # Neither one's own hold nor the visit that is moved stands in its owner's way.
    assert diary[0].pk in search.who_is_free(
        option=option60, start=afternoon, own_hold=held.hold_token
    )
    assert diary[0].pk in search.who_is_free(option=option60, start=afternoon, moving=[booked])


def test_busy_elsewhere_is_busy_here(
    diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    calendar = ExternalCalendar.objects.create(therapist=diary[0], url="https://cal.example/a.ics")
    ExternalBusy.objects.create(
        calendar=calendar, starts_at=ten, ends_at=ten + timedelta(minutes=1)
    )
    assert diary[0].pk not in search.who_is_free(option=option60, start=ten)
    assert diary[0].pk in search.who_is_free(option=option60, start=ten + timedelta(minutes=15))


def test_the_choice_falls_on_who_is_left_no_dead_gap_then_on_who_has_least_to_do(
    diary: list[Therapist],
    option60: ServiceOption,
    location: Location,
    day: date,
    client_record: Client,
    rooms: list[Room],
) -> None:
    dana, theo, imani, sol = diary
    quarter_past = at(location, "10:15", day)
    # Dana is taken until 10:15. At half past nine the half hour before is too short to sell for
    # the others, since the shortest session takes 45 minutes: who has least to do comes first.
    booked_appointment(client_record, starts_at=at(location, "09:00", day), therapist=dana)
    for person, room, clock in ((imani, rooms[1], "15:00"), (theo, rooms[1], "16:30")):
        booked_appointment(
            client_record, starts_at=at(location, clock, day), therapist=person, room=room
        )
    nine_thirty = at(location, "09:30", day)
    assert search.who_is_free(option=option60, start=nine_thirty) == [sol.pk, theo.pk, imani.pk]
    free = search.free_times(option=option60, start=day, end=day)
    opening = {moment(one.start): one for one in free.openings}
    assert not free.is_tidy(opening[nine_thirty])
    assert free.is_tidy(opening[quarter_past])
    booked_appointment(
        client_record, starts_at=at(location, "09:00", day), therapist=sol, room=rooms[1]
    )
    # Half past ten would waste the quarter of an hour since the visits that two of them have had.
    assert search.who_is_free(option=option60, start=at(location, "10:30", day)) == [
        theo.pk,
        imani.pk,
        dana.pk,
        sol.pk,
    ]
    BookingPolicy.objects.update(packing=False)
    free = search.free_times(option=option60, start=day, end=day)
    assert not any(free.is_tidy(one) for one in free.openings)


def test_packing_prefers_and_never_removes(
    diary: list[Therapist], option60: ServiceOption, day: date, policy: BookingPolicy
) -> None:
    with_packing = starts(option60, day)
    BookingPolicy.objects.update(packing=False)
    assert starts(option60, day) == with_packing


def test_a_booking_on_its_way_gives_way_to_time_off_written_before_the_lock(
    diary: list[Therapist], option60: ServiceOption, ten: datetime, location: Location
) -> None:
    choices = search.who_is_free(option=option60, start=ten, therapist=diary[0])
    assert choices == [diary[0].pk]
    TimeOff.objects.create(
        therapist=diary[0], location=location, starts_at=ten, ends_at=ten + timedelta(minutes=1)
    )
    (held,) = new(option60, ten)
    held.status, held.held_until = "held", timezone.now() + timedelta(minutes=10)
    held.hold_token = held.party
    with pytest.raises(SlotTaken):
        placement.place([held], therapist_ids=[diary[0].pk], start=ten)


def test_the_last_place_of_a_capped_day_goes_to_one_of_two_bookings(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    policy: BookingPolicy,
) -> None:
    BookingPolicy.objects.update(daily_cap=1)
    assert search.who_is_free(option=option60, start=ten, therapist=diary[0])
    booked_appointment(client_record, starts_at=ten + timedelta(hours=3), therapist=diary[0])
    (late,) = new(option60, ten)
    late.status, late.client = "booked", client_record
    with pytest.raises(SlotTaken):
        placement.place([late], therapist_ids=[diary[0].pk], start=ten)
