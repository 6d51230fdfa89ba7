"""Money under any order of payments, corrections, refunds, coupons, tips and receipts."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing import fees, pricing, selectors, services
from billing.correcting import refunds
from billing.correcting import services as correcting
from billing.correcting.services import Goal
from billing.coupons import services as coupons
from billing.extras import services as extras
from billing.issuing import services as issuing
from billing.models import (
    BillingDocument,
    Charge,
    Coupon,
    CouponUse,
    Payment,
    Refund,
    SalesTax,
    VisitExtra,
)
from booking.models import Appointment
from clinic.errors import DomainError
from clinic.models import Role
from clinic.people import owed
from tests.billing.factories import form_for, missed_visit, plain_visit
from tests.factories import make_client, make_user
from tests.treatment.factories import mid_afternoon
from treatment.models import Visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from clinic.models import Client, Location, Therapist, User

pytestmark = pytest.mark.django_db
PLANS = {"hsa", "fsa"}
CENTS = st.sampled_from([1, 2500, 3999, 5000, 10000, 12000])
METHODS = st.sampled_from(["hsa", "fsa", "card", "cash", "check"])
PLACE = st.integers(0, 2)  # two visits of one client, one of another
NTH = st.integers(0, 4)  # of the payments so far

REFUNDED = st.sampled_from([1, 2500, 5000, 10000])
WAY = st.one_of(st.none(), METHODS)  # none: as it was paid
# Every history begins with money that there is something to be done about.
Begin = st.tuples(
    st.tuples(st.just("pay"), st.just(0), METHODS, st.sampled_from([5000, 10000])),
    st.tuples(st.just("pay"), st.just(2), METHODS, st.sampled_from([2500, 10000])),
)

Step = st.one_of(
    st.tuples(st.just("pay"), PLACE, METHODS, CENTS),
    st.tuples(st.just("fee"), METHODS),
    st.tuples(st.just("void"), NTH),
    st.tuples(st.just("method"), NTH, METHODS),
    st.tuples(st.just("number"), NTH, st.sampled_from(["", "4242", "0009"])),
    st.tuples(st.just("move"), NTH, PLACE),
    st.tuples(st.just("to_fee"), NTH),
    st.tuples(st.just("refund"), NTH, WAY, REFUNDED, st.sampled_from([None, True, False])),
    st.tuples(st.just("refund"), NTH, st.none(), REFUNDED, st.booleans()),
    st.tuples(st.just("reprice"), PLACE, st.sampled_from([4000, 8000, 10000, 15000])),
    st.tuples(st.just("issue"), PLACE),
    st.tuples(st.just("update"), PLACE),
    st.tuples(st.just("void_receipt"), PLACE),
    st.tuples(st.just("coupon"), PLACE),
    st.tuples(st.just("take_back"), PLACE),
    st.tuples(st.just("tip"), PLACE, CENTS),
    st.tuples(st.just("goods"), PLACE, CENTS),
    st.tuples(st.just("remove"), PLACE),
)


class Clinic:
    """Does what a step says. What is refused leaves nothing behind."""

    def __init__(self) -> None:
        self.actor: User = make_user(f"{uuid4()}@clinic.test", Role.FRONT_DESK)
        one, other = (make_client(f"C{uuid4().hex[:8]}", name) for name in ("Lima", "Adler"))
        self.people: list[Client] = [one, other]
        self.visits = [plain_visit(one, 2), plain_visit(one, 4), plain_visit(other, 6)]
        self.missed = missed_visit(one, 5000)
        place = self.visits[0].appointment.location
        SalesTax.objects.update_or_create(location=place, defaults={"goods_rate": 8875})
        facts = {"label": "x", "off_cents": 1000, "first_visit_only": False}
        self.coupon = Coupon.objects.create(code=uuid4().hex[:12].upper(), **facts)
        self.printed: dict[object, tuple[object, ...]] = {}

    def do(self, step: tuple[object, ...]) -> None:
        name, *given_ = step
        work: Callable[..., object] = getattr(self, f"do_{name}")
        try:
            with transaction.atomic():
                work(*given_)
        except DomainError:
            pass

    def nth(self, number: int) -> Payment:
        """Any payment so far, void ones too."""
        found = list(Payment.everything.filter(client__in=self.people).order_by("created_at"))
        if number >= len(found):
            raise DomainError
        return selectors.payments().get(pk=found[number].pk)

    def do_pay(self, place: int, method: str, cents: int) -> None:
        services.take_payment(
            actor=self.actor,
            visit=self.visits[place],
            method=method,
            amount_cents=cents,
            form_token=uuid4(),
        )

    def do_fee(self, method: str) -> None:
        fees.take(actor=self.actor, appointment=self.missed, method=method, form_token=uuid4())

    def do_void(self, number: int) -> None:
        payment = self.nth(number)
        correcting.void(actor=self.actor, payment=payment, reason="x", form=form_for(payment))

    def do_method(self, number: int, method: str) -> None:
        payment, form = self.nth(number), form_for(self.nth(number))
        made = [
            correcting.change_method(actor=self.actor, payment=payment, method=method, form=form)
            for _twice in range(2)
        ]
        assert made[0] == made[1]

    def do_number(self, number: int, reference: str) -> None:
        """The same money by the same way, under another number; sent twice it is one."""
        payment, form = self.nth(number), form_for(self.nth(number))
        made = [
            correcting.change_reference(
                actor=self.actor, payment=payment, reference=reference, form=form
            )
            for _twice in range(2)
        ]
        assert made[0] == made[1]
        kept = ("method", "amount_cents", "visit_id", "appointment_id", "paid_at")
        assert [getattr(made[0], one) for one in kept] == [getattr(payment, one) for one in kept]

    def do_move(self, number: int, place: int) -> None:
        payment = self.nth(number)
        correcting.move(
            actor=self.actor,
            payment=payment,
            to=Goal(visit=Visit.objects.get(pk=self.visits[place].pk)),
            reason="x",
            form=form_for(payment),
        )

    def do_to_fee(self, number: int) -> None:
        payment = self.nth(number)
        fee = Goal(appointment=Appointment.objects.with_names().get(pk=self.missed.pk))
        correcting.move(
            actor=self.actor, payment=payment, to=fee, reason="x", form=form_for(payment)
        )

    def do_refund(self, number: int, method: str | None, cents: int, again: bool | None) -> None:
        payment = self.nth(number)
        made = refunds.refund(
            actor=self.actor,
            payment=payment,
            amount_cents=cents,
            method=method or payment.method,
            reason="x",
            owed_again=again,
            form=form_for(payment),
        )
        assert payment.method not in PLANS or made.method == payment.method

    def do_reprice(self, place: int, cents: int) -> None:
        """The visit is corrected, and comes to another price."""
        one = self.visits[place].appointment
        Appointment.objects.filter(pk=one.pk).update(price_cents=cents)
        services.recharge(actor=self.actor, visit=self.visits[place])

    def do_coupon(self, place: int) -> None:
        appointment = self.visits[place].appointment
        coupons.give(actor=self.actor, appointment=appointment, code=self.coupon.code)

    def do_take_back(self, place: int) -> None:
        coupons.take_back(actor=self.actor, appointment=self.visits[place].appointment)

    def do_tip(self, place: int, cents: int) -> None:
        visit = self.visits[place]
        extras.add_tip(actor=self.actor, visit=visit, cents=cents, form_token=uuid4())

    def do_goods(self, place: int, cents: int) -> None:
        extras.add_goods(
            actor=self.actor,
            visit=self.visits[place],
            description="Oil",
            each_cents=cents,
            is_taxed=True,
            form_token=uuid4(),
        )

    def do_remove(self, place: int) -> None:
        extra = VisitExtra.objects.counting().filter(visit=self.visits[place]).first()
        if extra is not None:
            extras.remove(actor=self.actor, extra=extra)

    def do_issue(self, place: int) -> None:
        receipt = issuing.issue_receipt(actor=self.actor, visit=self.visits[place])
        if receipt.pk not in self.printed:
            visit = selectors.visits().get(pk=self.visits[place].pk)
            assert issuing.out_of_date(receipt, visit) == []
            self.printed[receipt.pk] = said_by(receipt)

    def do_update(self, place: int) -> None:
        made = issuing.bring_up_to_date(actor=self.actor, visit=self.visits[place])
        visit = selectors.visits().get(pk=self.visits[place].pk)
        for one in made:
            assert not one.is_valid or issuing.out_of_date(one, visit) == []
            self.printed.setdefault(one.pk, said_by(one))

    def do_void_receipt(self, place: int) -> None:
        receipt = issuing.valid("receipt", self.visits[place])
        if receipt is not None:
            issuing.void(actor=self.actor, document=receipt, reason="x")

    def check(self) -> None:
        for visit in self.visits:
            self.check_visit(visit)
        self.check_fee()
        self.check_receipts()
        for client in self.people:
            found = owed.of(client.pk)
            assert (found.cents, found.credit_cents) == self.naive(client)

    def check_visit(self, visit: Visit) -> None:
        bill = selectors.bill(selectors.visits().get(pk=visit.pk))
        assert bill.paid_cents >= 0
        assert bill.list_cents - bill.discount_cents == bill.net_cents
        beside = sum(line.net_cents for line in bill.lines if line.is_extra)
        added = VisitExtra.objects.counting().filter(visit=visit)
        taxed = sum(one.cents for one in added if one.tax_rate)
        full = sum(one.cents for one in added) + pricing.tax_cents(taxed, 8875)
        assert beside == full or not bill.eligible_cents  # forgiven last
        assert bill.net_cents == bill.paid_cents + bill.balance_cents - bill.credit_cents
        assert not (bill.balance_cents and bill.credit_cents)
        came = sum(one.amount_cents for one in Payment.objects.filter(visit=visit))
        went = sum(one.amount_cents for one in Refund.objects.filter(payment__visit=visit))
        assert bill.paid_cents == came - went
        for one in Payment.everything.filter(visit=visit):
            gone = sum(refund.amount_cents for refund in one.refunds.all())
            assert gone == one.refunded_cents <= one.amount_cents
            assert one.voided_at is None or not gone
            assert one.method not in PLANS or {r.method for r in one.refunds.all()} <= {one.method}

    def check_fee(self) -> None:
        self.missed.refresh_from_db()
        valid = list(Payment.objects.filter(appointment=self.missed))
        assert len(valid) <= 1
        kept = sum(one.kept_cents for one in valid)
        assert (self.missed.fee_paid_at is not None) == (kept > 0)
        assert (self.missed.fee_waived_at is not None) == (bool(valid) and not kept)

    def check_receipts(self) -> None:
        """As printed, and numbered without a gap."""
        for receipt in BillingDocument.objects.filter(pk__in=self.printed):
            assert said_by(receipt) == self.printed[receipt.pk]
        for receipt in BillingDocument.objects.filter(visit__in=self.visits):
            paid = sum(one["amount_cents"] for one in receipt.snapshot["payments"])
            assert paid == receipt.paid_cents
        serials = sorted(BillingDocument.objects.values_list("serial", flat=True))
        assert serials == list(range(1, len(serials) + 1))

    def naive(self, client: Client) -> tuple[int, int]:
        """What is owed, and what is owed to them, counted one by one."""
        due = credit = 0
        for visit in self.visits:
            if visit.appointment.client_id != client.pk:
                continue
            charges = list(Charge.objects.filter(visit=visit))
            agreed = Appointment.objects.get(pk=visit.appointment_id).price_cents
            for use in CouponUse.objects.counting().filter(appointment=visit.appointment_id):
                agreed -= use.off_cents
            price = sum(one.net_cents for one in charges) if charges else agreed
            for one in Payment.everything.filter(visit=visit, voided_at=None):
                price -= one.amount_cents
                price += sum(refund.amount_cents for refund in one.refunds.all())
            due, credit = due + max(0, price), credit + max(0, -price)
        if self.missed.client_id == client.pk:
            due += Appointment.objects.get(pk=self.missed.pk).open_fee_cents
        return due, credit


def said_by(receipt: BillingDocument) -> tuple[object, ...]:
    receipt = BillingDocument.objects.get(pk=receipt.pk)
    lines = receipt.lines.values_list("description", "minutes", "list_cents", "net_cents")
    sums = (receipt.net_cents, receipt.paid_cents, receipt.balance_cents, receipt.credit_cents)
    return (receipt.number, str(receipt.snapshot), *sums, tuple(lines))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(begin=Begin, steps=st.lists(Step, min_size=2, max_size=9))
def test_whatever_is_done_to_payments_the_sums_hold(
    location: Location,
    therapist: Therapist,
    begin: tuple[tuple[object, ...], ...],
    steps: list[tuple[object, ...]],
) -> None:
    with mid_afternoon(), transaction.atomic():
        clinic = Clinic()
        for step in (*begin, *steps):
            clinic.do(step)
            clinic.check()
        transaction.set_rollback(True)
