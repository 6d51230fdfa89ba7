"""No change strands a booked visit in silence: it is listed, agreed to, and stays on a list."""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from booking.models import Appointment, ClosedDate, DateHours, TimeOff, WorkingHours
from booking.setup import absence, conflicts, hours, services, week
from booking.setup.changes import SaveRecord, digest
from booking.setup.conflicts import Reason
from booking.setup.errors import NewConflicts
from clinic.models import Service, Training
from clinic.selectors import clinic_today
from clinic.web.form_page import ChangedSince
from tests import factories
from tests.booking.factories import at, booked_appointment
from tests.booking.managing import previewed, save

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.test import Client as Browser

    from booking.setup.changes import Change
    from clinic.models import Client, Location, Room, Therapist, User

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def visit(
    diary: list[Therapist], services: dict[str, Service], client_record: Client, ten: datetime
) -> Appointment:
    return booked_appointment(client_record, therapist=diary[0], starts_at=ten)


def away(
    location: Location, therapist: Therapist | None, start: datetime, **fields: Any
) -> absence.PutTimeOff:
    return absence.PutTimeOff(
        location=location, therapist=therapist, starts_at=start, ends_at=start + HOUR, **fields
    )


def why(visit: Appointment) -> set[Reason]:
    return set(conflicts.find().get(visit.pk, ()))


# ---- which visits do not fit ----
def test_a_visit_within_everything_fits(visit: Appointment) -> None:
    assert conflicts.find() == {}


def test_hours_that_end_before_the_visit_does_strand_it(visit: Appointment) -> None:
    mine = WorkingHours.objects.filter(therapist=visit.therapist)
    mine.update(starts=time(10), ends=time(11))  # back to back with closing still fits
    assert not why(visit)
    mine.update(ends=time(10, 59))
    assert why(visit) == {Reason.HOURS}


def test_buffers_may_run_past_closing_and_a_break_may_begin_when_the_visit_ends(
    visit: Appointment,
) -> None:
    row = WorkingHours.objects.get(therapist=visit.therapist, weekday=visit.local_date.weekday())
    pause = row.breaks.create(starts=time(11), ends=time(12))
    assert not why(visit)
    pause.starts = time(10, 59)
    pause.save()
    assert why(visit) == {Reason.HOURS}


def test_a_date_off_strands_it_and_extra_hours_take_it_back(visit: Appointment) -> None:
    day = {"therapist": visit.therapist, "location": visit.location, "day": visit.local_date}
    DateHours.objects.create(**day)
    assert why(visit) == {Reason.HOURS}
    DateHours.objects.create(**day, kind="extra", starts=time(10), ends=time(11))
    assert not why(visit)


def test_a_closed_date_and_everybodys_time_off_strand_it(visit: Appointment) -> None:
    closed = ClosedDate.objects.create(location=visit.location, day=visit.local_date)
    assert why(visit) == {Reason.CLOSED}
    closed.delete()
    TimeOff.objects.create(
        location=visit.location,
        starts_at=visit.ends_at - timedelta(minutes=1),
        ends_at=visit.ends_at + HOUR,
    )
    assert why(visit) == {Reason.TIME_OFF}


def test_time_off_that_begins_when_the_visit_ends_does_not(visit: Appointment) -> None:
    TimeOff.objects.create(
        therapist=visit.therapist,
        location=visit.location,
        starts_at=visit.ends_at,
        ends_at=visit.ends_at + HOUR,
    )
    assert not why(visit)


def test_room_therapist_and_training_strand_it(visit: Appointment) -> None:
    service = visit.option.service
    service.training = Training.objects.create(name="Oncology massage")
    service.save()
    visit.room.services.set([Service.objects.get(kind="consultation")])
    assert why(visit) == {Reason.TRAINING, Reason.ROOM_SUITS}
    visit.therapist.trainings.add(service.training)
    visit.room.services.clear()
    visit.room.is_active = False
    visit.room.save()
    visit.therapist.is_active = False
    visit.therapist.save()
    assert why(visit) == {Reason.ROOM, Reason.THERAPIST}


