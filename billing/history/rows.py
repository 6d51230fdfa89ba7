"""A client's visits with what came of each: minutes, documents, what was paid and what is owed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Prefetch

from billing.models import BillingDocument
from booking import selectors as booking
from clinic.people import owed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from booking.models import Appointment
    from clinic.models import Client
    from treatment.models import Visit


@dataclass(frozen=True, slots=True)
class Row:
    """One visit that is over, was missed or was canceled."""

    appointment: Appointment
    minutes: int = 0  # hands-on
    units: int = 0  # once it is charged
    documents: Sequence[BillingDocument] = ()  # void ones too, the newest first
    paid_cents: int = 0  # less what was given back
    owed_cents: int = 0

    @property
    def has_money(self) -> bool:
        return bool(self.paid_cents or self.owed_cents)


def past(client: Client) -> QuerySet[Appointment]:
    """Newest first, with all that `rows` reads: six queries, however many there are."""
    papers = BillingDocument.objects.order_by("kind", "-year", "-serial")
    return (
        booking.past(client)
        .select_related("visit")
        .prefetch_related(
            "visit__minutes",
            "visit__charges",
            "visit__payments",
            "fee_payments",
            Prefetch("visit__documents", papers),
        )
    )


def rows(client: Client, appointments: Sequence[Appointment]) -> list[Row]:
    """With what is owed, as everywhere else that says it: two queries more."""
    dues = {due.appointment_id: due.cents for due in owed.of(client.pk).dues}
    return [_row(one, dues.get(one.pk, 0)) for one in appointments]


def _row(appointment: Appointment, owed_cents: int) -> Row:
    fees = sum(one.kept_cents for one in appointment.fee_payments.all())
    visit = _visit(appointment)
    if visit is None:
        return Row(appointment, paid_cents=fees, owed_cents=owed_cents)
    return Row(
        appointment,
        minutes=sum(one.minutes for one in visit.minutes.all()),
        units=sum(one.units for one in visit.charges.all()),
        documents=list(visit.documents.all()),
        paid_cents=fees + sum(one.kept_cents for one in visit.payments.all()),
        owed_cents=owed_cents,
    )


def _visit(appointment: Appointment) -> Visit | None:
    try:
        return appointment.visit
    except ObjectDoesNotExist:
        return None
