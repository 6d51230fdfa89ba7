"""What clients, the desk, and the apps above this one see of a prescription."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, F, OuterRef, Prefetch, Q

from clinic import selectors as clinic_selectors
from prescriptions import areas, authorization, labels
from prescriptions.authorization import State
from prescriptions.models import (
    DiagnosisCode,
    PrescribedDiagnosis,
    Prescription,
    ReviewDecision,
    VisitReservation,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from uuid import UUID

    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from clinic.body import Place
    from clinic.models import Client

UNDECIDED = (Prescription.Status.SUBMITTED, Prescription.Status.NEEDS_INFORMATION)

_codes = Prefetch(
    "diagnoses", PrescribedDiagnosis.objects.select_related("code").order_by("position")
)
_SHOWN = (_codes, Prefetch("decisions", ReviewDecision.objects.all()), "regions")


@dataclass(frozen=True)
class Meter:
    authorized: int
    used: int
    reserved: int
    left: int
    expired: int
    through_on: date | None


def meter(prescription: Prescription, today: date) -> Meter:
    sums = authorization.accounts(prescription, today)
    return Meter(
        sums.authorized,
        sums.used,
        sums.reserved,
        sums.left,
        sums.expired,
        prescription.through_on,
    )


def usable_for(client_id: UUID, on: date) -> Prescription | None:
    """The approved prescription with visits left that covers a day; the first to run out."""
    usable = Prescription.objects.light().filter(client=client_id).valid_on(on).with_visits_left()
    return usable.order_by("through_on", "created_at", "pk").first()


def coverage(client_ids: Iterable[UUID]) -> dict[UUID, list[Prescription]]:
    """Approved prescriptions by client, the first to run out first; one query."""
    by_client: dict[UUID, list[Prescription]] = {pk: [] for pk in client_ids}
    approved = Prescription.objects.light().filter(
        client__in=by_client.keys(), status=Prescription.Status.APPROVED
    )
    approved = approved.select_related("client__payer")
    for prescription in approved.order_by("through_on", "created_at", "pk"):
        by_client[prescription.client_id].append(prescription)
    return by_client


def clinic_today() -> date:
    """Today's date at the clinic, wherever the user is."""
    return clinic_selectors.clinic_today()


def latest(client: Client) -> Prescription | None:
    """What the client's home page shows: the newest active one, or else the newest of all."""
    own = list(history(client)[:20])
    today = clinic_today()
    current = [p for p in own if authorization.state(p, today) == State.APPROVED]
    return next(iter(current or own), None)


def history(client: Client) -> QuerySet[Prescription]:
    """All of a client's prescriptions, newest first, with what cards show; four queries."""
    return (
        Prescription.objects.light()
        .filter(client=client)
        .select_related("document")
        .prefetch_related(*_SHOWN)
    )


def detailed() -> QuerySet[Prescription]:
    """One prescription with everything its page shows."""
    return Prescription.objects.select_related(
        *("client__payer", "document", "claimed_by", "submitted_by", "superseded_by"),
        "first_reviewer",
    ).prefetch_related(
        *(_codes, "regions"),
        Prefetch("decisions", ReviewDecision.objects.select_related("reviewer")),
    )


def renewals_due(today: date) -> QuerySet[Prescription]:
    """Active and near its end (`authorization.renewal`), with nothing newer received yet.

    A newer one waiting for a decision may be the renewal. An active one is not: for the same
    condition it would have replaced this one.
    """
    last = today + timedelta(days=authorization.RENEW_AT_DAYS)
    few = F("used") + F("reserved") + authorization.RENEW_AT_VISITS
    newer = Prescription.objects.filter(
        client=OuterRef("client"), created_at__gt=OuterRef("created_at")
    ).filter(status__in=UNDECIDED)
    return (
        Prescription.objects.light()
        .filter(_in_use(today))
        .filter(Q(through_on__lte=last) | Q(authorized__lte=few))
        .exclude(Exists(newer))
        .select_related("client__user", "prescriber")
        .order_by("through_on", "pk")
    )


def _in_use(today: date) -> Q:
    """`State.APPROVED`, for the database."""
    return Q(status=Prescription.Status.APPROVED, through_on__gte=today, used__lt=F("authorized"))


@dataclass(frozen=True)
class Card:
    """A prescription as its client and the desk see it."""

    prescription: Prescription
    state: State
    tone: str
    label: StrOrPromise
    sentence: StrOrPromise
    meter: Meter
    renew: bool
    codes: list[DiagnosisCode]
    places: list[Place]  # on the body, as ordered
    asked: ReviewDecision | None  # what is keeping it from approval
    advice: StrOrPromise

    @property
    def is_approved(self) -> bool:
        return self.prescription.approved_at is not None

    @property
    def drawn(self) -> list[areas.Side]:
        return areas.drawing(self.places)


def card(prescription: Prescription, today: date) -> Card:
    """Shape one that `history` or `detailed` has read."""
    state = authorization.state(prescription, today)
    tone, label, sentence = labels.STATES[state]
    refused = state in (State.NEEDS_INFORMATION, State.REJECTED)
    decisions = list(prescription.decisions.all())
    regions = [region.place for region in prescription.regions.all()]
    asked = decisions[-1] if refused and decisions else None
    return Card(
        prescription=prescription,
        state=state,
        tone=tone,
        label=label,
        sentence=sentence,
        meter=meter(prescription, today),
        renew=authorization.needs_renewal(prescription, today),
        codes=[diagnosis.code for diagnosis in prescription.diagnoses.all()],
        places=areas.known(regions),
        asked=asked,
        advice=labels.ADVICE[asked.reason] if asked else "",
    )


def cards(client: Client, today: date) -> list[Card]:
    """Newest first; once something newer has come in, it no longer needs renewal."""
    found: list[Card] = []
    renewed = False
    for prescription in history(client):
        one = card(prescription, today)
        found.append(replace(one, renew=one.renew and not renewed))
        renewed = renewed or prescription.status in UNDECIDED
    return found


def asked(client: Client, today: date) -> list[Card]:
    """Those waiting for a better copy, newest first."""
    waiting = history(client).filter(status=Prescription.Status.NEEDS_INFORMATION)
    return [card(prescription, today) for prescription in waiting]


def cards_of(prescriptions: QuerySet[Prescription], today: date) -> list[Card]:
    """Cards of many clients' prescriptions."""
    return [card(one, today) for one in prescriptions.prefetch_related(*_SHOWN)]


def ledger(prescription: Prescription) -> list[VisitReservation]:
    """Its visits in date order, including those given back."""
    return list(prescription.reservations.order_by("visit_on", "created_at"))


def sums(
    prescription: Prescription, entries: Iterable[VisitReservation], today: date
) -> authorization.Accounts:
    """The ledger's accounts, also counting visits given back."""
    released = sum(entry.status == VisitReservation.Status.RELEASED for entry in entries)
    return authorization.accounts(prescription, today, released=released)
