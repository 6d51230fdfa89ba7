"""What clients owe is read at once for as many as are on a page, split by what it is for."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.utils import timezone

from billing import services
from billing.correcting import refunds
from booking.models import Appointment
from clinic.people import owed
from tests.billing.factories import form_for, missed_visit, paid, plain_visit, plain_visits

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from clinic.models import Client, User

pytestmark = pytest.mark.django_db


def test_what_is_owed_is_split_by_what_it_is_for_the_oldest_first(
    client_record: Client, desk_user: User
) -> None:
    whole, part = plain_visit(client_record, 2), plain_visit(client_record, 4)
    services.take_payment(
        actor=desk_user, visit=part, method="cash", amount_cents=7500, form_token=uuid4()
    )
    late = missed_visit(client_record, 5000, 4, "cancelled")
    absent = missed_visit(client_record)
    found = owed.of(client_record.pk)
    assert [(due.what, due.cents, due.appointment_id, due.kind) for due in found.dues] == [
        ("Late cancellation fee", 5000, late.pk, owed.FEE),
        ("No-show fee", 4000, absent.pk, owed.FEE),
        ("Rest of a visit", 2500, part.appointment_id, owed.VISIT),
        ("Visit", 10000, whole.appointment_id, owed.VISIT),
    ]
    assert found.dues[0].day == late.local_date
    assert (found.cents, found.credit_cents) == (21500, 0)


def test_what_was_given_back_is_owed_again_and_what_was_forgiven_is_not(
    client_record: Client, desk_user: User
) -> None:
    for hours, again in ((2, True), (4, False)):
        payment = paid(desk_user, plain_visit(client_record, hours))
        refunds.refund(
            actor=desk_user,
            payment=payment,
            amount_cents=3000,
            method="card",
            reason="The room was cold",
            owed_again=again,
            form=form_for(payment),
        )
    [due] = owed.of(client_record.pk).dues
    assert (due.what, due.cents) == ("Rest of a visit", 3000)


def test_who_owes_nothing_and_who_is_unknown_owe_nothing(
    client_record: Client, desk_user: User
) -> None:
    visit = plain_visit(client_record)
    services.take_payment(
        actor=desk_user, visit=visit, method="cash", amount_cents=10000, form_token=uuid4()
    )
    Appointment.objects.filter(pk=missed_visit(client_record).pk).update(
        fee_waived_at=timezone.now()
    )
    stranger = uuid4()
    assert owed.owed_by([client_record.pk, stranger]) == {
        client_record.pk: owed.NOTHING,
        stranger: owed.NOTHING,
    }
    assert owed.owed_by([]) == {}


def test_a_crowd_costs_as_many_queries_as_one_client(
    client_record: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    plain_visit(client_record, 12)
    crowd = [visit.appointment.client for visit in plain_visits(4)]
    for days, one in enumerate(crowd, start=1):
        assert one is not None
        missed_visit(one, days=days)
    with django_assert_max_num_queries(3):
        found = owed.owed_by([one.pk for one in [client_record, *crowd] if one is not None])
    assert sorted(one.cents for one in found.values()) == [10000, 14000, 14000, 14000, 14000]
