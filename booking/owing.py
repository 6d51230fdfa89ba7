"""Fees for late cancellations and missed visits: what one would be, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from booking import fees, selectors
from booking.errors import FeeNotAgreed, FeeNotShown, FeeSettled
from booking.models import Appointment
from clinic import audit
from clinic.models import Payer, User

if TYPE_CHECKING:
    from datetime import datetime


def agreed(appointment: Appointment) -> fees.Agreed:
    payer = Payer.objects.filter(client=appointment.client_id).values_list("kind", flat=True)
    return fees.Agreed(
        price_cents=appointment.price_cents,
        kind=appointment.option.service.kind,
        payer=payer.first() or "",
    )


def terms(appointment: Appointment) -> fees.Terms:
    """As they were when it was booked: a rule that changes later binds nobody who agreed before."""
    rules = selectors.policy_of(appointment.location)
    kept = (
        appointment.cancel_cutoff,
        appointment.late_cancel_percent,
        appointment.no_show_percent,
    )
    now = (rules.cancel_cutoff, rules.late_cancel_percent, rules.no_show_percent)
    return fees.Terms(*(new if old is None else old for old, new in zip(kept, now, strict=True)))


def for_cancelling(appointment: Appointment, start: datetime | None = None) -> int:
    """Cents it costs the client to cancel now; with `start`, if the visit were at that time."""
    when = start or appointment.starts_at
    return fees.for_cancelling(agreed(appointment), terms(appointment), when, timezone.now())


def for_missing(appointment: Appointment) -> int:
    return fees.for_missing(agreed(appointment), terms(appointment))


def expect_agreed(actor: object, fee: int, agreed_cents: int | None) -> None:
    """Refuse a fee that nobody was shown. Staff see it on their page; None: they had no page.

    Raises:
        FeeNotAgreed: the client agreed to something else.
        FeeNotShown: the desk was shown something else.
    """
    if not fee or fee == agreed_cents:
        return
    if not (isinstance(actor, User) and actor.is_clinic_staff):
        raise FeeNotAgreed(fee)
    if agreed_cents is not None:
        raise FeeNotShown(fee)


@transaction.atomic
def waive(*, actor: User, appointment: Appointment, reason: str) -> None:
    """Let a fee go, and say why.

    Raises:
        FeeSettled: there is none, or it is paid or waived already.
    """
    now = timezone.now()
    _settle(appointment, fee_waived_at=now, fee_waived_reason=reason[:120])
    owed = (appointment.fee_cents, 0)
    audit.turned(actor, "fee.waived", appointment, open_fee_cents=owed, fee_waived_at=(None, now))


@transaction.atomic
def pay(*, actor: User, appointment: Appointment) -> None:
    """Note that the fee has been paid; who takes the money writes the payment.

    Raises:
        FeeSettled: as for `waive`.
    """
    now = timezone.now()
    _settle(appointment, fee_paid_at=now)
    owed = (appointment.fee_cents, 0)
    audit.turned(actor, "fee.paid", appointment, open_fee_cents=owed, fee_paid_at=(None, now))


def _settle(appointment: Appointment, **changes: object) -> None:
    open_one = Appointment.objects.owing_a_fee().filter(pk=appointment.pk)
    if not open_one.update(**changes, updated_at=timezone.now()):
        raise FeeSettled
    appointment.refresh_from_db(fields=[*changes, "updated_at"])
