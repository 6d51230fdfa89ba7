"""What a therapist should know of each visit of a day before it begins; constant in queries."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from intake import selectors as intake
from prescriptions import selectors as prescriptions
from prescriptions.models import Prescription, VisitReservation
from treatment.models import TreatmentNote, Visit
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
    visit_number: int = 0  # which visit on the order this one is, if all before it take place
    last: LastTime | None = None


def of_all(appointments: Sequence[Appointment], today: date) -> dict[UUID, Before]:
    """By appointment. Five queries and what an order shows."""
    people = {one.client_id for one in appointments if one.client_id is not None}
    cautions, orders = intake.cautions(people, today=today), _orders(appointments, today)
    last, numbers = _last_notes(people), _numbers(orders)
    return {
        one.pk: Before(
            cautions.get(one.client_id, ()) if one.client_id else (),
            orders.get(one.reservation.prescription_id) if one.reservation else None,
            numbers.get(one.reservation.pk, 0) if one.reservation else 0,
            last.get(one.client_id) if one.client_id else None,
        )
        for one in appointments
    }


def _orders(appointments: Iterable[Appointment], today: date) -> dict[UUID, Card]:
    ids = {one.reservation.prescription_id for one in appointments if one.reservation}
    found = prescriptions.cards_of(Prescription.objects.filter(pk__in=ids), today) if ids else []
    return {card.prescription.pk: card for card in found}


def _numbers(orders: Iterable[UUID]) -> dict[UUID, int]:
    """Each reservation's place on its order, by day; those given back do not count."""
    rows = (
        VisitReservation.objects.filter(prescription__in=orders)
        .exclude(status=VisitReservation.Status.RELEASED)
        .order_by("prescription_id", "visit_on", "created_at")
        .values_list("prescription_id", "pk")
    )
    counted: Counter[UUID] = Counter()
    found = {}
    for order, pk in rows:
        counted[order] += 1
        found[pk] = counted[order]
    return found


def _last_notes(people: Iterable[UUID]) -> dict[UUID, LastTime]:
    rows = (
        TreatmentNote.objects.filter(
            visit__appointment__client__in=people,
            signed_at__isnull=False,
            visit__status=Visit.Status.FINISHED,
        )
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
