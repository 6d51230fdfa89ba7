"""Fees for late cancellations and missed visits: how much, and whether paid or waived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from booking import selectors
from booking.errors import FeeNotAgreed, FeeNotShown, FeeSettled
from booking.models import Appointment, CancelCause
from booking.visits import fees
from clinic import access
from clinic.audit import services as audit
from clinic.models import Payer, User

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import AnonymousUser


def agreed(appointment: Appointment) -> fees.Agreed:
    payer = Payer.objects.filter(client=appointment.client_id).values_list("kind", flat=True)
    return fees.Agreed(
        price_cents=appointment.price_cents,
        kind=appointment.option.service.kind,
        payer=payer.first() or "",
    )


def terms(appointment: Appointment) -> fees.CancelTerms:
    """The terms when it was booked: a later rule change does not apply to earlier bookings."""
    rules = selectors.policy_of(appointment.location)
    kept = (
        appointment.cancel_cutoff,
        appointment.late_cancel_percent,
        appointment.no_show_percent,
    )
    now = (rules.cancel_cutoff, rules.late_cancel_percent, rules.no_show_percent)
    return fees.CancelTerms(
        *(new if old is None else old for old, new in zip(kept, now, strict=True))
    )


def for_cancelling(
    appointment: Appointment, start: datetime | None = None, cause: str = CancelCause.CLIENT
) -> int:
    """Cents it costs the client to cancel now; with `start`, if the visit were at that time."""
    if cause != CancelCause.CLIENT:
        return 0
    when = start or appointment.starts_at
    return fees.for_cancelling(agreed(appointment), terms(appointment), when, timezone.now())


def for_missing(appointment: Appointment) -> int:
    return fees.for_missing(agreed(appointment), terms(appointment))


def expect_agreed(actor: User | AnonymousUser | None, fee: int, agreed_cents: int | None) -> None:
    """Refuse a fee that no one was shown. Staff see it on their page; None: they had no page.

    Raises:
        FeeNotAgreed: the client agreed to a different fee.
        FeeNotShown: the desk was shown a different fee.
    """
    if not fee or fee == agreed_cents:
        return
    if not access.works_here(actor):
        raise FeeNotAgreed(fee)
    if agreed_cents is not None:
        raise FeeNotShown(fee)


@transaction.atomic
def waive(*, actor: User, appointment: Appointment, reason: str) -> None:
    """Waive a fee, with a reason.

    Raises:
        FeeSettled: there is none, or it is already paid or waived.
    """
    now = timezone.now()
    _settle(appointment, fee_waived_at=now, fee_waived_reason=reason[:120])
    owed = (appointment.fee_cents, 0)
    audit.turned(actor, "fee.waived", appointment, open_fee_cents=owed, fee_waived_at=(None, now))


@transaction.atomic
def pay(*, actor: User, appointment: Appointment) -> None:
    """Record that the fee was paid; anyone who takes the money records the payment.

    Raises:
        FeeSettled: as for `waive`.
    """
    now = timezone.now()
    _settle(appointment, fee_paid_at=now)
    owed = (appointment.fee_cents, 0)
    audit.turned(actor, "fee.paid", appointment, open_fee_cents=owed, fee_paid_at=(None, now))


@transaction.atomic
def reopen(*, actor: User, appointment: Appointment) -> None:
    """The payment of a fee was not one: the fee is due again.

    Raises:
        FeeSettled: it was not paid.
    """
    _unsettle(appointment, fee_paid_at=None)
    owed = (0, appointment.fee_cents)
    audit.turned(actor, "fee.reopened", appointment, open_fee_cents=owed)


@transaction.atomic
def give_back(*, actor: User, appointment: Appointment, reason: str) -> None:
    """A fee that was paid was given back whole: it is waived, not due again.

    Raises:
        FeeSettled: it was not paid.
    """
    now = timezone.now()
    _unsettle(appointment, fee_paid_at=None, fee_waived_at=now, fee_waived_reason=reason[:120])
    audit.turned(actor, "fee.waived", appointment, fee_waived_at=(None, now))


def _unsettle(appointment: Appointment, **changes: object) -> None:
    paid = Appointment.objects.filter(pk=appointment.pk, fee_paid_at__isnull=False)
    if not paid.update(**changes, updated_at=timezone.now()):
        raise FeeSettled
    appointment.refresh_from_db(fields=[*changes, "updated_at"])


def _settle(appointment: Appointment, **changes: object) -> None:
    open_one = Appointment.objects.owing_a_fee().filter(pk=appointment.pk)
    if not open_one.update(**changes, updated_at=timezone.now()):
        raise FeeSettled
    appointment.refresh_from_db(fields=[*changes, "updated_at"])
