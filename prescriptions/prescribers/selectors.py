"""Queries: the directory, what a client shares with whom, and the resulting requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.ids import npi
from clinic.models import Message
from clinic.selectors import clinic_today, location
from prescriptions.models import (
    DoctorRequest,
    Prescriber,
    Prescription,
    ReviewPolicy,
    ShareConsent,
)
from prescriptions.prescribers import answers
from prescriptions.prescribers import consent as rules

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from django_stubs_ext import StrOrPromise

    from clinic.models import Client
    from prescriptions.reading.proposals import Found

OFFERED = 8  # directory entries offered while typing
SHORTEST = 2  # letters before any are offered
Status = DoctorRequest.Status


def today() -> date:
    """Today's date at the clinic."""
    return clinic_today()


def directory(words: str = "") -> QuerySet[Prescriber]:
    """Entries whose name, practice, or NPI has every word; active ones first."""
    found = Prescriber.objects.all()
    for word in words.replace("\0", " ").split()[:6]:
        match = Q(name__icontains=word) | Q(practice__icontains=word)
        if number := npi.tidy(word):
            match |= Q(npi__startswith=number)
        found = found.filter(match)
    return found.order_by("-is_active", "name", "pk")


def offered(words: str) -> list[Prescriber]:
    """Active entries that a reviewer may mean."""
    if len(words.strip()) < SHORTEST:
        return []
    return list(directory(words).filter(is_active=True)[:OFFERED])


def own_prescribers(client: Client) -> QuerySet[Prescriber]:
    """Who wrote or was asked for a client's order: the only entries the client may see."""
    return Prescriber.objects.filter(
        Exists(Prescription.objects.filter(client=client, prescriber=OuterRef("pk")))
        | Exists(ShareConsent.objects.filter(client=client, prescriber=OuterRef("pk"))),
        is_active=True,
    )


def of_prescription(prescription: Prescription) -> Prescriber | None:
    """The directory entry of an order's prescriber, even for orders older than the directory."""
    if prescription.prescriber_id:
        return prescription.prescriber
    number = prescription.prescriber_npi
    return Prescriber.objects.filter(npi=number).first() if number else None


def consents_in_force(client: Client) -> dict[UUID, ShareConsent]:
    """By prescriber; one query."""
    zone = location().zone
    given = ShareConsent.objects.filter(client=client, withdrawn_at__isnull=True)
    return {
        one.prescriber_id: one
        for one in given.select_related("client", "prescriber")
        if rules.in_force(one, today=today(), zone=zone)
    }


def consent_in_force(client: Client, prescriber: Prescriber) -> ShareConsent | None:
    return consents_in_force(client).get(prescriber.pk)


def letter_consents(client: Client) -> dict[UUID, ShareConsent]:
    """Those in force whose text lets us write how treatment goes, by prescriber; one query."""
    found = consents_in_force(client)
    return {pk: one for pk, one in found.items() if rules.covers_letters(one)}


def letter_consent(client: Client, prescriber: Prescriber) -> ShareConsent | None:
    return letter_consents(client).get(prescriber.pk)


def requests() -> QuerySet[DoctorRequest]:
    return DoctorRequest.objects.select_related(
        "client", "prescriber", "consent__client", "document", "prescription", "renews"
    )


def requests_of(client: Client) -> list[RequestCard]:
    """Newest first."""
    return [request_card(request) for request in requests().filter(client=client)[:50]]


def days_open() -> int:
    """How many days a link is good for."""
    policy = ReviewPolicy.objects.filter(location=location()).first()
    return (policy or ReviewPolicy()).request_days


@dataclass(frozen=True)
class RequestCard:
    """A request as the client and the desk see it."""

    request: DoctorRequest
    tone: str
    label: StrOrPromise
    is_open: bool
    is_late: bool  # expired without an answer


def request_card(request: DoctorRequest) -> RequestCard:
    is_late = request.status == Status.OPEN and request.expires_at <= timezone.now()
    tones = {
        Status.OPEN: ("info", _("Waiting for the prescriber")),
        Status.SIGNED: ("ok", _("Signed")),
        Status.DECLINED: ("warn", _("Declined")),
        Status.WITHDRAWN: ("quiet", _("Withdrawn")),
    }
    tone, label = ("warn", _("No answer")) if is_late else tones[Status(request.status)]
    return RequestCard(request, tone, label, request.status == Status.OPEN and not is_late, is_late)


def declined_because(request: DoctorRequest) -> str:
    """What the prescriber wrote when declining."""
    if request.status != Status.DECLINED:
        return ""
    return str((request.answers or {}).get("note", ""))


def link_message(request: DoctorRequest) -> Message | None:
    """The e-mail with the newest link."""
    return Message.objects.filter(about=request.pk, kind="prescriber_request").first()


def proposed(prescription: Prescription) -> dict[str, Found]:
    """What was signed behind a link, for the reviewer's form; nothing once a paper replaces it."""
    if prescription.source != Prescription.Source.PRESCRIBER:
        return {}
    request = DoctorRequest.objects.filter(prescription=prescription).first()
    if request is None or request.closed_at is None or prescription.originals.exists():
        return {}
    signed_on = request.closed_at.astimezone(location().zone).date()
    return answers.proposals(request.answers or {}, signed_on=signed_on)
