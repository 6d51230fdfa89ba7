"""Fifty at once on a coupon that is good once: exactly one gets it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from billing.coupons import services as coupons
from billing.models import Coupon, CouponUse
from clinic.errors import DomainError
from clinic.models import Role
from tests import factories
from tests.billing.coupons.conftest import new_client_coupon
from tests.booking.factories import at, booked_appointment
from tests.booking.racing import all_at_once

if TYPE_CHECKING:
    from booking.models import Appointment
    from clinic.models import User

MANY = 50


@pytest.fixture
def clerk(transactional_db: None) -> User:
    return factories.make_user("desk@clinic.test", Role.FRONT_DESK)


def appointments(count: int) -> list[Appointment]:
    """Of as many people, each on a day of their own."""
    first = booked_appointment(factories.make_client("C0", "Lima"))
    start = at(first.location)
    return [first] + [
        booked_appointment(
            factories.make_client(f"C{n}", "Lima"), starts_at=start + timedelta(days=n)
        )
        for n in range(1, count)
    ]


def outcomes(clerk: User, visits: list[Appointment]) -> list[str]:
    def attempt(number: int) -> str:
        with connection.cursor() as cursor:  # all queue at one row, however slow the machine
            cursor.execute("SET lock_timeout = '60s'; SET statement_timeout = '60s'")
        try:
            coupons.take(actor=clerk, code="NEW10", appointment_id=visits[number].pk)
        except DomainError as refusal:
            return refusal.code
        return "given"

    return all_at_once(len(visits), attempt)


def test_of_fifty_at_once_one_gets_the_last_use(clerk: User) -> None:
    new_client_coupon(max_uses=1)
    found = outcomes(clerk, appointments(MANY))
    assert sorted(found) == ["given", *["used_up"] * (MANY - 1)]
    assert CouponUse.objects.get().number == 1


def test_without_the_lock_the_constraint_still_lets_one_through(
    clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the lock: all see that nobody has used it."""
    new_client_coupon(max_uses=1)
    monkeypatch.setattr(coupons, "_numbers", lambda _coupon: set())
    found = outcomes(clerk, appointments(5))
    assert sorted(found) == ["given", *["used_up"] * 4]
    assert CouponUse.objects.count() == 1


def test_without_the_constraint_too_the_race_is_lost(
    clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of both."""
    new_client_coupon(max_uses=1)
    monkeypatch.setattr(coupons, "_numbers", lambda _coupon: set())
    name = "coupon_number_once"
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [name])
        (definition,) = cursor.fetchone()
        cursor.execute(f"DROP INDEX {name}")
    try:
        assert outcomes(clerk, appointments(5)) == ["given"] * 5
    finally:
        CouponUse.objects.all().delete()
        Coupon.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(definition)
