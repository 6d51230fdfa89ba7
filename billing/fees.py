"""Money for late cancellations and missed visits. No treatment: never on a receipt's lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from billing.errors import NotFromAPlan
from billing.models import Payment
from booking import owing
from booking.errors import FeeSettled
from booking.models import Appointment
from clinic import audit

if TYPE_CHECKING:
    from uuid import UUID

    from clinic.models import User


@transaction.atomic
def take(
    *, actor: User, appointment: Appointment, method: str, form_token: UUID, reference: str = ""
) -> Payment:
    """Write down that a fee was paid, all of it. The same form sent twice is one payment.

    Raises:
        NotFromAPlan: an HSA or FSA card pays for treatment alone.
        FeeSettled: it was paid or waived already, or there is none.
    """
    if method in Payment.PLAN_CARDS:
        raise NotFromAPlan
    try:
        owing.pay(actor=actor, appointment=appointment)  # locks the row: a second click waits here
    except FeeSettled:
        known = Payment.objects.filter(form_token=form_token, appointment=appointment).first()
        if known is None:
            raise
        return known
    kept = Appointment.objects.select_related("client").get(pk=appointment.pk)
    if kept.client is None:  # the constraint `appointment_has_a_client` lets no hold be missed
        raise FeeSettled
    payment = Payment.objects.create(
        client=kept.client,
        appointment=kept,
        method=method,
        amount_cents=kept.fee_cents,
        reference=reference,
        paid_at=timezone.now(),
        received_by=actor,
        form_token=form_token,
    )
    audit.record(actor, "payment.taken", payment)
    return payment
