"""Letters that are due, and those that were written."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Prefetch
from django.utils import timezone

from clinic import selectors as clinic_selectors
from prescriptions.models import Prescription, VisitReservation
from treatment.letters import due
from treatment.letters.due import Letter, Order, Rule, Why
from treatment.models import LetterSending, ProgressLetter, Visit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from uuid import UUID

    from django.db.models import QuerySet

    from clinic.models import Client, Location, Therapist

# Everything of a letter that says something of health is left where it is.
NO_WORDS = ("facts", "said", "withdrawn_reason")


@dataclass(frozen=True, slots=True)
class Due:
    """A letter to write: due, or begun and not signed yet."""

    order: Prescription
    why: Why | None
    reason: str
    draft: ProgressLetter | None


def letters() -> QuerySet[ProgressLetter]:
    """With what a page of one shows."""
    sendings = LetterSending.objects.select_related("prescriber", "sent_by", "document")
    return ProgressLetter.objects.select_related(
        "prescription__client", "prescription__prescriber"
    ).prefetch_related(Prefetch("sendings", sendings))


def of_client(client: Client) -> list[ProgressLetter]:
    """Newest first, without their words."""
    return list(without_words(letters().filter(prescription__client=client)))


def without_words(found: QuerySet[ProgressLetter]) -> QuerySet[ProgressLetter]:
    """For lists: nothing is decrypted that they do not show."""
    return found.defer(*NO_WORDS, *(f"prescription__{name}" for name in _order_words()))


def readable() -> QuerySet[ProgressLetter]:
    """Letters that were sent: what a client may know of."""
    return letters().filter(signed_at__isnull=False, sendings__isnull=False).distinct()


def due_of_therapist(therapist: Therapist, today: date) -> list[Due]:
    """Of orders on which this therapist treated lately. Four queries."""
    ours = Visit.objects.filter(
        therapist=therapist,
        status=Visit.Status.FINISHED,
        stopped_at__gt=timezone.now() - due.ASKED,
        appointment__reservation__isnull=False,
    ).values("appointment__reservation__prescription")
    return _due(Prescription.objects.filter(pk__in=ours), today)


def due_of_client(client: Client, today: date) -> list[Due]:
    return _due(Prescription.objects.filter(client=client), today)


def orders_of(client: Client) -> list[Prescription]:
    """Orders with a visit that was used: what a letter could be written about. Newest first."""
    used = VisitReservation.Status.USED
    found = client.prescriptions.filter(reservations__status=used).distinct()
    return list(found.defer(*_order_words()).order_by("-starts_on"))


def why_of(order: Prescription) -> Why | None:
    """Why a letter of this order is due today."""
    found = _due(Prescription.objects.filter(pk=order.pk), clinic_selectors.clinic_today())
    return found[0].why if found else None


def _due(orders: QuerySet[Prescription], today: date) -> list[Due]:
    current = list(
        orders.filter(status=Prescription.Status.APPROVED, used__gt=0)
        .select_related("client__payer", "prescriber")
        .defer(*_order_words())
        .order_by("through_on", "pk")
    )
    if not current:
        return []
    clinic, visits = clinic_selectors.location(), _visits(current)
    signed, drafts = _written(current)
    found = []
    for order in current:
        rule = rule_of(order, clinic)
        known = Order(visits.get(order.pk, ()), order.authorized, order.through_on or today)
        why = due.why(known, rule, signed.get(order.pk), today)
        draft = drafts.get(order.pk)
        if why or draft:
            found.append(Due(order, why, due.said(why, rule) if why else "", draft))
    return found


def rule_of(order: Prescription, clinic: Location) -> Rule:
    payer = order.client.payer
    return due.rule_of(
        (clinic.letter_after_visits, clinic.letter_after_days),
        (payer.letter_after_visits, payer.letter_after_days) if payer else None,
    )


def _visits(orders: Sequence[Prescription]) -> dict[UUID, list[date]]:
    rows = VisitReservation.objects.filter(
        prescription__in=orders, status=VisitReservation.Status.USED
    ).values_list("prescription_id", "visit_on")
    found: dict[UUID, list[date]] = defaultdict(list)
    for order, day in rows:
        found[order].append(day)
    return found


def _written(
    orders: Iterable[Prescription],
) -> tuple[dict[UUID, Letter], dict[UUID, ProgressLetter]]:
    """By order: the last letter that counts, and the draft."""
    zone = clinic_selectors.location().zone
    signed: dict[UUID, Letter] = {}
    drafts: dict[UUID, ProgressLetter] = {}
    rows = ProgressLetter.objects.filter(prescription__in=orders, withdrawn_at=None)
    for one in rows.defer(*NO_WORDS).order_by("signed_at"):
        if one.signed_at is None or one.through is None:
            drafts[one.prescription_id] = one
        else:
            day = one.signed_at.astimezone(zone).date()
            signed[one.prescription_id] = Letter(day, one.through)
    return signed, drafts


def _order_words() -> tuple[str, ...]:
    return ("words", "first_reading", "client_note", "reason", "order_text")