def test_a_couple_in_a_room_that_loses_a_table_is_stranded(
    visit: Appointment, diary: list[Therapist], other_client: Client, rooms: list[Room]
) -> None:
    double = rooms[2]
    Appointment.objects.filter(pk=visit.pk).update(room=double)
    other = booked_appointment(
        other_client,
        therapist=diary[1],
        starts_at=visit.starts_at,
        room=double,
        party=visit.party,
        seat=1,
    )
    assert conflicts.find() == {}
    double.capacity = 1
    double.save()
    assert why(visit) == why(other) == {Reason.ROOM_SMALL}


@pytest.mark.parametrize("status", ["cancelled", "noshow", "fulfilled", "checked-in"])
def test_what_is_over_or_going_on_is_never_stranded(visit: Appointment, status: str) -> None:
    ClosedDate.objects.create(location=visit.location, day=visit.local_date)
    Appointment.objects.filter(pk=visit.pk).update(status=status)
    assert conflicts.find() == {}


def test_what_staff_booked_outside_the_hours_on_purpose_is_not_stranded_by_them(
    visit: Appointment, location: Location
) -> None:
    WorkingHours.objects.all().delete()
    Appointment.objects.filter(pk=visit.pk).update(override_reason="Only time she can come")
    assert not why(visit)
    off = away(location, visit.therapist, visit.starts_at)
    TimeOff.objects.create(
        therapist=visit.therapist, location=location, starts_at=off.starts_at, ends_at=off.ends_at
    )
    assert why(visit) == {Reason.TIME_OFF}  # nobody knew of that


def test_the_list_takes_as_many_queries_for_many_visits_as_for_one(
    visit: Appointment, diary: list[Therapist], other_client: Client
) -> None:
    ClosedDate.objects.create(location=visit.location, day=visit.local_date)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            shown = conflicts.listed(conflicts.find())
            assert all(row.appointment.client and row.words for row in shown)
        return len(captured)

    queries()  # the rules are remembered from here on
    one = queries()
    for hour in (12, 14, 16):
        for person in diary[:3]:
            start = at(visit.location, f"{hour}:00", visit.local_date)
            room = visit.room if person == diary[0] else None
            if room:
                booked_appointment(other_client, therapist=person, room=room, starts_at=start)
    assert len(conflicts.find()) == 4
    assert queries() == one


# ---- saving ----
def changes(visit: Appointment) -> list[Change]:
    """One of each kind, each of which strands the visit."""
    here, person, day = visit.location, visit.therapist, visit.local_date
    room = {"is_active": False}
    return [
        away(here, person, visit.starts_at),
        away(here, None, visit.starts_at),
        absence.CloseDates(location=here, days={day: "Stocktaking"}),
        hours.SetDate(location=here, therapist=person, day=day, kind="instead", spans=()),
        hours.SetWeek(
            location=here,
            therapist=person,
            since=day,
            lines=[week.Line(day.weekday(), time(13), time(18))],
            version=hours.version_of_week(person, here),
        ),
        SaveRecord(location=here, row=visit.room, values=room, version=digest([visit.room])),
        SaveRecord(
            location=here, row=person, values={"is_active": False}, version=digest([person])
        ),
    ]


@pytest.mark.parametrize("number", range(7))
def test_no_change_strands_a_visit_that_nobody_agreed_to(
    visit: Appointment, manager_user: User, number: int
) -> None:
    visit.refresh_from_db()
    visit = Appointment.objects.select_related("therapist", "room", "location").get(pk=visit.pk)
    change = changes(visit)[number]
    before = counts()
    with pytest.raises(NewConflicts) as refusal:
        services.save(actor=manager_user, change=change)
    assert refusal.value.visits == {visit.pk}
    assert counts() == before
    assert services.save(actor=manager_user, change=change, accepted={visit.pk}) == 1
    visit.refresh_from_db()
    assert visit.status == "booked"
    assert why(visit)


def counts() -> list[Any]:
    models = (TimeOff, ClosedDate, DateHours)
    rows = [model.objects.count() for model in models]
    return [*rows, sorted(WorkingHours.objects.values_list("pk", "effective_until"))]


def test_a_visit_that_did_not_fit_before_does_not_stop_other_changes(
    visit: Appointment, diary: list[Therapist], location: Location, manager_user: User
) -> None:
    ClosedDate.objects.create(location=location, day=visit.local_date)
    other = away(location, diary[1], visit.starts_at)
    assert services.save(actor=manager_user, change=other) == 0
    # One reason more is news.
    with pytest.raises(NewConflicts):
        services.save(actor=manager_user, change=away(location, visit.therapist, visit.starts_at))


