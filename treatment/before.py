"""What a therapist should know of each visit of a day before it begins; constant in queries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from intake import selectors as intake
from prescriptions import selectors as prescriptions
from prescriptions.models import Prescription
from treatment.models import TreatmentNote
from treatment.notes import content

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from uuid import UUID

    from django_stubs_ext import StrOrPromise

    from booking.models import Appointment
    from prescriptions.selectors import Card


@dataclass(frozen=True, slots=True)
class LastTime:
    """The client's last signed note, in a line."""

    day: date
    treated: str
    plan: str
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Before:
    """`cautions`: what the health questionnaire asks to look out for, gravest first."""

    cautions: Sequence[StrOrPromise] = field(default_factory=tuple)
    order: Card | None = None
    last: LastTime | None = None

    @property
    def visit_number(self) -> int:
        """Which visit on the order this one is, if all before it take place."""
        return self.order.meter.used + 1 if self.order else 0


def of_all(appointments: Sequence[Appointment], today: date) -> dict[UUID, Before]:
    """By appointment. Four queries and what an order shows."""
    people = {one.client_id for one in appointments if one.client_id is not None}
    cautions, orders = intake.cautions(people, today=today), _orders(appointments, today)
    last = _last_notes(people)
    return {
        one.pk: Before(
            cautions.get(one.client_id, ()) if one.client_id else (),
            orders.get(one.reservation.prescription_id) if one.reservation else None,
            last.get(one.client_id) if one.client_id else None,
        )
        for one in appointments
    }


def _orders(appointments: Iterable[Appointment], today: date) -> dict[UUID, Card]:
    ids = {one.reservation.prescription_id for one in appointments if one.reservation}
    found = prescriptions.cards_of(Prescription.objects.filter(pk__in=ids), today) if ids else []
    return {card.prescription.pk: card for card in found}


def _last_notes(people: Iterable[UUID]) -> dict[UUID, LastTime]:
    rows = (
        TreatmentNote.objects.filter(visit__appointment__client__in=people, signed_at__isnull=False)
        .select_related("visit__appointment__location")
        .order_by("visit__appointment__client_id", "-visit__appointment__starts_at")
        .distinct("visit__appointment__client_id")
    )
    return {
        one.visit.appointment.client_id: LastTime(
            one.visit.appointment.local_date,
            one.said.get("treated", ""),
            one.said.get("plan", ""),
            content.score(one.said, "pain_now"),
            content.score(one.said, "pain_after"),
        )
        for one in rows
        if one.visit.appointment.client_id is not None
    }
