"""What a coupon is good for, what it takes off, and what becomes of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from billing import selectors, services
from billing.correcting import refunds
from billing.coupons import services as coupons
from billing.issuing import services as issuing
from billing.models import Charge, Coupon, CouponUse
from booking.models import AppointmentStatus
from clinic.errors import InvalidTransition
from clinic.models import Payer
from clinic.people import owed
from clinic.prices.coupons import CouponRefused
from tests import factories
from tests.billing.factories import form_for, paid, plain_visit
from tests.booking.factories import booked_appointment
from tests.booking.single import cancel

if TYPE_CHECKING:
    from booking.models import Appointment
    from clinic.models import Client, User
    from treatment.models import Visit

pytestmark = pytest.mark.django_db


def give(actor: User, appointment: Appointment, code: str = "NEW10") -> str:
    """What came of it: nothing if it was given, or the code of the refusal."""
    try:
        coupons.give(actor=actor, appointment=appointment, code=code)
    except CouponRefused as refusal:
        return refusal.code
    return ""


def today_in(days: int) -> Any:
    return timezone.localdate() + timedelta(days=days)


def test_ten_dollars_off_are_on_the_bill_the_charge_the_receipt_and_what_is_owed(
    desk_user: User, visit: Visit, coupon: Coupon
) -> None:
    assert give(desk_user, visit.appointment, " new-10 ") == ""
    bill = selectors.bill(selectors.visits().get(pk=visit.pk))
    assert (bill.list_cents, bill.discount_cents, bill.net_cents) == (10000, 1000, 9000)
    assert owed.of(visit.appointment.client_id).cents == 9000  # type: ignore[arg-type]
    paid(desk_user, visit, 9000)
    charge = Charge.objects.get(visit=visit)
    assert (charge.list_cents, charge.discount_cents, charge.net_cents) == (10000, 1000, 9000)
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    assert (receipt.list_cents, receipt.discount_cents, receipt.net_cents) == (10000, 1000, 9000)
    assert (receipt.paid_cents, receipt.balance_cents) == (9000, 0)
    assert owed.of(visit.appointment.client_id).cents == 0  # type: ignore[arg-type]


def test_given_after_it_was_paid_the_difference_is_to_be_given_back(
    desk_user: User, visit: Visit, coupon: Coupon
) -> None:
    paid(desk_user, visit, 10000)
    assert give(desk_user, visit.appointment) == ""
    bill = selectors.bill(selectors.visits().get(pk=visit.pk))
    assert (bill.net_cents, bill.credit_cents) == (9000, 1000)
    coupons.take_back(actor=desk_user, appointment=visit.appointment)
    bill = selectors.bill(selectors.visits().get(pk=visit.pk))
    assert (bill.net_cents, bill.credit_cents) == (10000, 0)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"is_active": False}, "not_in_use"),
        ({"valid_from": 1}, "not_yet"),
        ({"valid_through": -1}, "ended"),
        ({"code": "OTHER"}, "no_such_code"),
        ({"valid_from": 0, "valid_through": 0}, ""),
    ],
)
def test_a_code_that_is_not_good_today_is_refused_and_nothing_is_written(
    desk_user: User, visit: Visit, coupon: Coupon, change: dict[str, Any], refusal: str
) -> None:
    days = {key: today_in(value) for key, value in change.items() if key.startswith("valid")}
    Coupon.objects.update(**(change | days))
    assert give(desk_user, visit.appointment) == refusal
    assert CouponUse.objects.count() == (0 if refusal else 1)


def test_it_is_for_its_sessions_only_and_the_sentence_names_them(
    desk_user: User, client_record: Client, coupon: Coupon
) -> None:
    option = coupon.options.get(service__kind="medical").service.options.get(minutes=30)
    half = booked_appointment(client_record, option=option)
    with pytest.raises(CouponRefused) as refused:
        coupons.give(actor=desk_user, appointment=half, code="NEW10")
    assert refused.value.code == "not_for_this"
    assert "60 min" in str(refused.value)
    free = coupon.options.model.objects.get(service__kind="consultation")
    talk = booked_appointment(
        client_record, option=free, starts_at=half.ends_at + timedelta(days=1)
    )
    assert give(desk_user, talk) == "is_free"
    coupon.options.clear()
    assert give(desk_user, half) == ""


@pytest.mark.parametrize("kind", [one for one in Payer.Kind if one != Payer.Kind.SELF_PAY])
def test_whom_an_insurer_or_a_program_pays_for_gets_none(
    desk_user: User, visit: Visit, coupon: Coupon, kind: str
) -> None:
    payer = Payer.objects.create(name="Community Care", kind=kind)
    client = visit.appointment.client
    assert client is not None
    client.payer = payer
    client.save()
    assert give(desk_user, visit.appointment) == "not_self_pay"
    Payer.objects.update(kind=Payer.Kind.SELF_PAY)
    assert give(desk_user, visit.appointment) == ""


def test_it_is_for_a_first_visit_that_costs_something(
    desk_user: User, client_record: Client, coupon: Coupon
) -> None:
    later = plain_visit(client_record, 2)
    free = coupon.options.model.objects.get(service__kind="consultation")
    booked_appointment(
        client_record,
        option=free,
        starts_at=later.appointment.starts_at - timedelta(days=9),
        status=AppointmentStatus.FULFILLED,
    )
    missed = booked_appointment(
        client_record,
        starts_at=later.appointment.starts_at - timedelta(days=8),
        status=AppointmentStatus.NO_SHOW,
    )
    assert missed.price_cents
    assert give(desk_user, later.appointment) == ""
    coupons.take_back(actor=desk_user, appointment=later.appointment)
    plain_visit(client_record, 5)
    assert give(desk_user, later.appointment) == "not_first"
    Coupon.objects.update(first_visit_only=False)
    assert give(desk_user, later.appointment) == ""


def test_each_client_uses_it_once_and_a_canceled_visit_gives_it_back(
    desk_user: User, client_record: Client, coupon: Coupon
) -> None:
    Coupon.objects.update(first_visit_only=False)
    first = booked_appointment(client_record)
    second = booked_appointment(client_record, starts_at=first.starts_at + timedelta(days=7))
    assert give(desk_user, first) == ""
    assert give(desk_user, first) == ""  # the form sent again
    assert give(desk_user, second) == "used_before"
    cancel(actor=desk_user, appointment=first)
    assert give(desk_user, second) == ""
    assert CouponUse.objects.counting().get().appointment == second
    assert CouponUse.objects.count() == 2


def test_two_discounts_are_not_added_together(
    desk_user: User, visit: Visit, coupon: Coupon
) -> None:
    other = Coupon.objects.create(code="SPRING", label="Spring", off_cents=500)
    assert give(desk_user, visit.appointment) == ""
    assert give(desk_user, visit.appointment, other.code) == "one_discount"
    coupons.take_back(actor=desk_user, appointment=visit.appointment)
    payment = paid(desk_user, visit, 10000)
    refunds.refund(
        actor=desk_user,
        payment=payment,
        amount_cents=2500,
        method="card",
        reason="Began late",
        owed_again=False,
        form=form_for(payment),
    )
    assert give(desk_user, visit.appointment) == "one_discount"


def test_money_forgiven_comes_on_top_of_a_coupon_each_time_once(
    desk_user: User, visit: Visit, coupon: Coupon
) -> None:
    give(desk_user, visit.appointment)
    payment = paid(desk_user, visit, 9000)
    for net in (7000, 5000):
        refunds.refund(
            actor=desk_user,
            payment=payment,
            amount_cents=2000,
            method="card",
            reason="Began late",
            owed_again=False,
            form=form_for(payment),
        )
        bill = selectors.bill(selectors.visits().get(pk=visit.pk))
        assert (bill.list_cents, bill.net_cents, bill.credit_cents) == (10000, net, 0)
        assert not services.recharge(actor=desk_user, visit=visit)


def test_of_a_limit_no_more_are_used_and_one_given_back_is_free_again(
    desk_user: User, coupon: Coupon
) -> None:
    Coupon.objects.update(max_uses=2)
    visits = [plain_visit(factories.make_client(f"C{n}", "Lima"), 2 * n + 2) for n in range(3)]
    found = [give(desk_user, one.appointment) for one in visits]
    assert found == ["", "", "used_up"]
    with pytest.raises(CouponRefused):
        coupons.quote("NEW10", visits[2].appointment.option)
    coupons.take_back(actor=desk_user, appointment=visits[0].appointment)
    assert give(desk_user, visits[2].appointment) == ""
    assert sorted(CouponUse.objects.counting().values_list("number", flat=True)) == [1, 2]


def test_more_than_the_price_takes_off_the_price(
    desk_user: User, visit: Visit, coupon: Coupon
) -> None:
    Coupon.objects.update(off_cents=50000)
    assert give(desk_user, visit.appointment) == ""
    bill = selectors.bill(selectors.visits().get(pk=visit.pk))
    assert (bill.discount_cents, bill.net_cents, bill.balance_cents) == (10000, 0, 0)


def test_what_was_agreed_stays_when_the_coupon_changes(
    desk_user: User, manager_user: User, visit: Visit, coupon: Coupon
) -> None:
    give(desk_user, visit.appointment)
    coupons.save(actor=manager_user, coupon=coupon, options=[], off_cents=2500, is_active=False)
    assert services.balance(selectors.visits().get(pk=visit.pk)) == 9000


@pytest.mark.parametrize("status", [AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW])
def test_a_visit_that_does_not_take_place_gets_none(
    desk_user: User, client_record: Client, coupon: Coupon, status: str
) -> None:
    gone = booked_appointment(client_record, status=status)
    with pytest.raises(InvalidTransition):
        coupons.give(actor=desk_user, appointment=gone, code="NEW10")
    assert not CouponUse.objects.exists()


@pytest.mark.parametrize(
    "twin", ["coupon_once_for_each_client", "coupon_one_for_a_visit", "coupon_number_once"]
)
def test_the_database_holds_each_limit(
    desk_user: User, visit: Visit, coupon: Coupon, twin: str
) -> None:
    give(desk_user, visit.appointment)
    other = plain_visit(factories.make_client("Noor", "Adler"), 5)
    facts: dict[str, Any] = {
        "coupon": coupon,
        "client": other.appointment.client,
        "appointment": other.appointment,
        "off_cents": 1000,
        "number": 2,
    }
    twins: dict[str, dict[str, Any]] = {
        "coupon_once_for_each_client": {"client": visit.appointment.client},
        "coupon_one_for_a_visit": {"appointment": visit.appointment},
        "coupon_number_once": {"number": 1},
    }
    with pytest.raises(IntegrityError, match=twin), transaction.atomic():
        CouponUse.objects.create(**(facts | twins[twin]))
    with pytest.raises(IntegrityError, match="coupon_within_its_limit"), transaction.atomic():
        CouponUse.objects.create(**(facts | {"limit": 1}))
    CouponUse.objects.create(**facts)
    assert CouponUse.objects.counting().count() == 2
