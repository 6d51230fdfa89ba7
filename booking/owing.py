"""Fees for late cancellations and missed visits: what one would be, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from booking import fees, selectors
from booking.errors import FeeSettled
from booking.models import Appointment
from clinic import audit
from clinic.models import Payer

if TYPE_CHECKING:
    from datetime import datetime

    from clinic.models import User


def agreed(appointment: Appointment) -> fees.Agreed:
    payer = Payer.objects.filter(client=appointment.client_id).values_list("kind", flat=True)
    return fees.Agreed(
        price_cents=appointment.price_cents,
        kind=appointment.option.service.kind,
        payer=payer.first() or "",
    )


def for_cancelling(appointment: Appointment, start: datetime | None = None) -> int:
    """Cents it costs the client to cancel now; with `start`, if the visit were at that time."""
    policy = selectors.policy_of(appointment.location)
    when = start or appointment.starts_at
    return fees.for_cancelling(agreed(appointment), policy, when, timezone.now())


def for_missing(appointment: Appointment) -> int:
    return fees.for_missing(agreed(appointment), selectors.policy_of(appointment.location))


@transaction.atomic
def waive(*, actor: User, appointment: Appointment, reason: str) -> None:
    """Let a fee go, and say why.

    Raises:
        FeeSettled: there is none, or it is paid or waived already.
    """
    _settle(appointment, fee_waived_at=timezone.now(), fee_waived_reason=reason[:120])
    audit.record(actor, "fee.waived", appointment)


@transaction.atomic
def pay(*, actor: User, appointment: Appointment) -> None:
    """Note that the fee has been paid; who takes the money writes the payment.

    Raises:
        FeeSettled: as for `waive`.
    """
    _settle(appointment, fee_paid_at=timezone.now())
    audit.record(actor, "fee.paid", appointment)


def _settle(appointment: Appointment, **changes: object) -> None:
    open_one = Appointment.objects.owing_a_fee().filter(pk=appointment.pk)
    if not open_one.update(**changes, updated_at=timezone.now()):
        raise FeeSettled
    appointment.refresh_from_db(fields=[*changes, "updated_at"])
