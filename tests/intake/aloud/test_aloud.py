"""The therapist who treats asks the stop questions aloud: for one visit, today, and no more."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from psycopg2.extras import DateTimeTZRange

from booking.errors import NotReady
from booking.models import Appointment
from booking.visits import readiness
from clinic.models import AuditEvent, Role, ServiceOption
from intake import errors, selectors, visits
from intake import services as intake
from intake.aloud import questions, services
from intake.models import OralScreening
from tests.booking.factories import at, booked_appointment
from tests.clinic.merging import join
from tests.conftest import browser_for
from tests.factories import make_client, make_services, make_therapist, make_user
from tests.intake.factories import answered_intake, completed_intake
from treatment import services as treatment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client as Browser

    from clinic.models import Client, Location, Therapist, User

pytestmark = pytest.mark.usefixtures("morning", "questionnaire_row")

LINE = json.dumps([[number for place in range(20) for number in (place * 10, 50)]])


@pytest.fixture
def morning(location: Location) -> Iterator[Any]:
    with time_machine.travel(at(location, "09:50"), tick=False) as clock:
        yield clock


@pytest.fixture
def visit(morning: Any, client_record: Client, therapist: Therapist) -> Appointment:
    return book(client_record, therapist)


def book(client: Client, therapist: Therapist, hours: int = 0) -> Appointment:
    """Ten minutes from now, or hours later; without a prescription."""
    if not ServiceOption.objects.exists():
        make_services()
    start = timezone.now() + timedelta(minutes=10, hours=hours)
    option = ServiceOption.objects.get(service__kind="therapeutic", minutes=60)
    return booked_appointment(client, therapist=therapist, starts_at=start, option=option)


def keys() -> list[str]:
    return [one.key for one in questions.asked(selectors.parsed(intake.published()))]


def form(**changes: str) -> dict[str, str]:
    said = dict.fromkeys(keys(), "no")
    rest = {
        "consent_how": "paper",
        "consent_name": "Ana Lima",
        "goes": "yes",
        "reason": "Left her glasses at home.",
    }
    return said | rest | changes


def page(visit: Appointment) -> str:
    return reverse("intake:desk-aloud", args=[visit.pk])


def coming(visit: Appointment) -> visits.Coming:
    found = visits.find(visit.pk)
    assert found is not None
    return found


def record(actor: User, visit: Appointment, **changes: Any) -> OralScreening:
    given: dict[str, Any] = {
        "questionnaire": intake.published(),
        "said": dict.fromkeys(keys(), "no"),
        "may_go_ahead": True,
        "reason": "x",
        "consent": services.Signature("typed", "Ana Lima"),
    }
    return services.record(actor=actor, visit=coming(visit), **given | changes)


def test_without_a_stop_the_visit_goes_ahead_today_and_the_questionnaire_stays_due(
    as_therapist: Browser, therapist_user: User, visit: Appointment, client_record: Client
) -> None:
    with pytest.raises(NotReady):
        treatment.check_in(actor=therapist_user, appointment=visit)
    text = as_therapist.get(page(visit)).text
    assert text.count("<fieldset") == len(keys()) + 2
    assert " checked" not in text.replace("checked yet", "").replace("been checked", "")

    assert as_therapist.post(page(visit), form()).headers["Location"] == page(visit)

    assert "may go ahead today" in as_therapist.get(page(visit)).text
    ready = readiness.of(visit)
    assert ready.missing == []
    assert (ready.tone, ready.step) == ("warn", "intake")
    assert treatment.check_in(actor=therapist_user, appointment=visit).status == "arrived"
    light = selectors.readiness_for(client_record)
    assert (light.complete, light.consented, light.light) == (False, False, "warn")
    row = OralScreening.objects.get()
    assert (row.asked_by, row.consent_how, row.consent_name) == (
        therapist_user,
        "paper",
        "Ana Lima",
    )
    assert row.reason == "Left her glasses at home."
    event = AuditEvent.objects.get(action="intake.asked_aloud")
    assert event.detail == {"may_go_ahead": True, "how": "paper"}


def test_a_stop_stops_whatever_is_chosen_and_says_what_to_do(
    as_therapist: Browser, therapist_user: User, visit: Appointment
) -> None:
    as_therapist.post(page(visit), form(**{"today-fever": "yes"}))
    text = as_therapist.get(page(visit)).text
    assert "This visit does not go ahead" in text
    assert "Move the visit free of charge" in text
    assert "Call 911" not in text
    ready = readiness.of(visit)
    assert ready.tone == "stop"
    assert "Move it free of charge" in str(ready.missing[0])
    with pytest.raises(NotReady):
        treatment.check_in(actor=therapist_user, appointment=visit)
    # Asking again until the answer fits is no way around it.
    as_therapist.post(page(visit), form())
    with pytest.raises(errors.AskedToday):
        record(therapist_user, visit)
    assert not OralScreening.objects.get().may_go_ahead


def test_an_emergency_says_911(as_therapist: Browser, visit: Appointment) -> None:
    as_therapist.post(page(visit), form(**{"emergency_signs-chest_pain": "yes"}))
    assert "Call 911 now" in as_therapist.get(page(visit)).text


def test_the_therapist_may_say_no_and_unsure_is_theirs_to_judge(
    therapist_user: User, visit: Appointment, client_record: Client
) -> None:
    unsure = dict.fromkeys(keys(), "unsure")
    assert record(therapist_user, visit, said=unsure).may_go_ahead
    later = book(client_record, visit.therapist, hours=3)
    assert not record(therapist_user, later, may_go_ahead=False).may_go_ahead
    assert readiness.of(later).missing


def test_it_counts_for_no_other_visit_day_or_therapist(
    morning: Any,
    therapist_user: User,
    visit: Appointment,
    therapists: list[Therapist],
    client_record: Client,
) -> None:
    record(therapist_user, visit)
    other = book(client_record, visit.therapist, hours=3)
    assert readiness.of(visit).missing == []
    assert readiness.of(other).missing != []
    Appointment.objects.filter(pk=visit.pk).update(therapist=therapists[1])
    visit.refresh_from_db()
    assert readiness.of(visit).missing != []  # somebody else's word
    Appointment.objects.filter(pk=visit.pk).update(therapist=therapists[0])
    visit.refresh_from_db()
    assert readiness.of(visit).missing == []
    morning.shift(timedelta(days=1))
    assert readiness.of(visit).missing != []
    start, end = visit.starts_at + timedelta(days=1), visit.ends_at + timedelta(days=1)
    Appointment.objects.filter(pk=visit.pk).update(  # moved to the next day
        starts_at=start, ends_at=end, blocked=DateTimeTZRange(start, end)
    )
    visit.refresh_from_db()
    assert readiness.of(visit).missing != []


def test_nobody_but_the_therapist_who_treats_it_may_ask(
    visit: Appointment,
    as_desk: Browser,
    as_manager: Browser,
    desk_user: User,
    manager_user: User,
) -> None:
    for browser in (as_desk, as_manager):
        assert browser.get(page(visit)).status_code == 403
        assert browser.post(page(visit), form()).status_code == 403
    colleague = make_user("other@clinic.test", Role.THERAPIST)
    theirs = make_therapist("Theo Park", user=colleague)
    # They treat the client too, at another time: this visit is still not theirs.
    client = visit.client
    assert client is not None
    book(client, theirs, hours=4)
    browser = browser_for(colleague)
    assert browser.get(page(visit)).status_code == 404
    assert browser.post(page(visit), form()).status_code == 404
    with pytest.raises(errors.NotTheTherapist):
        record(colleague, visit)
    for actor in (desk_user, manager_user):
        with pytest.raises(PermissionDenied):
            record(actor, visit)
    assert not OralScreening.objects.exists()


def test_another_day_or_a_visit_that_has_begun_is_refused(
    morning: Any, as_therapist: Browser, therapist_user: User, visit: Appointment
) -> None:
    morning.shift(timedelta(days=-1))
    answer = as_therapist.get(page(visit))
    assert answer.status_code == 422
    assert "counts for today only" in answer.text
    with pytest.raises(errors.NotThisDay):
        record(therapist_user, visit)
    morning.shift(timedelta(days=1))
    Appointment.objects.filter(pk=visit.pk).update(status="cancelled")
    assert as_therapist.post(page(visit), form()).status_code == 422
    assert not OralScreening.objects.exists()


def test_a_signed_questionnaire_leaves_nothing_to_ask_and_a_stop_stands(
    morning: Any,
    as_therapist: Browser,
    therapist_user: User,
    visit: Appointment,
    client_record: Client,
) -> None:
    record(therapist_user, visit)
    answered_intake(client_record, emergency_signs=["chest_pain"])
    assert "Emergency" in str(readiness.of(visit).lights[0].text)
    assert readiness.of(visit).missing != []
    intake.start(actor=None, client=client_record).delete()
    completed_intake(client_record)
    assert readiness.of(visit).lights[0].tone == "ok"
    later = book(client_record, visit.therapist, hours=3)
    with pytest.raises(errors.NothingToAsk):
        record(therapist_user, later)
    morning.shift(timedelta(minutes=1))
    completed_intake(client_record, today=["fever"])
    with pytest.raises(errors.StopStands):
        record(therapist_user, later)
    assert "stops this visit" in as_therapist.get(page(later)).text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"consent": services.Signature("typed", " - ")}, errors.SignatureNeeded),
        ({"consent": services.Signature("by telephone", "Ana")}, errors.SignatureNeeded),
        ({"consent": services.Signature("finger", "Ana")}, errors.DrawingNeeded),
        ({"consent": services.Signature("finger", "Ana", "", "[[1,2]]")}, errors.DrawingNeeded),
        ({"reason": " "}, errors.ReasonNeeded),
        ({"said": {}}, errors.NotAllAsked),
    ],
)
def test_what_is_missing_is_refused(
    therapist_user: User, visit: Appointment, changes: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        record(therapist_user, visit, **changes)
    assert not OralScreening.objects.exists()


def test_the_page_asks_for_what_is_missing_and_keeps_the_rest(
    as_therapist: Browser, visit: Appointment
) -> None:
    answer = as_therapist.post(
        page(visit), form(**{"today-fever": "", "consent_how": "finger", "drawing": LINE})
    )
    assert answer.status_code == 422
    assert "Please ask this, and record the answer." in answer.text
    assert "Left her glasses at home." in answer.text
    assert "[[0, 50" in answer.text
    answer = as_therapist.post(page(visit), form(consent_how="finger"))
    assert "sign with a finger" in answer.text
    assert not OralScreening.objects.exists()


def test_a_drawn_signature_is_stored_encrypted_and_shown_as_lines(
    as_therapist: Browser, visit: Appointment
) -> None:
    as_therapist.post(page(visit), form(consent_how="finger", drawing=LINE))
    assert '<polyline points="0 50 10 50' in as_therapist.get(page(visit)).text
    with connection.cursor() as cursor:
        cursor.execute("SELECT consent_drawing, answers, reason FROM intake_oralscreening")
        for stored in cursor.fetchone():
            assert b"[[0" not in bytes(stored)
            assert b"glasses" not in bytes(stored)


def test_a_guardian_signs_for_a_minor(
    as_therapist: Browser, visit: Appointment, client_record: Client
) -> None:
    client_record.birth_date = visit.starts_at.date() - timedelta(days=9 * 366)
    client_record.save()
    assert as_therapist.post(page(visit), form()).status_code == 422
    as_therapist.post(page(visit), form(consent_relationship="parent", consent_name="Rui Lima"))
    row = OralScreening.objects.get()
    assert (row.consent_name, row.consent_relationship) == ("Rui Lima", "parent")


def test_what_was_recorded_is_final_in_the_database(
    therapist_user: User, visit: Appointment
) -> None:
    row = record(therapist_user, visit)
    for change in ("may_go_ahead = NOT may_go_ahead", "day = day + 1", "reason = 'x'"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE intake_oralscreening SET {change} WHERE id = %s", [row.pk])  # noqa: S608
    with pytest.raises(IntegrityError), transaction.atomic():
        OralScreening.objects.all().delete()


def test_it_follows_a_merge(
    therapist_user: User, visit: Appointment, client_record: Client, desk_user: User
) -> None:
    record(therapist_user, visit)
    twin = make_client("Ana", "Lima-Reis")
    join(desk_user, twin, client_record)
    visit.refresh_from_db()
    assert visit.client == twin
    assert OralScreening.objects.get().client == twin
    assert readiness.of(visit).missing == []


def test_a_day_of_visits_costs_one_query_more(
    therapist_user: User, visit: Appointment, django_assert_num_queries: Any
) -> None:
    for hours in range(2, 9, 2):
        book(make_client(f"Client{hours}"), visit.therapist, hours)
    record(therapist_user, visit)
    shown = list(Appointment.objects.with_names())
    with CaptureQueriesContext(connection) as few:
        readiness.of_all(shown[:1])
    with django_assert_num_queries(len(few)):
        readiness.of_all(shown)
