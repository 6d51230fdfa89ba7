from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from booking.models import AppointmentStatus
from clinic.models import AuditEvent, ServiceOption
from tests.editing import CHANGED, open_and_save, version_on
from tests.treatment import factories
from treatment.forms import RecordForm
from treatment.models import Visit

if TYPE_CHECKING:
    from django.test import Client as Browser
    from pytest_django import DjangoAssertNumQueries

    from clinic.models import Client, Technique, Therapist

HTMX = {"HX-Request": "true"}


def form_of(visit: Visit, minutes: dict[Technique, int], elapsed: int = 60) -> dict[str, object]:
    assert visit.started_at is not None
    zone = visit.appointment.location.zone
    begun: datetime = visit.started_at.astimezone(zone)
    stopped = begun + timedelta(minutes=elapsed)
    typed = {RecordForm.key(technique): count for technique, count in minutes.items()}
    return {"started": f"{begun:%H:%M}", "stopped": f"{stopped:%H:%M}", **typed}


def test_the_desk_checks_a_client_in(as_desk: Browser, client_record: Client) -> None:
    appointment = factories.ready_appointment(client_record)
    panel = as_desk.get(reverse("treatment:panel", args=[appointment.pk]), headers=HTMX)
    assert b"Check in" in panel.content
    assert b"<html" not in panel.content
    answer = as_desk.post(reverse("treatment:check-in", args=[appointment.pk]))
    assert answer.status_code == 302
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.ARRIVED
    page = as_desk.get(reverse("treatment:panel", args=[appointment.pk]))
    assert "The therapist starts the session." in page.content.decode()


def test_check_in_without_a_questionnaire_is_refused_in_words(
    as_desk: Browser, client_record: Client
) -> None:
    appointment = factories.ready_appointment(client_record, ready=False)
    address = reverse("treatment:check-in", args=[appointment.pk])
    page = as_desk.post(address, follow=True).content.decode()
    assert "questionnaire is not complete" in page
    assert not Visit.objects.exists()


def test_the_therapist_starts_records_and_finishes(
    as_therapist: Browser, therapist: Therapist, client_record: Client
) -> None:
    factories.make_procedures()
    visit = factories.started_visit(client_record)
    minutes = factories.techniques_named({"Neuromuscular": 40, "Relaxation strokes": 13})
    address = reverse("treatment:record", args=[visit.pk])
    page = as_therapist.get(address).content.decode()
    assert "Neck pain after long desk work" in page
    assert "data-minutes-total" in page
    answer = open_and_save(as_therapist, address, form_of(visit, minutes, elapsed=58))
    assert answer.status_code == 302
    visit.refresh_from_db()
    assert visit.status == Visit.Status.FINISHED
    done = as_therapist.get(address).content.decode()
    assert "53 min" in done
    assert AuditEvent.objects.filter(action="visit.viewed", object_id=str(visit.pk)).exists()


def test_of_two_who_record_a_session_the_second_is_told(
    as_therapist: Browser, as_manager: Browser, therapist: Therapist, client_record: Client
) -> None:
    factories.make_procedures()
    visit = factories.started_visit(client_record)
    address = reverse("treatment:record", args=[visit.pk])
    first, second = (version_on(one.get(address).text) for one in (as_therapist, as_manager))
    forty, ten = (
        form_of(visit, factories.techniques_named({"Neuromuscular": count}), elapsed=58)
        for count in (40, 10)
    )
    assert as_therapist.post(address, forty | {"version": first}).status_code == 302

    answer = as_manager.post(address, ten | {"version": second})

    assert (answer.status_code, CHANGED in answer.text) == (422, True)
    assert "40 min" in answer.text  # what is saved now
    assert [row.minutes for row in visit.minutes.all()] == [40]


def test_a_waiting_client_is_started_by_one_button(
    as_therapist: Browser, therapist: Therapist, as_desk: Browser, client_record: Client
) -> None:
    appointment = factories.ready_appointment(client_record)
    as_desk.post(reverse("treatment:check-in", args=[appointment.pk]))
    visit = Visit.objects.get()
    page = as_therapist.get(reverse("treatment:record", args=[visit.pk])).content.decode()
    assert "Start the session" in page
    as_therapist.post(reverse("treatment:start", args=[visit.pk]))
    visit.refresh_from_db()
    assert visit.status == Visit.Status.IN_PROGRESS
    again = as_therapist.post(reverse("treatment:start", args=[visit.pk]), follow=True)
    assert "Someone has already changed this" in again.content.decode()


def test_too_many_minutes_are_refused_and_nothing_typed_is_lost(
    as_therapist: Browser, client_record: Client
) -> None:
    factories.make_procedures()
    visit = factories.started_visit(client_record)
    minutes = factories.techniques_named({"Neuromuscular": 57, "Relaxation strokes": 13})
    address = reverse("treatment:record", args=[visit.pk])
    answer = open_and_save(as_therapist, address, form_of(visit, minutes, elapsed=58))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "70 hands-on minutes do not fit in the 58 minutes" in page
    assert 'value="57"' in page
    assert 'value="13"' in page
    visit.refresh_from_db()
    assert visit.status == Visit.Status.IN_PROGRESS


@pytest.mark.parametrize("typed", ["-1", "abc", "500", "12.5"])
def test_minutes_are_whole_and_sane(
    as_therapist: Browser, client_record: Client, techniques: list[Technique], typed: str
) -> None:
    visit = factories.started_visit(client_record)
    data = {**form_of(visit, {}), RecordForm.key(techniques[0]): typed}
    answer = as_therapist.post(reverse("treatment:record", args=[visit.pk]), data)
    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.content.decode()


def test_the_front_desk_does_not_record_sessions(as_desk: Browser, client_record: Client) -> None:
    visit = factories.started_visit(client_record)
    assert as_desk.get(reverse("treatment:record", args=[visit.pk])).status_code == 403
    assert as_desk.post(reverse("treatment:start", args=[visit.pk])).status_code == 403


def test_a_therapist_sees_the_own_day(
    as_therapist: Browser,
    therapists: list[Therapist],
    client_record: Client,
    other_client: Client,
    options: dict[tuple[str, int], ServiceOption],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    factories.ready_appointment(client_record, therapist=therapists[0])
    factories.ready_appointment(
        other_client,
        therapist=therapists[1],
        option=options["therapeutic", 60],
        starts_at=factories.earlier_today(5),
    )
    with django_assert_max_num_queries(24):
        page = as_therapist.get(reverse("treatment:today")).content.decode()
    assert "Ana Lima" in page
    assert "Omar Haddad" not in page
    tomorrow = as_therapist.get(reverse("treatment:today"), {"day": "2020-01-01"})
    assert "No visits on this day" in tomorrow.content.decode()
    assert as_therapist.get(reverse("treatment:today"), {"day": "2020-99-01"}).status_code == 200


def test_the_day_is_sent_again_when_somebody_was_checked_in(
    as_therapist: Browser, as_desk: Browser, therapists: list[Therapist], client_record: Client
) -> None:
    appointment = factories.ready_appointment(client_record, therapist=therapists[0])
    here, headers = reverse("treatment:today"), {"HX-Request": "true", "HX-Target": "live"}
    (mark,) = re.findall(r'name="seen" value="(\w+)"', as_therapist.get(here).text)
    assert as_therapist.get(here, {"seen": mark}, headers=headers).status_code == 204
    as_desk.post(reverse("treatment:check-in", args=[appointment.pk]))
    changed = as_therapist.get(here, {"seen": mark}, headers=headers)
    assert "Start the session" in changed.text
    assert "<html" not in changed.text
