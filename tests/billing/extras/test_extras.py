"""Tips and goods on a visit's bill: beside the treatment, and never paid by a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from billing import pricing, selectors
from billing.correcting import behind, refunds
from billing.coupons import services as coupons
from billing.errors import AlreadyRemoved, NotEligible, NothingToCharge
from billing.extras import services as extras
from billing.issuing import services as issuing
from billing.issuing.statements import Span
from billing.models import Kind, Product, VisitExtra
from clinic.models import ServiceOption
from clinic.people import owed
from tests.billing.coupons.conftest import new_client_coupon
from tests.billing.factories import form_for, paid, plain_visit
from treatment.models import Visit

if TYPE_CHECKING:
    from billing.selectors import Bill
    from clinic.models import Client, User

pytestmark = pytest.mark.django_db
NEW_YORK = 8875  # 8.875 %


def bill_of(visit: Visit) -> Bill:
    return selectors.bill(selectors.visits().get(pk=visit.pk))


def sell(actor: User, visit: Visit, cents: int = 1200, quantity: int = 1) -> VisitExtra:
    return extras.add_goods(
        actor=actor,
        visit=visit,
        description="Arnica gel",
        each_cents=cents,
        quantity=quantity,
        is_taxed=True,
        form_token=uuid4(),
    )


@pytest.fixture
def taxed(manager_user: User, visit: Visit) -> Visit:
    place = visit.appointment.location
    extras.set_goods_rate(actor=manager_user, location=place, rate=NEW_YORK)
    return visit


@pytest.mark.parametrize(
    ("cents", "rate", "tax"),
    [(1200, 8875, 107), (1000, 8875, 89), (10, 5000, 1), (9, 5000, 0), (1, 50000, 1), (0, 9, 0)],
)
def test_tax_is_to_the_cent_and_half_a_cent_is_rounded_up(cents: int, rate: int, tax: int) -> None:
    assert pricing.tax_cents(cents, rate) == tax


def test_what_is_taxed_alike_is_taxed_together() -> None:
    """Three at 33 cents are 8.79 cents of tax, not three times 2.93 rounded up."""
    sold = [pricing.Extra("Tea", 33, 8875)] * 3
    *_goods, tax = pricing.extra_lines(sold, str)
    assert tax.net_cents == 9


def test_a_tip_and_goods_are_lines_beside_the_treatment(desk_user: User, taxed: Visit) -> None:
    extras.add_tip(actor=desk_user, visit=taxed, cents=2000, form_token=uuid4())
    sell(desk_user, taxed, quantity=2)
    bill = bill_of(taxed)
    assert [(line.description, line.net_cents, line.is_eligible) for line in bill.lines] == [
        ("Therapeutic massage", 10000, True),
        ("Tip", 2000, False),
        ("2 \N{MULTIPLICATION SIGN} Arnica gel", 2400, False),
        ("Sales tax, 8.875%", 213, False),
    ]
    assert (bill.net_cents, bill.eligible_cents) == (14613, 10000)
    assert owed.of(taxed.appointment.client_id).cents == 14613  # type: ignore[arg-type]


def test_a_plans_card_pays_the_treatment_only(desk_user: User, taxed: Visit) -> None:
    sell(desk_user, taxed)
    with pytest.raises(NotEligible):
        paid(desk_user, taxed, 10001, "hsa")
    paid(desk_user, taxed, 10000, "hsa")
    paid(desk_user, taxed, 1307, "cash")
    assert bill_of(taxed).balance_cents == 0


def test_sent_twice_it_is_once_and_removed_once(desk_user: User, visit: Visit) -> None:
    token = uuid4()
    for _twice in range(2):
        tip = extras.add_tip(actor=desk_user, visit=visit, cents=500, form_token=token)
    assert bill_of(visit).net_cents == 10500
    assert "Remove the tip" in behind.in_the_way(visit)
    paid(desk_user, visit, 10500)
    extras.remove(actor=desk_user, extra=tip)
    assert (bill_of(visit).net_cents, bill_of(visit).credit_cents) == (10000, 500)
    with pytest.raises(AlreadyRemoved):
        extras.remove(actor=desk_user, extra=tip)


def test_a_coupon_takes_nothing_off_them_and_money_forgiven_last(
    desk_user: User, taxed: Visit
) -> None:
    new_client_coupon()
    extras.add_tip(actor=desk_user, visit=taxed, cents=2000, form_token=uuid4())
    coupons.give(actor=desk_user, appointment=taxed.appointment, code="NEW10")
    assert [line.net_cents for line in bill_of(taxed).lines] == [9000, 2000]
    payment = paid(desk_user, taxed, 11000)
    for cents, left in ((1000, [8000, 2000]), (9000, [0, 1000])):
        refunds.refund(
            actor=desk_user,
            payment=payment,
            amount_cents=cents,
            method="card",
            reason="x",
            owed_again=False,
            form=form_for(payment),
        )
        assert [line.net_cents for line in bill_of(taxed).lines] == left


def test_receipt_and_statement_keep_them_out_of_what_a_plan_pays(
    desk_user: User, taxed: Visit
) -> None:
    sell(desk_user, taxed)
    receipt = issuing.issue_receipt(actor=desk_user, visit=taxed)
    assert (receipt.net_cents, receipt.supported_cents) == (11307, 10000)
    assert receipt.balance_cents == 11307
    on = taxed.appointment.local_date
    client = taxed.appointment.client
    assert client is not None
    statement = issuing.issue_range(Kind.STATEMENT, actor=desk_user, span=Span(client, on, on))
    sums = statement.snapshot["sums"]["other"]
    assert (sums["net_cents"], sums["treatment_cents"]) == (11307, 10000)
    assert statement.supported_cents == 10000


def test_what_was_sold_keeps_its_price_and_its_tax(
    desk_user: User, manager_user: User, taxed: Visit
) -> None:
    product = Product.objects.create(name="Oil", price_cents=900)
    extras.add_goods(
        actor=desk_user,
        visit=taxed,
        description=product.name,
        each_cents=product.price_cents,
        is_taxed=True,
        product=product,
        form_token=uuid4(),
    )
    before = bill_of(taxed).net_cents
    extras.save(actor=manager_user, product=product, price_cents=1900)
    extras.set_goods_rate(actor=manager_user, location=taxed.appointment.location, rate=0)
    extras.add_tip(actor=desk_user, visit=taxed, cents=100, form_token=uuid4())
    assert bill_of(taxed).net_cents == before + 100


def test_a_free_visit_takes_none(desk_user: User, client_record: Client) -> None:
    visit = plain_visit(client_record, 4)
    free = ServiceOption.objects.get(service__kind="consultation")
    appointment = visit.appointment
    appointment.option, appointment.price_cents = free, 0
    appointment.save()
    with pytest.raises(NothingToCharge):
        sell(desk_user, Visit.objects.get(pk=visit.pk))
    assert not VisitExtra.objects.exists()
