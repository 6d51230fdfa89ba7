"""Two desks at the very same moment: money is given back once, a payment is corrected once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from billing.correcting import refunds
from billing.correcting import services as correcting
from billing.models import Payment, Refund
from clinic.models import Role
from tests import factories
from tests.billing.factories import form_for, paid, plain_visit
from tests.billing.test_numbers import at_once

if TYPE_CHECKING:
    from billing.correcting.services import Form
    from clinic.models import User
    from treatment.models import Visit


@pytest.fixture
def clerk(transactional_db: None) -> User:
    return factories.make_user("desk@clinic.test", Role.FRONT_DESK)


@pytest.fixture
def payment(clerk: User) -> Payment:
    return paid(clerk, plain_visit(factories.make_client()))


def give_back(clerk: User, payment: Payment, form: Form) -> str:
    refunds.refund(
        actor=clerk,
        payment=payment,
        amount_cents=6000,
        method="card",
        reason="x",
        owed_again=True,
        form=form,
    )
    return "done"


def test_two_desks_give_back_once(clerk: User, payment: Payment) -> None:
    forms = iter([form_for(payment), form_for(payment)])

    def work(_visit: Visit) -> str:
        return give_back(clerk, payment, next(forms))

    assert payment.visit is not None
    assert sorted(at_once(work, [payment.visit] * 2)) == ["ChangedSince", "done"]
    assert Refund.objects.get().amount_cents == 6000


def test_two_clicks_give_back_once(clerk: User, payment: Payment) -> None:
    form = form_for(payment)

    def work(_visit: Visit) -> str:
        return give_back(clerk, payment, form)

    assert payment.visit is not None
    assert at_once(work, [payment.visit] * 2) == ["done", "done"]
    assert Refund.objects.count() == 1


def test_of_a_correction_and_a_refund_at_once_one_is_told(clerk: User, payment: Payment) -> None:
    forms = iter([(True, form_for(payment)), (False, form_for(payment))])

    def work(_visit: Visit) -> str:
        is_refund, form = next(forms)
        if is_refund:
            return give_back(clerk, payment, form)
        correcting.change_method(actor=clerk, payment=payment, method="cash", form=form)
        return "done"

    assert payment.visit is not None
    found = at_once(work, [payment.visit] * 2)
    assert found.count("done") == 1
    assert {"ChangedSince", "AlreadyCorrected"} & set(found)
    assert Payment.objects.count() == 1
