"""Money that is given back: never more than is left of the payment, and by the way it came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from billing import pricing, selectors, services
from billing.correcting.services import expect_open, goal_of, lock
from billing.errors import NeverFromThatCard, OnlyToTheSameCard, RefundTooMuch, SayIfOwed
from billing.models import PLAN_CARDS, Drawer, Payment, Refund
from booking.visits import late_fees
from clinic.audit import services as audit

if TYPE_CHECKING:
    from billing.correcting.services import Form
    from clinic.models import User


@transaction.atomic
def refund(
    *,
    actor: User,
    payment: Payment,
    amount_cents: int,
    method: str,
    reason: str,
    form: Form,
    owed_again: bool | None = None,
    reference: str = "",
    drawer: Drawer | None = None,
) -> Refund:
    """Give back a payment or a part of it.

    Of more than was paid too much, the desk says whether it is owed again (paid another way), or
    the visit is cheaper by it. A fee is never owed again: given back whole, it is waived.

    Raises:
        AlreadyCorrected, ChangedSince: someone was faster.
        RefundTooMuch: more than is left of the payment, or nothing.
        OnlyToTheSameCard, NeverFromThatCard: a health plan's money goes where it came from.
        SayIfOwed: the desk has to say.
    """
    locked = lock(payment)
    if known := Refund.objects.filter(form_token=form.token).first():
        return known
    expect_open(locked, form)
    _expect_possible(locked, amount_cents, method)
    forgiven_cents = _forgiven(locked, amount_cents, owed_again=owed_again)
    made = Refund(payment=locked, amount_cents=amount_cents, forgiven_cents=forgiven_cents)
    made.method, made.reference = method, reference
    made.reason, made.form_token = reason[:200], form.token
    _keep(actor, made, drawer)
    audit.record(actor, "payment.refunded", locked, amount_cents=amount_cents, method=method)
    _settle(actor, locked, made)
    return made


def _keep(actor: User, made: Refund, drawer: Drawer | None) -> None:
    made.refunded_at, made.refunded_by = timezone.now(), actor
    made.drawer = Drawer.objects.for_method(made.method, goal_of(made.payment).location, drawer)
    made.save(force_insert=True)


def beyond_credit(payment: Payment, amount_cents: int) -> int:
    """How much of a refund is not simply money that was paid too much."""
    if payment.visit is None:
        return 0
    bill = selectors.bill(selectors.visits().get(pk=payment.visit.pk))
    return max(0, amount_cents - bill.credit_cents)


def _expect_possible(payment: Payment, cents: int, method: str) -> None:
    if not 0 < cents <= payment.kept_cents:
        raise RefundTooMuch(payment.kept_cents)
    if method == payment.method:
        return
    if payment.is_from_a_plan:
        raise OnlyToTheSameCard
    if method in PLAN_CARDS:
        raise NeverFromThatCard


def _forgiven(payment: Payment, cents: int, *, owed_again: bool | None) -> int:
    beyond = beyond_credit(payment, cents)
    if beyond and owed_again is None:
        raise SayIfOwed
    return 0 if owed_again else beyond


def _settle(actor: User, payment: Payment, made: Refund) -> None:
    """What the refund changes about what is owed."""
    payment.refresh_from_db()
    if payment.appointment is not None:
        if not payment.kept_cents:
            late_fees.give_back(actor=actor, appointment=payment.appointment, reason=made.reason)
    elif payment.visit is not None and made.forgiven_cents:
        visit = selectors.visits().get(pk=payment.visit.pk)
        before = list(visit.charges.all())
        whole = [services.as_line(charge) for charge in before]
        cheaper = pricing.reduced(
            whole,
            coupon_cents=selectors.coupon_cents(visit.appointment),
            forgiven_cents=services.forgiven_cents(visit),
        )
        services.replace_charges(actor, visit, before, cheaper)
