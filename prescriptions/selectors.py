"""Reads shaped for screens, and for the floors above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from clinic import documents
from clinic.selectors import location_or_none
from prescriptions import authorization, icd10, pages, reading, wording
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

    from django_stubs_ext import StrOrPromise

    from clinic.models import Client, User

_codes = Prefetch(
    "diagnoses", PrescribedDiagnosis.objects.select_related("code").order_by("position")
)


@dataclass(frozen=True)
class Meter:
    authorized: int
    used: int
    reserved: int
    left: int
    through_on: date | None


def meter(prescription: Prescription) -> Meter:
    return Meter(
        prescription.authorized,
        prescription.used,
        prescription.reserved,
        authorization.bookable(prescription),
        prescription.through_on,
    )


def usable_for(client_id: UUID, on: date) -> Prescription | None:
    """The approved prescription with visits left that covers a day; the first to run out."""
    usable = Prescription.objects.filter(client=client_id).covering(on).with_visits_left()
    return usable.order_by("through_on", "created_at", "pk").first()


def coverage(client_ids: Iterable[UUID]) -> dict[UUID, list[Prescription]]:
    """Approved prescriptions by client, the first to run out first; one query."""
    by_client: dict[UUID, list[Prescription]] = {pk: [] for pk in client_ids}
    approved = Prescription.objects.filter(
        client__in=by_client.keys(), status=Prescription.Status.APPROVED
    )
    for prescription in approved.order_by("through_on", "created_at", "pk"):
        by_client[prescription.client_id].append(prescription)
    return by_client


def clinic_today() -> date:
    """The day it is at the clinic, whoever asks and wherever they are."""
    location = location_or_none()
    return timezone.localdate(timezone=location.zone if location else None)


def latest(client: Client) -> Prescription | None:
    """What the client's home shows: the newest one in use, else the newest of all."""
    own = list(history(client)[:20])
    today = clinic_today()
    current = [p for p in own if authorization.state(p, today) == authorization.State.APPROVED]
    return next(iter(current or own), None)


def history(client: Client) -> QuerySet[Prescription]:
    """All of a client's prescriptions, newest first, with codes and decisions; three queries."""
    return (
        Prescription.objects.filter(client=client)
        .select_related("document")
        .prefetch_related(_codes, Prefetch("decisions", ReviewDecision.objects.all()))
    )


def detailed() -> QuerySet[Prescription]:
    """One prescription with all that its page shows."""
    return Prescription.objects.select_related(
        "client", "document", "claimed_by", "submitted_by", "superseded_by"
    ).prefetch_related(
        _codes, Prefetch("decisions", ReviewDecision.objects.select_related("reviewer"))
    )


def queue() -> QuerySet[Prescription]:
    """To review, oldest first."""
    return Prescription.objects.to_review().select_related("client", "document", "claimed_by")


def waiting_for_client() -> QuerySet[Prescription]:
    """Information was asked for and has not come; longest silence first."""
    return (
        Prescription.objects.filter(status=Prescription.Status.NEEDS_INFORMATION)
        .select_related("client", "document")
        .prefetch_related("decisions")
        .order_by("updated_at", "pk")
    )


def queue_count() -> int:
    return Prescription.objects.filter(status=Prescription.Status.SUBMITTED).count()


def next_to_review(user: User, after: Prescription | None = None) -> Prescription | None:
    """The oldest one that nobody else has open."""
    waiting = Prescription.objects.to_review()
    if after is not None:
        waiting = waiting.exclude(pk=after.pk)
    return waiting.filter(Q(claimed_by__isnull=True) | Q(claimed_by=user)).first()


def earlier(prescription: Prescription) -> list[Prescription]:
    """The same client's other prescriptions, to spot a duplicate or a renewal."""
    return list(history(prescription.client).exclude(pk=prescription.pk)[:5])


def judge(codes: Iterable[str]) -> list[tuple[icd10.Verdict, str]]:
    """Each code with its verdict and description, in the order given; one query."""
    codes = list(codes)
    rows = {row.code: row for row in DiagnosisCode.objects.of_this_year().filter(code__in=codes)}
    billable = {code: row.billable for code, row in rows.items()}
    return [
        (icd10.judge(code, billable), rows[code].description if code in rows else "")
        for code in codes
    ]


@dataclass(frozen=True)
class Card:
    """A prescription as its client and the desk see it."""

    prescription: Prescription
    state: authorization.State
    tone: str
    label: StrOrPromise
    sentence: StrOrPromise
    meter: Meter
    renew: bool
    codes: list[DiagnosisCode]
    asked: ReviewDecision | None  # what stands between it and an approval
    advice: StrOrPromise

    @property
    def is_approved(self) -> bool:
        return self.prescription.approved_at is not None


def card(prescription: Prescription, today: date) -> Card:
    """Shape one that `history` or `detailed` has read."""
    state = authorization.state(prescription, today)
    tone, label, sentence = wording.STATES[state]
    refused = state in (authorization.State.NEEDS_INFORMATION, authorization.State.REJECTED)
    decisions = list(prescription.decisions.all())
    asked = decisions[-1] if refused and decisions else None
    return Card(
        prescription=prescription,
        state=state,
        tone=tone,
        label=label,
        sentence=sentence,
        meter=meter(prescription),
        renew=authorization.needs_renewal(prescription, today),
        codes=[diagnosis.code for diagnosis in prescription.diagnoses.all()],
        asked=asked,
        advice=wording.ADVICE[asked.reason] if asked else "",
    )


def cards(client: Client, today: date) -> list[Card]:
    return [card(prescription, today) for prescription in history(client)]


def ledger(prescription: Prescription) -> list[VisitReservation]:
    """Its visits in the order they take place, those given back included."""
    return list(prescription.reservations.order_by("visit_on", "created_at"))


def read_document(prescription: Prescription) -> dict[str, reading.Found]:
    """What the clean copy's text proposes for the form; nothing when it cannot be opened."""
    try:
        found = reading.read(pages.text(documents.read(prescription.document)))
    except (documents.DocumentLost, pages.Unreadable):
        return {}
    if "codes" in found:  # only what is a code of ours at all; a reviewer judges the rest
        typed = icd10.split(found["codes"].value)
        known = set(DiagnosisCode.objects.filter(code__in=typed).values_list("code", flat=True))
        kept = ", ".join(code for code in typed if code in known)
        found["codes"] = reading.Found(kept, found["codes"].page)
    return found
