"""Fees for late cancellations and missed visits. Not treatment: never a receipt line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from billing.errors import NotFromAPlan
from billing.models import Drawer, Payment
from booking.errors import FeeSettled
from booking.models import Appointment
from booking.visits import late_fees
from clinic.audit import services as audit

if TYPE_CHECKING:
    from uuid import UUID

    from clinic.models import User


@transaction.atomic
def take(
    *,
    actor: User,
    appointment: Appointment,
    method: str,
    form_token: UUID,
    reference: str = "",
    batch: UUID | None = None,
    drawer: Drawer | None = None,
) -> Payment:
    """Record that a fee was paid in full. The same form sent twice is one payment.

    Raises:
        NotFromAPlan: an HSA or FSA card may pay only for treatment.
        FeeSettled: it was already paid or waived, or there is none.
    """
    if method in Payment.PLAN_CARDS:
        raise NotFromAPlan
    if known := Payment.everything.filter(form_token=form_token).first():
        return known
    try:
        late_fees.pay(actor=actor, appointment=appointment)  # locks it: a second click waits here
    except FeeSettled:
        known = Payment.everything.filter(form_token=form_token).first()
        if known is None:
            raise
        return known
    kept = Appointment.objects.select_related("client", "location").get(pk=appointment.pk)
    if kept.client is None:  # the constraint `appointment_has_a_client` rules out a missed hold
        raise FeeSettled
    payment = _payment(kept, method, drawer)
    payment.received_by, payment.reference = actor, reference
    payment.batch, payment.form_token = batch, form_token
    payment.save(force_insert=True)
    audit.record(actor, "payment.taken", payment)
    return payment


def _payment(appointment: Appointment, method: str, drawer: Drawer | None) -> Payment:
    return Payment(
        client=appointment.client,
        appointment=appointment,
        method=method,
        amount_cents=appointment.fee_cents,
        paid_at=timezone.now(),
        drawer=Drawer.objects.for_method(method, appointment.location, drawer),
    )
