"""Time that a visit did not use is sold; a client is a no-show only after a quarter of an hour."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from booking.errors import TooSoonForNoShow
from booking.models import Appointment, AppointmentStatus
from booking.times import search
from booking.visits import changes, ending
from booking.visits import services as booking
from clinic.errors import InvalidTransition
from tests.booking.factories import booked_appointment, make_hours, make_policy
from tests.prescriptions.factories import reviewer
from tests.treatment import factories
from treatment import corrections, services, takebacks
from treatment.errors import DayOver, NotToday
from treatment.models import Visit
from treatment.sessions import Session

if TYPE_CHECKING:
    from datetime import datetime

    from django.test import Client as Browser

    from clinic.models import Client, Location, Room, ServiceOption, Therapist

Options = dict[tuple[str, int], "ServiceOption"]


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


@pytest.fixture
def begin(location: Location, therapist: Therapist, rooms: list[Room]) -> datetime:
    """The start of an hour that is half over: one therapist, one room, open all week."""
    make_policy(location)
    make_hours([therapist], location, opens="08:00", closes="21:00", weekdays=range(7))
    for room in rooms[1:]:
        room.is_active = False
        room.save()
    return timezone.now().replace(second=0, microsecond=0) - minutes(30)


def in_progress(client: Client, option: ServiceOption, begin: datetime) -> Visit:
    factories.make_procedures()
    return factories.started_visit(client, option=option, starts_at=begin)


def finish(visit: Visit, stopped_at: datetime) -> Visit:
    assert visit.started_at is not None
    return services.finish(
        actor=factories.hands_of(visit.appointment),
        visit=visit,
        started_at=visit.started_at,
        stopped_at=stopped_at,
        minutes=factories.techniques_named({"Neuromuscular": 8}),
    )


def is_free(option: ServiceOption, start: datetime) -> bool:
    return bool(search.who_is_free(option=option, start=start, by_desk=True))


def test_what_is_left_of_a_visit_that_ends_early_is_offered_at_once(
    client_record: Client,
    options: Options,
    begin: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hour, half = options["therapeutic", 60], options["therapeutic", 30]
    told: list[str] = []
    monkeypatch.setattr(ending, "enqueue", told.append)
    visit = in_progress(client_record, hour, begin)
    soon = begin + minutes(45)  # 3:15 pm
    assert not is_free(half, soon)

    done = finish(visit, begin + minutes(20))

    appointment = Appointment.objects.get(pk=visit.appointment_id)
    assert (appointment.ends_at, appointment.blocked.upper) == (
        begin + minutes(20),
        begin + minutes(20) + minutes(hour.buffer_after),
    )
    assert appointment.booked_until == begin + minutes(60)
    assert is_free(half, soon)
    assert told == [changes.WAITLIST]  # those who wait for a time hear of it

    # It was later after all: the diary follows, but never over what was sold since.
    row = next(iter(done.minutes.all()))
    session = Session(done.started_at, begin + minutes(29), {row.technique: 8})  # type: ignore[arg-type]
    who = factories.hands_of(appointment)
    how = {"actor": who, "visit": done, "reason": "Typed wrong"}
    corrections.correct(session=session, form_token=uuid4(), **how)  # type: ignore[arg-type]
    appointment.refresh_from_db()
    assert appointment.ends_at == begin + minutes(29)


def test_time_that_was_sold_stays_sold_when_the_visit_is_taken_back(
    client_record: Client, other_client: Client, options: Options, begin: datetime
) -> None:
    hour, half = options["therapeutic", 60], options["therapeutic", 30]
    done = finish(in_progress(client_record, hour, begin), begin + minutes(10))
    sold = booked_appointment(other_client, option=half, starts_at=begin + minutes(45))
    who = factories.hands_of(done.appointment)
    takebacks.take_back(actor=who, visit=done, reason="She never came")
    appointment = Appointment.objects.get(pk=done.appointment_id)
    assert (appointment.status, appointment.ends_at) == ("booked", begin + minutes(10))
    sold.delete()
    assert appointment.blocked.upper <= sold.blocked.lower  # type: ignore[operator]


def test_a_visit_that_ran_over_blocks_no_more_than_was_booked(
    client_record: Client, options: Options, begin: datetime
) -> None:
    option = options["therapeutic", 60]
    visit = in_progress(client_record, option, begin - minutes(60))
    before = visit.appointment.blocked
    finish(visit, begin + minutes(10))
    appointment = Appointment.objects.get(pk=visit.appointment_id)
    assert (appointment.ends_at, appointment.blocked) == (begin, before)


def test_one_that_was_over_before_its_start_blocks_a_minute(
    client_record: Client, options: Options, begin: datetime
) -> None:
    visit = in_progress(client_record, options["therapeutic", 60], begin)
    Visit.objects.filter(pk=visit.pk).update(arrived_at=begin - minutes(30))
    services.finish(
        actor=factories.hands_of(visit.appointment),
        visit=visit,
        started_at=begin - minutes(25),
        stopped_at=begin - minutes(5),
        minutes=factories.techniques_named({"Neuromuscular": 8}),
    )
    assert Appointment.objects.get(pk=visit.appointment_id).ends_at == begin + minutes(1)


def test_a_no_show_is_offered_and_taken_a_quarter_of_an_hour_after_the_start(
    client_record: Client, options: Options, as_desk: Browser, location: Location
) -> None:
    option, now = options["therapeutic", 60], timezone.now()
    late = booked_appointment(client_record, option=option, starts_at=now - minutes(14))
    address = reverse("booking:appointment", args=[late.pk])
    assert "No-show" not in as_desk.get(address).text
    with pytest.raises(TooSoonForNoShow, match=r"a no-show from .*\. Until then, call"):
        booking.mark(actor=reviewer(), appointment=late, status=AppointmentStatus.NO_SHOW)
    said = as_desk.post(
        reverse("booking:appointment-mark", args=[late.pk]), {"status": "noshow"}, follow=True
    )
    assert "Until then, call the client" in said.text

    starts_at = now - minutes(15)
    blocked = (starts_at, late.blocked.upper)
    Appointment.objects.filter(pk=late.pk).update(starts_at=starts_at, blocked=blocked)
    late.refresh_from_db()
    assert "No-show" in as_desk.get(address).text
    booking.mark(actor=reviewer(), appointment=late, status=AppointmentStatus.NO_SHOW)


def test_stopped_is_not_filled_in_and_asked_for(
    as_therapist: Browser, therapist: Therapist, client_record: Client
) -> None:
    visit = factories.started_visit(client_record)
    address = reverse("treatment:record", args=[visit.pk])
    shown = as_therapist.get(address)
    assert shown.context["form"]["stopped"].value() is None
    assert 'data-fill-now="id_stopped"' in shown.text
    begun = f"{visit.appointment.starts_at.astimezone(visit.appointment.location.zone):%H:%M}"
    answer = as_therapist.post(
        address, {"started": begun, "version": shown.context["version"], "stopped": ""}
    )
    assert (answer.status_code, "Enter when the session stopped." in answer.text) == (422, True)


def test_the_start_of_the_wrong_client_is_undone(
    as_therapist: Browser, therapist: Therapist, client_record: Client
) -> None:
    visit = factories.started_visit(client_record)
    as_therapist.post(reverse("treatment:undo-start", args=[visit.pk]))
    visit.refresh_from_db()
    assert (visit.status, visit.started_at) == ("arrived", None)
    assert Appointment.objects.get(pk=visit.appointment_id).status == "arrived"
    with pytest.raises(InvalidTransition):
        services.undo_start(actor=reviewer(), visit=visit)


def test_neither_check_in_nor_start_is_for_another_day(client_record: Client) -> None:
    ahead = factories.ready_appointment(
        client_record, starts_at=factories.earlier_today() + timedelta(days=1)
    )
    with pytest.raises(NotToday) as refusal:
        services.check_in(actor=reviewer(), appointment=ahead)
    assert not isinstance(refusal.value, DayOver)
