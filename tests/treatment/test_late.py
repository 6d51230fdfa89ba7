"""Visits entered after their day: forgotten at the desk, or never in the schedule."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from booking.models import Appointment, AppointmentStatus
from booking.visits import services as booking
from clinic.models import AuditEvent, Message
from clinic.selectors import clinic_today
from tests import factories as people
from tests.booking.factories import booked_appointment
from tests.editing import open_and_save
from tests.intake.factories import completed_intake
from tests.prescriptions.factories import approved_prescription, reviewer
from tests.treatment import factories
from treatment import late, services
from treatment.errors import (
    AlreadyRecorded,
    BeforeBirth,
    Canceled,
    DayOver,
    InTheFuture,
    MarkedNoShow,
    NeedsReason,
    NeedsWord,
    NotCoveredThen,
    NotYet,
    TimeInUse,
    TooLongAgo,
)
from treatment.forms import SessionForm
from treatment.models import Visit
from treatment.sessions import Session

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client, ServiceOption, Therapist, User

Options = dict[tuple[str, int], "ServiceOption"]
WHY = "The internet was down at the desk"
HTMX = {"HX-Request": "true"}
GOOD = {"Neuromuscular": 40, "Relaxation strokes": 13}


def forgotten(client: Client, *, days: int = 1, **fields: Any) -> Appointment:
    """Booked for one in the afternoon of a day that is over, and nobody checked in."""
    start = factories.earlier_today() - timedelta(days=days)
    with time_machine.travel(start - timedelta(hours=3), tick=True):  # the papers were there
        return factories.ready_appointment(client, starts_at=start, **fields)


def session_of(appointment: Appointment, minutes: dict[str, int] | None = None) -> Session:
    factories.make_procedures()
    start = appointment.starts_at
    return Session(
        start + timedelta(minutes=2),
        start + timedelta(minutes=58),
        factories.techniques_named(GOOD if minutes is None else minutes),
        arrived_at=start - timedelta(minutes=5),
    )


def record(appointment: Appointment, reason: str = WHY, actor: User | None = None) -> Visit:
    who = actor or factories.hands_of(appointment)
    return late.record(
        actor=who, appointment=appointment, session=session_of(appointment), reason=reason
    )


def test_a_forgotten_visit_is_recorded_with_a_reason_and_uses_up_its_visit(
    client_record: Client,
) -> None:
    appointment = forgotten(client_record)
    visit = record(appointment)
    appointment.refresh_from_db()
    visit = Visit.objects.get(pk=visit.pk)
    assert (appointment.status, visit.status) == (AppointmentStatus.FULFILLED, "finished")
    assert (visit.late_reason, visit.late_missing) == (WHY, "")
    assert visit.late_by == visit.finished_by == factories.hands_of(appointment)
    assert appointment.reservation is not None
    assert appointment.reservation.status == "used"
    assert appointment.reservation.visit_on == appointment.local_date
    events = AuditEvent.objects.filter(client=client_record)
    assert {"visit.arrived_late_entry", "visit.finished"} <= set(
        events.values_list("action", flat=True)
    )
    assert not any(WHY in str(event.detail) for event in events)
    with pytest.raises(AlreadyRecorded):
        record(appointment)


def test_the_day_of_check_in_names_the_way_for_a_day_that_is_over(client_record: Client) -> None:
    appointment = forgotten(client_record)
    with pytest.raises(DayOver, match="Record late"):
        services.check_in(actor=reviewer(), appointment=appointment)


@pytest.mark.parametrize("blank", ["", "   "])
def test_without_a_reason_nothing_is_recorded(client_record: Client, blank: str) -> None:
    appointment = forgotten(client_record)
    with pytest.raises(NeedsReason):
        record(appointment, reason=blank)
    assert not Visit.objects.exists()
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.BOOKED


def test_the_database_wants_who_and_why_of_a_late_entry(client_record: Client) -> None:
    visit = record(forgotten(client_record))
    for fields in ({"late_by": None}, {"late_reason": ""}):
        with pytest.raises(IntegrityError, match="says_who_and_why"), transaction.atomic():
            Visit.objects.filter(pk=visit.pk).update(**fields)


def test_a_questionnaire_that_was_missing_then_is_shown_never_silent(
    client_record: Client, as_desk: Browser
) -> None:
    appointment = forgotten(client_record, ready=False)
    with time_machine.travel(appointment.starts_at - timedelta(days=2), tick=True):
        approved_prescription(client_record)
    visit = record(appointment)
    visit.refresh_from_db()
    assert visit.late_missing == "The health questionnaire was not answered by then."
    panel = as_desk.get(reverse("treatment:panel", args=[appointment.pk]), headers=HTMX)
    assert visit.late_missing in panel.content.decode()


def test_a_questionnaire_signed_afterward_does_not_count(client_record: Client) -> None:
    appointment = booked_appointment(
        client_record, starts_at=factories.earlier_today() - timedelta(days=1)
    )
    completed_intake(client_record)  # today
    approved_prescription(client_record)
    visit = record(appointment)
    assert "was not answered by then" in visit.late_missing


def test_a_medical_visit_needs_a_prescription_for_that_day(client_record: Client) -> None:
    appointment = forgotten(client_record, days=10, ready=False)
    approved_prescription(client_record)  # begins three days ago
    with pytest.raises(NotCoveredThen, match="No approved prescription covers"):
        record(appointment)
    assert not Visit.objects.exists()


def test_what_is_ahead_or_too_long_ago_is_refused(
    client_record: Client, options: Options, manager_user: User
) -> None:
    option = options["therapeutic", 60]
    soon = factories.earlier_today() + timedelta(hours=4)
    with pytest.raises(NotYet):
        record(factories.ready_appointment(client_record, starts_at=soon, option=option))
    old = forgotten(client_record, days=31, option=option)
    with pytest.raises(TooLongAgo, match=r"more than 30 days ago\. Ask a manager"):
        record(old)
    assert record(old, actor=manager_user).status == "finished"


def test_nobody_was_treated_before_they_were_born(client_record: Client, options: Options) -> None:
    appointment = forgotten(client_record, option=options["therapeutic", 60])
    client_record.birth_date = clinic_today()
    client_record.save()
    appointment.refresh_from_db()
    with pytest.raises(BeforeBirth):
        record(appointment)


def test_a_canceled_visit_and_a_no_show_say_what_to_do(client_record: Client) -> None:
    appointment = forgotten(client_record)
    booking.mark(actor=reviewer(), appointment=appointment, status=AppointmentStatus.NO_SHOW)
    with pytest.raises(MarkedNoShow, match="Undo that first"):
        record(appointment)
    booking.mark(actor=reviewer(), appointment=appointment, status=AppointmentStatus.BOOKED)
    # Undoing gave its prescribed visit back; recording it reserves another of that day.
    assert record(appointment).status == "finished"
    order = Appointment.objects.get(pk=appointment.pk).reservation
    assert order is not None
    assert (order.prescription.used, order.prescription.reserved) == (1, 0)

    other = forgotten(client_record, days=2)
    booking.cancel(actor=reviewer(), party=[other])
    with pytest.raises(Canceled, match="Past visit"):
        record(other)


def test_the_desk_enters_the_arrival_and_the_therapist_what_was_done(
    client_record: Client, desk_user: User
) -> None:
    appointment = forgotten(client_record)
    visit = late.arrive(
        actor=desk_user, appointment=appointment, arrived_at=appointment.starts_at, reason=WHY
    )
    assert (visit.status, visit.late_by) == ("arrived", desk_user)
    with pytest.raises(PermissionDenied):
        record(appointment, actor=desk_user)
    with pytest.raises(DayOver):  # it did not start now
        services.start(actor=reviewer(), visit=visit)
    session = replace(session_of(appointment), arrived_at=None)
    hands = factories.hands_of(appointment)
    # The desk has said why.
    done = late.record(actor=hands, appointment=appointment, session=session, reason="")
    assert (done.status, done.late_reason, done.late_by) == ("finished", WHY, desk_user)


def test_an_arrival_still_to_come_is_refused(client_record: Client, desk_user: User) -> None:
    appointment = forgotten(client_record)
    ahead = timezone.now() + timedelta(minutes=5)
    with pytest.raises(InTheFuture):
        late.arrive(actor=desk_user, appointment=appointment, arrived_at=ahead, reason=WHY)


def test_a_session_never_ended_on_its_day_asks_why_it_is_late(client_record: Client) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=1), tick=True):
        visit = factories.started_visit(client_record)
    session = session_of(visit.appointment)
    fields: dict[str, Any] = {
        "actor": factories.hands_of(visit.appointment),
        "visit": visit,
        "started_at": session.started_at,
        "stopped_at": session.stopped_at,
        "minutes": session.minutes,
    }
    with pytest.raises(NeedsWord, match="The day of this visit is over"):
        services.finish(**fields)
    done = services.finish(**fields, word=WHY)
    assert (done.late_reason, done.is_late_entry) == (WHY, True)


# ---- a session that never was in the schedule ----


def past(client: Client, option: ServiceOption, therapist: Therapist, **fields: Any) -> Appointment:
    factories.make_procedures()
    start: datetime = fields.pop("start", factories.earlier_today() - timedelta(days=1))
    minutes = factories.techniques_named({"Neuromuscular": 40})
    session = Session(start, start + timedelta(minutes=58), minutes)
    return late.add_past(
        **{
            "actor": factories.hands_of(booked_like(therapist)),
            "client": client,
            "option": option,
            "therapist": therapist,
            "start": start,
            "reason": WHY,
            "form_token": uuid4(),
            "session": session,
            **fields,
        }
    )


def booked_like(therapist: Therapist) -> Appointment:
    return Appointment(therapist=therapist)


def test_a_session_that_was_never_booked_is_added_and_recorded(
    client_record: Client, options: Options, therapist: Therapist, rooms: list[object]
) -> None:
    token = uuid4()
    made = past(client_record, options["therapeutic", 60], therapist, form_token=token)
    made.refresh_from_db()
    assert (made.status, made.source) == (AppointmentStatus.FULFILLED, "late")
    visit = Visit.objects.get(appointment=made)
    assert (visit.late_reason, visit.arrived_at) == (WHY, made.starts_at)
    assert not Message.objects.exists()  # nothing to confirm or remind of
    again = past(client_record, options["therapeutic", 60], therapist, form_token=token)
    assert again == made
    assert Appointment.objects.count() == 1


def test_a_past_visit_never_overlaps_another(
    client_record: Client,
    other_client: Client,
    options: Options,
    therapist: Therapist,
    rooms: list[object],
) -> None:
    option = options["therapeutic", 60]
    past(client_record, option, therapist)
    half_past = factories.earlier_today() - timedelta(days=1) + timedelta(minutes=30)
    with pytest.raises(TimeInUse, match="Dana Ruiz is busy"):
        past(other_client, option, therapist, start=half_past)
    other = people.make_therapist("Theo Park", position=2)
    with pytest.raises(TimeInUse, match="already a visit booked"):
        past(client_record, option, other, start=half_past)
    assert Appointment.objects.count() == Visit.objects.count() == 1


def test_a_past_visit_that_is_still_to_come_says_so_first(
    client_record: Client,
    other_client: Client,
    options: Options,
    therapist: Therapist,
    rooms: list[object],
) -> None:
    """Not that the time is taken: nobody should look for another time ahead."""
    soon = timezone.now() + timedelta(minutes=5)
    option = options["therapeutic", 60]
    booked_appointment(other_client, starts_at=soon, therapist=therapist, option=option)
    with pytest.raises(NotYet):
        past(client_record, option, therapist, start=soon)


def test_a_past_visit_is_refused_as_a_whole(
    client_record: Client, options: Options, therapist: Therapist, rooms: list[object]
) -> None:
    with pytest.raises(NotCoveredThen):
        past(client_record, options["medical", 60], therapist)
    with pytest.raises(NeedsReason):
        past(client_record, options["therapeutic", 60], therapist, reason=" ")
    soon = timezone.now() + timedelta(minutes=5)
    old = factories.earlier_today() - timedelta(days=40)
    with pytest.raises(NotYet):
        past(client_record, options["therapeutic", 60], therapist, start=soon)
    with pytest.raises(TooLongAgo):
        past(client_record, options["therapeutic", 60], therapist, start=old)
    assert not Appointment.objects.exists()


# ---- the pages ----


def typed(appointment: Appointment, minutes: dict[str, int], **fields: str) -> dict[str, object]:
    factories.make_procedures()
    counts = factories.techniques_named(minutes)
    zone = appointment.location.zone
    begin = appointment.starts_at.astimezone(zone)
    clock = {"arrived": -5, "started": 2, "stopped": 58}
    times = {name: f"{begin + timedelta(minutes=at):%H:%M}" for name, at in clock.items()}
    return {
        **times,
        **{SessionForm.key(one): count for one, count in counts.items()},
        "reason": WHY,
        **fields,
    }


def test_the_therapist_records_late_from_the_panel(
    as_therapist: Browser, therapist: Therapist, client_record: Client
) -> None:
    appointment = forgotten(client_record)
    address = reverse("treatment:late", args=[appointment.pk])
    panel = as_therapist.get(reverse("treatment:panel", args=[appointment.pk]), headers=HTMX)
    assert address in panel.content.decode()
    assert "Check-in opens on the day" not in panel.content.decode()
    page = as_therapist.get(address).content.decode()
    assert "Why is it late?" in page

    refused = as_therapist.post(address, typed(appointment, GOOD, reason=""))
    assert (refused.status_code, 'value="40"' in refused.text) == (422, True)

    answer = as_therapist.post(address, typed(appointment, GOOD))
    visit = Visit.objects.get()
    assert answer["Location"] == reverse("treatment:record", args=[visit.pk])
    shown = as_therapist.get(answer["Location"]).content.decode()
    assert "Recorded late" in shown
    assert WHY in shown
    twice = as_therapist.post(address, typed(appointment, GOOD))
    assert twice["Location"] == answer["Location"]
    assert Visit.objects.count() == 1


def test_the_desk_says_that_the_client_came(as_desk: Browser, client_record: Client) -> None:
    appointment = forgotten(client_record)
    address = reverse("treatment:late", args=[appointment.pk])
    page = as_desk.get(address).content.decode()
    assert "Arrived" in page
    assert "Stopped" not in page
    for nothing in ({}, {"arrived": "", "reason": WHY}, {"arrived": "13:00", "reason": ""}):
        assert as_desk.post(address, {**nothing, "x": "1"}).status_code == 422
    answer = as_desk.post(address, {"arrived": "13:00", "reason": WHY})
    assert answer.status_code == 302
    visit = Visit.objects.get()
    assert (visit.status, visit.late_reason) == ("arrived", WHY)
    waiting = as_desk.get(address).content.decode()
    assert "The therapist records the session." in waiting
    panel = as_desk.get(reverse("treatment:panel", args=[appointment.pk]), headers=HTMX)
    assert "The therapist records the session." in panel.content.decode()


def test_unlikely_times_ask_for_a_word_and_keep_what_was_typed(
    as_therapist: Browser, therapist: Therapist, client_record: Client
) -> None:
    appointment = forgotten(client_record)
    address = reverse("treatment:late", args=[appointment.pk])
    begin = appointment.starts_at.astimezone(appointment.location.zone)
    moved = {
        "arrived": f"{begin - timedelta(minutes=50):%H:%M}",
        "started": f"{begin - timedelta(minutes=45):%H:%M}",
        "stopped": f"{begin + timedelta(minutes=20):%H:%M}",
    }
    refused = as_therapist.post(address, typed(appointment, GOOD, **moved))
    assert refused.status_code == 422
    assert "It started at 12:15 pm and was booked for 1:00 pm." in refused.text
    assert 'name="word"' in refused.text
    said = as_therapist.post(address, typed(appointment, GOOD, **moved, word="She came early"))
    assert said.status_code == 302
    assert Visit.objects.get().times_reason == "She came early"


def test_a_canceled_visit_offers_no_form(as_manager: Browser, client_record: Client) -> None:
    appointment = forgotten(client_record)
    booking.cancel(actor=reviewer(), party=[appointment])
    page = as_manager.get(reverse("treatment:late", args=[appointment.pk])).content.decode()
    assert "Past visit" in page
    assert 'name="reason"' not in page
    panel = as_manager.get(reverse("treatment:panel", args=[appointment.pk])).content.decode()
    assert reverse("treatment:past-visit", args=[client_record.pk]) in panel


def test_a_past_visit_is_added_from_the_clients_page(
    as_therapist: Browser,
    therapist: Therapist,
    client_record: Client,
    options: Options,
    in_care: Appointment,
) -> None:
    panel = as_therapist.get(reverse("billing:client-visits", args=[client_record.pk]))
    address = reverse("treatment:past-visit", args=[client_record.pk])
    assert address in panel.content.decode()
    factories.make_procedures()
    day = clinic_today() - timedelta(days=1)
    fields = {
        "day": day.isoformat(),
        "option": options["therapeutic", 60].pk,
        "therapist": therapist.pk,
        "started": "09:00",
        "stopped": "10:00",
        "reason": WHY,
        "form_token": uuid4(),
        **{SessionForm.key(one): 30 for one in factories.techniques_named({"Neuromuscular": 1})},
    }
    wrong = as_therapist.post(address, {**fields, "day": "2031-01-01"})
    assert (wrong.status_code, WHY in wrong.text) == (422, True)
    answer = open_and_save(as_therapist, address, fields)
    assert answer.status_code == 302
    assert open_and_save(as_therapist, address, fields).status_code == 302
    visit = Visit.objects.get()
    assert (visit.status, visit.therapist) == ("finished", therapist)
    assert AuditEvent.objects.filter(action="appointment.booked").count() == 1


def test_the_desk_adds_a_past_visit_without_minutes(
    as_desk: Browser, client_record: Client, options: Options, therapist: Therapist, rooms: object
) -> None:
    address = reverse("treatment:past-visit", args=[client_record.pk])
    assert "Stopped" not in as_desk.get(address).content.decode()
    day = clinic_today() - timedelta(days=1)
    fields = {
        "day": day.isoformat(),
        "option": options["therapeutic", 60].pk,
        "therapist": therapist.pk,
        "started": "09:00",
        "reason": WHY,
        "form_token": uuid4(),
    }
    assert as_desk.post(address, fields).status_code == 302
    assert Visit.objects.get().status == "arrived"


def test_a_stranger_s_visit_is_not_found(
    therapist: Therapist, as_colleague: Browser, other_client: Client, as_client: Browser
) -> None:
    appointment = forgotten(other_client, therapist=therapist)
    for browser in (as_colleague, as_client):
        assert browser.get(reverse("treatment:late", args=[appointment.pk])).status_code == 404
        past_url = reverse("treatment:past-visit", args=[other_client.pk])
        assert browser.get(past_url).status_code == 404
