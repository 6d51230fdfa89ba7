"""What a therapist should know of each visit of a day before it begins; constant in queries."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from intake import selectors as intake
from intake.selectors import Before as Said
from prescriptions import selectors as prescriptions
from prescriptions.models import Prescription, VisitReservation
from treatment.models import TreatmentNote, Visit
from treatment.notes import content
from treatment.regions import bodymap

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from uuid import UUID

    from booking.models import Appointment
    from prescriptions.selectors import Card

NOTHING_SAID = Said()


@dataclass(frozen=True, slots=True)
class LastTime:
    """The client's last signed note, in a line. `hurts`: places of the body map, by key."""

    day: date
    treated: str
    plan: str
    before: int | None
    after: int | None
    hurts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Before:
    """What was said in the questionnaire, ordered, and done last time."""

    said: Said = NOTHING_SAID
    order: Card | None = None
    visit_number: int = 0  # which visit on the order this one is, if all before it take place
    last: LastTime | None = None

    @property
    def views(self) -> list[bodymap.View]:
        """Where it hurt last time, beside what the client marked in the questionnaire."""
        now = self.last.hurts if self.last and self.last.hurts else self.said.hurts
        return bodymap.shown(now, self.said.hurts)


def of_all(appointments: Sequence[Appointment], today: date) -> dict[UUID, Before]:
    """By appointment. Four queries and what an order shows."""
    people = {one.client_id for one in appointments if one.client_id is not None}
    said, orders = intake.before_sessions(people, today=today), _orders(appointments, today)
    last, numbers = _last_notes(people), _numbers(orders)
    return {
        one.pk: Before(
            said.get(one.client_id, NOTHING_SAID) if one.client_id else NOTHING_SAID,
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
            one.said.get("hurts", "").split(),
        )
        for one in rows
        if one.visit.appointment.client_id is not None
    }
