"""Charges and payments. Each step locks the visit first, so two desks queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from billing import pricing, selectors
from billing.errors import NotEligible, NotFinished, NothingToCharge, Overpaid
from billing.models import Charge, Drawer, Payment, Refund
from clinic.audit import services as audit
from treatment.models import Visit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from billing.pricing import Line
    from clinic.models import User


@transaction.atomic
def charge_visit(*, visit: Visit) -> list[Charge]:
    """Write a finished visit's charges, once.

    Raises:
        NotFinished: the minutes are not recorded yet.
        NothingToCharge: a free consultation.
        NoProcedure: a technique of a prescribed session has no procedure.
    """
    return charges_of(lock(visit))


def charges_of(locked: Visit) -> list[Charge]:
    """As `charge_visit`, for a visit that is locked."""
    known = list(locked.charges.all())
    if known:
        return known
    if locked.status != Visit.Status.FINISHED:
        raise NotFinished
    made = pricing.discounted(selectors.price(locked), forgiven_cents(locked))
    if not made:
        raise NothingToCharge
    return _write_charges(locked, made)


@transaction.atomic
def recharge(*, actor: User, visit: Visit) -> bool:
    """Charge a corrected visit again: the old charges are retired, not changed.

    What was forgiven with a refund stays off the price. What was paid stays paid: less is owed, or
    more, or something is to be given back. Whether anything came out differently.

    Raises:
        NoProcedure: as for `charge_visit`.
    """
    locked = lock(visit)
    before = list(locked.charges.all())
    if not before:
        return False  # it is priced when it is charged
    after = pricing.discounted(selectors.price(locked), forgiven_cents(locked))
    return replace_charges(actor, locked, before, after)


def forgiven_cents(visit: Visit) -> int:
    """By how much refunds made a visit cheaper."""
    refunds = Refund.objects.filter(payment__visit=visit, payment__voided_at=None)
    return refunds.aggregate(cents=Sum("forgiven_cents"))["cents"] or 0


def replace_charges(
    actor: User, visit: Visit, before: Sequence[Charge], after: Sequence[Line]
) -> bool:
    """Retire a visit's charges for others, if those differ. The visit is locked."""
    if [as_line(one) for one in before] == list(after):
        return False
    Charge.objects.filter(visit=visit).update(retired_at=timezone.now(), updated_at=timezone.now())
    _write_charges(visit, after)
    total = [sum(line.net_cents for line in lines) for lines in (before, after)]
    client = selectors.client_of(visit)
    audit.turned(actor, "charge.replaced", visit, client=client, net_cents=(total[0], total[1]))
    return True


def _write_charges(visit: Visit, lines: Sequence[Line]) -> list[Charge]:
    return Charge.objects.bulk_create(
        _charge(visit, place, line) for place, line in enumerate(lines)
    )


def as_line(charge: Charge) -> Line:
    return pricing.Line(
        charge.description,
        charge.minutes,
        charge.units,
        charge.list_cents,
        discount_cents=charge.discount_cents,
        procedure_id=charge.procedure_id,
        is_eligible=charge.is_eligible,
        is_extra=charge.is_extra,
    )


def _charge(visit: Visit, place: int, line: Line) -> Charge:
    return Charge(
        visit=visit,
        procedure_id=line.procedure_id,
        description=line.description,
        minutes=line.minutes,
        units=line.units,
        list_cents=line.list_cents,
        discount_cents=line.discount_cents,
        net_cents=line.net_cents,
        is_eligible=line.is_eligible,
        is_extra=line.is_extra,
        position=place,
    )


def balance(visit: Visit) -> int:
    """Cents still owed for a visit; before it is charged, its price."""
    return selectors.bill(visit).balance_cents


@transaction.atomic
def take_payment(
    *,
    actor: User,
    visit: Visit,
    method: str,
    amount_cents: int,
    form_token: UUID,
    reference: str = "",
    batch: UUID | None = None,
    drawer: Drawer | None = None,
) -> Payment:
    """Record a payment. The same form sent twice is one payment, also if it was voided since.

    Raises:
        Overpaid: more than is owed, or nothing.
        NotEligible: a health plan's card for what is not treatment.
        NotFinished, NothingToCharge, NoProcedure: as for `charge_visit`.
    """
    locked = lock(visit)
    if known := Payment.everything.filter(form_token=form_token).first():
        return known
    bill = selectors.Bill(charges_of(locked), list(locked.payments.all()))
    if not 0 < amount_cents <= bill.balance_cents:
        raise Overpaid
    if method in Payment.PLAN_CARDS and amount_cents > bill.plan_room_cents:
        raise NotEligible(bill.plan_room_cents)
    how = {"method": method, "reference": reference, "batch": batch, "form_token": form_token}
    payment = Payment.objects.create(
        client=selectors.client_of(locked),
        visit=locked,
        amount_cents=amount_cents,
        paid_at=timezone.now(),
        received_by=actor,
        drawer=Drawer.objects.for_method(method, locked.appointment.location, drawer),
        **how,
    )
    audit.record(actor, "payment.taken", payment)
    return payment


def lock(visit: Visit) -> Visit:
    """Each change to a visit's money waits here for the one before."""
    Visit.objects.select_for_update(no_key=True).get(pk=visit.pk)
    return selectors.visits().get(pk=visit.pk)