# ---- the pages ----
def off_url(visit: Appointment) -> str:
    return reverse("diary:time-off-new")


def typed(visit: Appointment) -> dict[str, Any]:
    return {"who": str(visit.therapist_id), "first": visit.local_date.isoformat()}


def test_the_preview_lists_it_first_and_saving_must_say_so(
    as_manager: Browser, visit: Appointment
) -> None:
    page, carried = previewed(as_manager, off_url(visit), typed(visit))
    text = page.content.decode()
    board = f"{reverse('booking:day')}?day={visit.local_date.isoformat()}&amp;open={visit.pk}"
    assert page.status_code == 200
    assert text.index("1 booked visit would no longer fit") < text.index("60-minute sessions")
    assert board in text
    assert reverse("booking:appointment-move", args=[visit.pk]) in text
    assert "Save, and move this one later" in text
    assert 'value="save"' not in text
    assert not TimeOff.objects.exists()

    # The plain button, made up, does not do it; nor does an acceptance of other visits.
    for wrong in ({"do": "save"}, {"do": "leave", "accept": []}):
        answer = as_manager.post(off_url(visit), {**carried, **wrong})
        assert answer.status_code == 422
        assert "Nothing is saved yet" in answer.content.decode()
    assert not TimeOff.objects.exists()

    answer = as_manager.post(off_url(visit), {**carried, "do": "leave"}, follow=True)
    assert "1 visit still has to be moved" in answer.content.decode()
    assert TimeOff.objects.count() == 1
    assert Appointment.objects.get().status == "booked"
    overview = as_manager.get(reverse("diary:overview")).content.decode()
    assert board in overview
    assert "during time off" in overview
    TimeOff.objects.all().delete()
    assert board not in as_manager.get(reverse("diary:overview")).content.decode()


def test_saving_what_was_not_previewed_shows_the_preview_instead(
    as_manager: Browser, visit: Appointment, diary: list[Therapist]
) -> None:
    free = {**typed(visit), "who": str(diary[1].pk)}
    _page, carried = previewed(as_manager, off_url(visit), free)
    answer = as_manager.post(off_url(visit), {**carried, **typed(visit), "do": "save"})
    assert answer.status_code == 200
    assert "would no longer fit" in answer.content.decode()
    assert not TimeOff.objects.exists()
    save(as_manager, off_url(visit), free)
    assert TimeOff.objects.get().therapist == diary[1]


def test_a_booking_made_after_the_preview_stops_the_save(
    as_manager: Browser, diary: list[Therapist], client_record: Client, ten: datetime, day: date
) -> None:
    url, free = reverse("diary:time-off-new"), {"who": str(diary[0].pk), "first": day.isoformat()}
    page, carried = previewed(as_manager, url, free)
    assert "Every booked visit still fits" in page.content.decode()
    factories.make_services()
    booked_appointment(client_record, therapist=diary[0], starts_at=ten)
    answer = as_manager.post(url, {**carried, "do": "save"})
    assert answer.status_code == 422
    assert "Save, and move this one" in answer.content.decode()
    assert not TimeOff.objects.exists()


def test_the_second_of_two_managers_is_told(
    as_manager: Browser, manager_user: User, diary: list[Therapist], location: Location
) -> None:
    start = timezone.now() + timedelta(days=3)
    services.save(actor=manager_user, change=away(location, diary[0], start))
    row = TimeOff.objects.get()
    url = reverse("diary:time-off-change", args=[row.pk])
    later = (clinic_today() + timedelta(days=9)).isoformat()
    _page, carried = previewed(as_manager, url, {"who": str(diary[0].pk), "first": later})
    row.reason = "Course"
    row.save()
    answer = as_manager.post(url, {**carried, "do": "save"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Someone else saved changes" in text
    assert later in text
    row.refresh_from_db()
    assert row.reason == "Course"
    gone = absence.DropTimeOff(location=location, row=row, version="old")
    with pytest.raises(ChangedSince):
        services.save(actor=manager_user, change=gone)
