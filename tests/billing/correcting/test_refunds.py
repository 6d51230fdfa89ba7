"""Money goes back by the way it came, and never more of it than came."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from billing import fees, selectors, services
from billing.correcting import refunds
from billing.correcting import services as correcting
from billing.errors import (
    AlreadyCorrected,
    NeverFromThatCard,
    OnlyToTheSameCard,
    RefundTooMuch,
    SayIfOwed,
)
from billing.issuing import services as issuing
from billing.models import Charge, Payment, Refund
from booking.models import Appointment
from clinic.people import owed
from clinic.web.form_page import ChangedSince
from tests.billing.factories import form_for, missed_visit, paid
from tests.billing.reading import fresh, owes

if TYPE_CHECKING:
    from clinic.models import Client, User
    from treatment.models import Visit

pytestmark = pytest.mark.django_db


def give_back(actor: User, payment: Payment, cents: int, **more: object) -> Refund:
    given: dict[str, object] = {
        "method": payment.method,
        "reason": "Not satisfied",
        "owed_again": True,
        "form": form_for(payment),
        **more,
    }
    return refunds.refund(actor=actor, payment=payment, amount_cents=cents, **given)  # type: ignore[arg-type]


def test_a_refund_is_owed_again_if_the_desk_says_so(desk_user: User, visit: Visit) -> None:
    payment = paid(desk_user, visit)
    form = form_for(payment)
    made = [give_back(desk_user, payment, 3000, form=form) for _time in range(2)]
    assert made[0] == made[1] == Refund.objects.get()
    payment.refresh_from_db()
    assert (payment.refunded_cents, payment.kept_cents) == (3000, 7000)
    assert services.balance(fresh(visit)) == 3000


def test_or_the_visit_is_cheaper_by_it_and_its_receipt_says_so(
    desk_user: User, visit: Visit
) -> None:
    payment = paid(desk_user, visit)
    with pytest.raises(SayIfOwed):
        give_back(desk_user, payment, 3000, owed_again=None)
    give_back(desk_user, payment, 3000, owed_again=False)
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    assert (receipt.list_cents, receipt.discount_cents, receipt.net_cents) == (10000, 3000, 7000)
    assert (receipt.paid_cents, receipt.balance_cents) == (7000, 0)
    assert [one["amount_cents"] for one in receipt.snapshot["payments"]] == [10000, -3000]
    assert owed.of(visit.appointment.client_id) == owed.NOTHING  # type: ignore[arg-type]
    assert Charge.everything.filter(visit=visit, retired_at__isnull=False).count() == 1


@pytest.mark.parametrize("cents", [7001, 0, -1])
def test_never_more_than_is_left(desk_user: User, visit: Visit, cents: int) -> None:
    payment = paid(desk_user, visit)
    give_back(desk_user, payment, 3000)
    with pytest.raises(RefundTooMuch, match=r"\$70\.00"):
        give_back(desk_user, payment, cents)
    with pytest.raises(IntegrityError), transaction.atomic():
        Refund.objects.create(
            payment=payment,
            amount_cents=7001,
            method="card",
            reason="x",
            refunded_at=payment.paid_at,
            refunded_by=desk_user,
            form_token=uuid4(),
        )


def test_of_two_desks_that_give_back_at_once_the_second_is_told(
    desk_user: User, visit: Visit
) -> None:
    payment = paid(desk_user, visit)
    second = form_for(payment)
    give_back(desk_user, payment, 3000)
    with pytest.raises(ChangedSince):
        give_back(desk_user, payment, 3000, form=second)


@pytest.mark.parametrize("method", ["hsa", "fsa"])
@pytest.mark.parametrize("other", ["hsa", "fsa", "card", "cash", "check"])
def test_a_plans_money_goes_back_to_its_card_or_not_at_all(
    desk_user: User, visit: Visit, method: str, other: str
) -> None:
    payment = paid(desk_user, visit, method=method)
    if other == method:
        assert give_back(desk_user, payment, 10000, method=other).method == method
        return
    with pytest.raises(OnlyToTheSameCard, match="taxable payout"):
        give_back(desk_user, payment, 10000, method=other)
    with pytest.raises(IntegrityError, match="own card"), transaction.atomic():
        Refund.objects.create(
            payment=payment,
            amount_cents=100,
            method=other,
            reason="x",
            refunded_at=payment.paid_at,
            refunded_by=desk_user,
            form_token=uuid4(),
        )


def test_other_money_may_go_back_another_way_but_to_no_plan(desk_user: User, visit: Visit) -> None:
    payment = paid(desk_user, visit)
    made = give_back(desk_user, payment, 100, method="cash")
    assert made.drawer is not None
    with pytest.raises(NeverFromThatCard):
        give_back(desk_user, payment, 100, method="hsa")


def test_what_was_paid_too_much_is_given_back_without_a_question(
    desk_user: User, visit: Visit
) -> None:
    payment = paid(desk_user, visit)
    visit.appointment.price_cents = 8000
    visit.appointment.save()
    assert services.recharge(actor=desk_user, visit=visit)
    assert owed.of(payment.client_id).credit_cents == 2000
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    assert (receipt.net_cents, receipt.paid_cents, receipt.credit_cents) == (8000, 10000, 2000)
    made = give_back(desk_user, payment, 2000, owed_again=None)
    assert made.forgiven_cents == 0
    assert owed.of(payment.client_id) == owed.NOTHING


def test_what_was_forgiven_stays_forgiven_when_the_visit_is_corrected(
    desk_user: User, visit: Visit
) -> None:
    payment = paid(desk_user, visit)
    give_back(desk_user, payment, 3000, owed_again=False)
    visit.appointment.price_cents = 9000
    visit.appointment.save()
    services.recharge(actor=desk_user, visit=visit)
    assert not services.recharge(actor=desk_user, visit=visit)
    bill = selectors.bill(fresh(visit))
    assert (bill.list_cents, bill.net_cents, bill.paid_cents) == (9000, 6000, 7000)
    assert (bill.balance_cents, bill.credit_cents) == (0, 1000)


def test_a_fee_given_back_whole_is_waived_and_in_part_stays_paid(
    desk_user: User, client_record: Client
) -> None:
    missed = missed_visit(client_record)
    payment = fees.take(actor=desk_user, appointment=missed, method="card", form_token=uuid4())
    give_back(desk_user, payment, 1500, owed_again=None)
    missed.refresh_from_db()
    assert missed.fee_paid_at is not None
    give_back(desk_user, payment, 2500, owed_again=None, reason="Was ill")
    missed.refresh_from_db()
    assert missed.fee_waived_reason == "Was ill"
    assert Appointment.objects.get(pk=missed.pk).fee_paid_at is None
    assert owes(client_record) == []


def test_a_void_payment_and_a_refund_never_change(desk_user: User, visit: Visit) -> None:
    payment = paid(desk_user, visit)
    give_back(desk_user, payment, 100)
    for change in ({"amount_cents": 50}, {"method": "cash"}, {"reason": "Another"}):
        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            Refund.objects.update(**change)
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        Refund.objects.all().delete()


def test_a_void_payment_is_not_refunded(desk_user: User, visit: Visit) -> None:
    payment = paid(desk_user, visit)
    correcting.void(actor=desk_user, payment=payment, reason="x", form=form_for(payment))
    with pytest.raises(AlreadyCorrected):
        give_back(desk_user, payment, 100)
