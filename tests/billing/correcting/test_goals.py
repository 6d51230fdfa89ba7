"""Where a payment may be moved is only what could take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from billing.correcting import goals
from tests.billing.factories import missed_visit, paid, plain_visit
from tests.factories import make_client

if TYPE_CHECKING:
    from clinic.models import Client, User

pytestmark = pytest.mark.django_db


def test_where_it_is_and_where_less_is_owed_is_no_goal(
    desk_user: User, client_record: Client
) -> None:
    here, enough, less = (plain_visit(client_record, hours) for hours in (2, 4, 6))
    payment = paid(desk_user, here, 4000)  # as much is still owed here
    paid(desk_user, less, 7000)
    assert [one.key for one in goals.of(payment)] == [f"visit:{enough.appointment_id}"]


def test_a_fee_is_a_goal_for_its_own_amount_and_no_plans_card(
    desk_user: User, client_record: Client
) -> None:
    fee = missed_visit(client_record, 4000)
    card = paid(desk_user, plain_visit(client_record, 2), 4000)
    plan = paid(desk_user, plain_visit(client_record, 4), 4000, "fsa")
    more = paid(desk_user, plain_visit(client_record, 6), 5000)
    offered = {one.pk: [goal.key for goal in goals.of(one)] for one in (card, plan, more)}
    assert f"fee:{fee.pk}" in offered[card.pk]
    assert f"fee:{fee.pk}" not in offered[plan.pk] + offered[more.pk]


def test_other_people_are_goals_only_when_they_are_looked_for(
    desk_user: User, client_record: Client
) -> None:
    other = plain_visit(make_client("Ben", "Adler"), 4)
    payment = paid(desk_user, plain_visit(client_record, 2))
    key = f"visit:{other.appointment_id}"
    assert key not in [one.key for one in goals.of(payment)]
    found = goals.of(payment, "adler")
    assert [one.key for one in found] == [key]
    assert goals.read(key).visit == other
