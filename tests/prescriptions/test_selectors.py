from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import time_machine

from clinic.selectors import clinic_today
from prescriptions import ledger, selectors
from prescriptions.models import Prescription
from prescriptions.reviewing import services
from prescriptions.reviewing.selectors import next_to_review
from tests.prescriptions.factories import approved_prescription, submitted_prescription

if TYPE_CHECKING:
    from collections.abc import Callable

    from clinic.models import Client, Location, User


def test_the_usable_one_is_the_first_to_run_out_with_visits_left(client_record: Client) -> None:
    today = clinic_today()
    late = approved_prescription(client_record, codes=("M79.18",), months=4)
    soon = approved_prescription(client_record, codes=("M54.2",), visits=1)
    assert selectors.usable_for(client_record.pk, today) == soon
    ledger.reserve_visit(actor=None, prescription=soon, on=today)
    assert selectors.usable_for(client_record.pk, today) == late
    assert selectors.usable_for(client_record.pk, today + timedelta(days=400)) is None


def test_nobody_uses_a_strangers_prescription(client_record: Client, other_client: Client) -> None:
    approved_prescription(client_record)
    assert selectors.usable_for(other_client.pk, clinic_today()) is None


def test_coverage_of_many_clients_is_one_query(
    client_record: Client, other_client: Client, django_assert_num_queries: Callable[..., Any]
) -> None:
    mine = approved_prescription(client_record)
    submitted_prescription(other_client)
    with django_assert_num_queries(1):
        found = selectors.coverage([client_record.pk, other_client.pk])
    assert found == {client_record.pk: [mine], other_client.pk: []}


def test_the_meter_adds_up(approved: Prescription) -> None:
    ledger.reserve_visit(actor=None, prescription=approved, on=clinic_today())
    approved.refresh_from_db()
    meter = selectors.meter(approved, clinic_today())
    assert (meter.authorized, meter.used, meter.reserved, meter.left) == (12, 0, 1, 11)


def test_the_home_shows_the_one_in_use_before_a_newer_one_in_review(
    client_record: Client, approved: Prescription
) -> None:
    newer = submitted_prescription(client_record)
    assert selectors.latest(client_record) == approved
    Prescription.objects.filter(pk=approved.pk).update(status="superseded")
    assert selectors.latest(client_record) == newer


def test_the_home_goes_by_the_clinics_day_not_by_utc(
    client_record: Client, location: Location
) -> None:
    with time_machine.travel("2026-11-22 15:00Z", tick=True):
        approved = approved_prescription(client_record, through_on=date(2026, 11, 22))
        newer = submitted_prescription(client_record)
    # Still the 22nd at the clinic, the 23rd in UTC.
    with time_machine.travel("2026-11-23 03:00Z", tick=False):
        assert selectors.latest(client_record) == approved
    with time_machine.travel("2026-11-23 06:00Z", tick=False):
        assert selectors.latest(client_record) == newer


def test_the_next_to_review_skips_what_a_colleague_has_open(
    client_record: Client, desk_user: User, manager_user: User
) -> None:
    first, second = submitted_prescription(client_record), submitted_prescription(client_record)
    services.claim(actor=manager_user, prescription=first)
    assert next_to_review(desk_user) == second
    assert next_to_review(manager_user) == first
    assert next_to_review(manager_user, after=first) == second
