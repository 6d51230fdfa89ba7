"""The preview says what the real code will say once the change is saved, and leaves no trace."""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from booking.models import BookingPolicy, TimeOff, WorkingHours
from booking.setup import absence, hours, preview, services, week
from booking.setup.changes import SaveRecord, digest
from booking.times import search
from clinic.models import AuditEvent, Training
from clinic.selectors import clinic_today
from tests.booking.factories import at, booked_appointment

if TYPE_CHECKING:
    from datetime import date
    from typing import Any

    from booking.setup.changes import Change
    from clinic.models import Client, Location, Room, ServiceOption, Therapist, User

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def person(diary: list[Therapist]) -> Therapist:
    return diary[0]


def offered(option: ServiceOption, day: date) -> list[tuple[int, tuple[Any, ...]]]:
    free = search.free_times(option=option, start=day, end=day + 6 * DAY)
    return [(opening.start, opening.therapist_ids) for opening in free.openings]


def kinds(
    person: Therapist, here: Location, room: Room, policy: BookingPolicy
) -> dict[str, Change]:
    day = clinic_today() + 3 * DAY
    row = SaveRecord
    return {
        "week": hours.SetWeek(
            location=here,
            therapist=person,
            since=day,
            lines=[week.Line(n, time(9), time(12), ((time(10), time(10, 15)),)) for n in range(7)],
            version=hours.version_of_week(person, here),
        ),
        "date": hours.SetDate(
            location=here,
            therapist=person,
            day=day,
            kind="extra",
            spans=[(time(19), time(21))],
        ),
        "time off": absence.PutTimeOff(
            location=here,
            therapist=person,
            starts_at=timezone.now() + DAY,
            ends_at=timezone.now() + 4 * DAY,
        ),
        "closed": absence.CloseDates(location=here, days={day: "", day + DAY: ""}),
        "room": row(location=here, row=room, values={"is_active": False}, version=digest([room])),
        "person": row(
            location=here, row=person, values={"is_active": False}, version=digest([person])
        ),
        "rules": row(
            location=here,
            row=policy,
            values={"daily_cap": 2, "slot_step": 30},
            version=digest([policy]),
        ),
    }


KINDS = ["week", "date", "time off", "closed", "room", "person", "rules"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_preview_is_what_then_happens(
    person: Therapist,
    location: Location,
    rooms: list[Room],
    policy: BookingPolicy,
    option60: ServiceOption,
    manager_user: User,
    client_record: Client,
    kind: str,
) -> None:
    booked_appointment(client_record, therapist=person, starts_at=at(location, "14:00"))
    change = kinds(person, location, rooms[0], policy)[kind]
    today = clinic_today()
    before = offered(option60, today)  # and the answer is remembered
    events = AuditEvent.objects.count()

    shown = preview.effect(actor=manager_user, change=change)

    # Nothing is left of it, in the tables or in what free times remember.
    assert offered(option60, today) == before
    assert AuditEvent.objects.count() == events
    assert change.current_version() == change.version
    again = preview.effect(actor=manager_user, change=change)
    assert [row.cells for row in again.rows] == [row.cells for row in shown.rows]

    accepted = {visit.appointment.pk for visit in shown.conflicts}
    services.save(actor=manager_user, change=change, accepted=accepted)
    assert (offered(option60, today) == before) == (not shown.changes) or kind == "rules"
    counts = preview._counts(option60, location, shown.days, timezone.now())
    assert {row.therapist.pk: [cell.after for cell in row.cells] for row in shown.rows} == {
        row.therapist.pk: counts.get(row.therapist.pk, [0] * 7) for row in shown.rows
    }
    assert AuditEvent.objects.count() == events + (2 if kind == "closed" else 1)


def test_it_counts_sessions_one_after_the_other_with_their_turnover(
    person: Therapist, location: Location, option60: ServiceOption, manager_user: User, day: date
) -> None:
    WorkingHours.objects.filter(therapist=person).update(starts=time(9), ends=time(11, 15))
    change = hours.SetDate(
        location=location,
        therapist=person,
        day=day,
        kind="instead",
        spans=[(time(9), time(11, 14))],
    )
    shown = preview.effect(actor=manager_user, change=change)
    assert (shown.days[0], shown.minutes) == (day, 60)
    row = next(row for row in shown.rows if row.therapist == person)
    assert (row.cells[0].now, row.cells[0].after) == (2, 1)
    assert row.changes
    assert shown.changes
    assert not any(other.changes for other in shown.rows if other.therapist != person)
    assert shown.total.change == -1


def test_a_service_that_calls_for_training_is_shown_by_its_own_free_times(
    diary: list[Therapist], location: Location, option60: ServiceOption, manager_user: User
) -> None:
    training = Training.objects.create(name="Oncology massage")
    diary[1].trainings.add(training)
    service = option60.service
    change = SaveRecord(
        location=location, row=service, values={"training": training}, version=digest([service])
    )
    shown = preview.effect(actor=manager_user, change=change)
    after = {row.therapist: sum(cell.after for cell in row.cells) for row in shown.rows}
    assert [who for who, count in after.items() if count] == [diary[1]]


def test_its_queries_do_not_grow_with_the_diary(
    person: Therapist,
    location: Location,
    option60: ServiceOption,
    manager_user: User,
    other_client: Client,
    day: date,
) -> None:
    def queries(number: int) -> int:
        start = timezone.now() + (20 + number) * DAY
        change = absence.PutTimeOff(
            location=location, therapist=person, starts_at=start, ends_at=start + DAY
        )
        with CaptureQueriesContext(connection) as captured:
            preview.effect(actor=manager_user, change=change)
        return len(captured)

    booked_appointment(other_client, therapist=person, starts_at=at(location, "09:00", day))
    one = queries(0)
    for hour in range(11, 17, 2):
        start = at(location, f"{hour}:00", day)
        booked_appointment(other_client, therapist=person, starts_at=start)
    TimeOff.objects.create(
        location=location, starts_at=timezone.now() + 9 * DAY, ends_at=timezone.now() + 10 * DAY
    )
    assert queries(1) == one
