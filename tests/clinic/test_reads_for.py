"""How long after the last visit a therapist may open a record: to the day, and no query more."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from booking.models import Appointment
from clinic import access
from clinic.admin import LocationForm
from clinic.dates import months_before
from clinic.models import Location
from clinic.models.places import ReadsFor
from tests.booking.factories import booked_appointment

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client, Therapist, User

DAYS = st.dates(date(2001, 1, 1), date(2099, 12, 31))


@given(DAYS, st.integers(1, 24), st.integers(0, 400))
def test_months_before_goes_back_and_keeps_the_order(day: date, months: int, more: int) -> None:
    first = months_before(day, months)
    assert first < day
    assert (day.year * 12 + day.month) - (first.year * 12 + first.month) == months
    assert first.day == day.day or (first + timedelta(1)).day == 1
    assert months_before(day + timedelta(more), months) >= first


@pytest.mark.parametrize(
    ("day", "months", "first"),
    [
        (date(2026, 11, 30), 3, date(2026, 8, 30)),
        (date(2026, 5, 31), 3, date(2026, 2, 28)),
        (date(2028, 2, 29), 12, date(2027, 2, 28)),
        (date(2026, 1, 15), 24, date(2024, 1, 15)),
    ],
)
def test_months_before_on_days_that_are_easily_wrong(day: date, months: int, first: date) -> None:
    assert months_before(day, months) == first


def visit_on(client: Client, therapist: Therapist, day: date, hour: int = 12) -> Appointment:
    starts = datetime.combine(day, time(hour), ZoneInfo("America/New_York"))
    return booked_appointment(client, therapist=therapist, starts_at=starts, status="fulfilled")


def sees(user: User, client: Client) -> bool:
    return access.may_open(user, client)


@pytest.fixture
def three_months(location: Location) -> Location:
    Location.objects.update(therapist_reads_for=ReadsFor.QUARTER)
    return location


def late_on(day: date, place: Location) -> time_machine.travel:
    """The last minute of a local day: the next has begun in UTC."""
    return time_machine.travel(datetime.combine(day, time(23, 59), place.zone), tick=False)


@pytest.mark.django_db
def test_it_ends_with_the_day(
    three_months: Location, therapist: Therapist, therapist_user: User, client_record: Client
) -> None:
    visit_on(client_record, therapist, date(2026, 8, 30), hour=9)
    with late_on(date(2026, 11, 30), three_months):
        assert sees(therapist_user, client_record)
    with late_on(date(2026, 12, 1), three_months):
        assert not sees(therapist_user, client_record)


@pytest.mark.django_db
def test_by_default_it_never_ends(
    location: Location, therapist: Therapist, therapist_user: User, client_record: Client
) -> None:
    assert location.therapist_reads_for == ReadsFor.ALWAYS
    visit_on(client_record, therapist, date(2016, 8, 30))
    assert sees(therapist_user, client_record)


@pytest.mark.django_db
def test_a_visit_ahead_brings_it_back(
    three_months: Location, therapist: Therapist, therapist_user: User, client_record: Client
) -> None:
    visit_on(client_record, therapist, date(2020, 8, 30))
    assert not sees(therapist_user, client_record)
    booked_appointment(client_record, therapist=therapist)
    assert sees(therapist_user, client_record)


@pytest.mark.django_db
def test_who_substitutes_reads_from_that_day_on_no_matter_who_treats_later(
    three_months: Location,
    therapist: Therapist,
    therapists: list[Therapist],
    therapist_user: User,
    client_record: Client,
) -> None:
    """The client comes to a colleague all the time, and to this therapist once."""
    regular = therapists[1]
    for day in (date(2026, 8, 1), date(2026, 10, 1), date(2026, 11, 25)):
        visit_on(client_record, regular, day)
    with late_on(date(2026, 11, 28), three_months):
        assert not sees(therapist_user, client_record)
        stepped_in = visit_on(client_record, therapist, date(2026, 9, 2))
        assert sees(therapist_user, client_record)
    with late_on(date(2026, 12, 3), three_months):
        assert not sees(therapist_user, client_record)
    Appointment.objects.filter(pk=stepped_in.pk).update(status="cancelled")
    with late_on(date(2026, 11, 28), three_months):
        assert not sees(therapist_user, client_record)


@pytest.mark.django_db
def test_after_the_span_the_record_and_its_visits_are_a_404(
    three_months: Location, therapist: Therapist, as_therapist: Browser, client_record: Client
) -> None:
    visit = visit_on(client_record, therapist, date(2020, 8, 30))
    for name, pk in [
        ("client-detail", client_record.pk),
        ("treatment:progress", client_record.pk),
        ("treatment:panel", visit.pk),
    ]:
        assert as_therapist.get(reverse(name, args=[pk])).status_code == 404, name
    Location.objects.update(therapist_reads_for=ReadsFor.ALWAYS)
    assert as_therapist.get(reverse("client-detail", args=[client_record.pk])).status_code == 200


@pytest.mark.django_db
def test_managers_and_the_desk_are_not_touched(
    three_months: Location,
    therapist: Therapist,
    desk_user: User,
    manager_user: User,
    client_record: Client,
) -> None:
    visit_on(client_record, therapist, date(2020, 8, 30))
    assert sees(desk_user, client_record)
    assert sees(manager_user, client_record)


@pytest.mark.django_db
def test_a_check_costs_no_query_more(
    location: Location, in_care: Appointment, as_therapist: Browser, client_record: Client
) -> None:
    page = reverse("treatment:progress", args=[client_record.pk])
    as_therapist.get(page)
    counts = set()
    for months in (ReadsFor.ALWAYS, ReadsFor.TWO_YEARS):
        Location.objects.update(therapist_reads_for=months)
        with CaptureQueriesContext(connection) as queries:
            assert as_therapist.get(page).status_code == 200
        counts.add(len(queries))
    assert len(counts) == 1


@pytest.mark.django_db
def test_only_these_spans_can_be_kept(location: Location) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Location.objects.update(therapist_reads_for=5)


@pytest.mark.django_db
def test_it_is_set_where_the_clinic_is_configured(location: Location) -> None:
    field = LocationForm(instance=location)["therapist_reads_for"]
    assert field.initial == ReadsFor.ALWAYS
    assert "for 24 months" in str(field)
