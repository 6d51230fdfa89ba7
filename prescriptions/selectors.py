"""Reads shaped for screens, and for the floors above."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from clinic import documents
from clinic.selectors import location_or_none
from prescriptions import areas, authorization, icd10, pages, reading, wording, words
from prescriptions import review as rules
from prescriptions.authorization import State
from prescriptions.errors import AlreadySent
from prescriptions.models import (
    DiagnosisCode,
    PrescribedDiagnosis,
    Prescription,
    ReviewDecision,
    Upload,
    VisitReservation,
)
from prescriptions.prescribers import selectors as prescribers

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from uuid import UUID

    from django.core.paginator import Page
    from django_stubs_ext import StrOrPromise

    from clinic.body import Place
    from clinic.models import Client, User

SLOW = timedelta(seconds=60)  # an upload usually takes a few
SHOWN = timedelta(days=14)  # a refused upload, on the list
PER_PAGE = 25  # of the queue: drawing the lines is what costs
SOONEST, OLDEST = "soonest", "oldest"
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
    usable = Prescription.objects.light().filter(client=client_id).covering(on).with_visits_left()
    return usable.order_by("through_on", "created_at", "pk").first()


def coverage(client_ids: Iterable[UUID]) -> dict[UUID, list[Prescription]]:
    """Approved prescriptions by client, the first to run out first; one query."""
    by_client: dict[UUID, list[Prescription]] = {pk: [] for pk in client_ids}
    approved = Prescription.objects.light().filter(
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
    """One prescription with all that its page shows."""
    return Prescription.objects.select_related(
        *("client__payer", "document", "claimed_by", "submitted_by", "superseded_by"),
        "first_reviewer",
    ).prefetch_related(
        *(_codes, "regions"),
        Prefetch("decisions", ReviewDecision.objects.select_related("reviewer")),
    )


def uploads() -> QuerySet[Upload]:
    return Upload.objects.select_related("client", "answers")


@dataclass(frozen=True)
class UploadState:
    """An upload on its way, as its page shows it. `key` changes when the page must."""

    upload: Upload
    key: str
    words: StrOrPromise
    is_slow: bool
    poll: int  # seconds until the page asks again
    is_known: bool  # we have this document already


def upload_state(upload: Upload) -> UploadState:
    age = timezone.now() - upload.created_at
    is_slow = not upload.is_finished and age > SLOW
    is_known = upload.refusal == AlreadySent.code
    words = wording.upload(upload)
    key = f"{upload.status}-{upload.progress}-{int(is_slow)}"
    return UploadState(upload, key, words, is_slow, 10 if is_slow else 1, is_known)


def open_uploads(client: Client) -> list[UploadState]:
    """What is on its way or was refused, as long as nothing newer has become a prescription."""
    since = timezone.now() - SHOWN
    recent = uploads().filter(client=client, created_at__gte=since)[:5]
    newer = takewhile(lambda one: one.status != one.Status.READY, recent)
    # One that was refused because we have it has its prescription already.
    return [upload_state(one) for one in newer if one.prescription_id is None]


@dataclass(frozen=True)
class Waiting:
    """One line of the queue."""

    prescription: Prescription
    blocks: date | None  # the next visit that waits for it
    holder: User | None  # who has it open at this moment
    second: bool  # read once; a second person must agree


def queue(order: str = SOONEST) -> QuerySet[Prescription]:
    """To review: by the visit that waits, or the oldest first."""
    waiting = (
        Prescription.objects.light()
        .to_review()
        .select_related("client", "document", "claimed_by", "first_reviewer")
    )
    return waiting if order == OLDEST else waiting.soonest_first()


def queue_page(order: str, number: str | None) -> Page[Prescription]:
    """One page of it; any number that is none, or too high, is the nearest there is."""
    return Paginator(queue(order), PER_PAGE).get_page(number)


def lines(prescriptions: Iterable[Prescription], today: date) -> list[Waiting]:
    now = timezone.now()
    return [
        Waiting(
            prescription=one,
            blocks=one.needed_on if one.needed_on and one.needed_on >= today else None,
            holder=one.claimed_by if rules.is_claimed(one.claimed_at, now) else None,
            second=one.first_reviewer_id is not None,
        )
        for one in prescriptions
    ]


def waiting_for_client() -> QuerySet[Prescription]:
    """Information was asked for and has not come; a visit that waits first, then by silence."""
    return (
        Prescription.objects.light()
        .filter(status=Prescription.Status.NEEDS_INFORMATION)
        .select_related("client", "document")
        .prefetch_related("decisions")
        .order_by(F("needed_on").asc(nulls_last=True), "updated_at", "pk")
    )


def queue_count() -> int:
    return Prescription.objects.filter(status=Prescription.Status.SUBMITTED).count()


def next_to_review(
    user: User, after: Prescription | None = None, *, skip: bool = False
) -> Prescription | None:
    """The most urgent one that this person can decide and nobody else has open.

    `after` is the one just left. Decided, it is over; skipped, the one that follows it comes next,
    and behind the last the first again.
    """
    lapsed = timezone.now() - rules.CLAIM_LASTS
    free = Q(claimed_by__isnull=True) | Q(claimed_by=user) | Q(claimed_at__lte=lapsed)
    waiting = Prescription.objects.to_review().soonest_first().filter(free)
    waiting = waiting.exclude(first_reviewer=user)
    if after is None:
        return waiting.first()
    waiting = waiting.exclude(pk=after.pk)
    following = waiting.filter(_behind(after)).first() if skip else None
    return following or waiting.first()


def _behind(one: Prescription) -> Q:
    """What `soonest_first` puts behind it."""
    younger = Q(created_at__gt=one.created_at) | Q(created_at=one.created_at, pk__gt=one.pk)
    if one.needed_on is None:
        return Q(needed_on__isnull=True) & younger
    later = Q(needed_on__gt=one.needed_on) | Q(needed_on__isnull=True)
    return later | (Q(needed_on=one.needed_on) & younger)


def renewals_due(today: date) -> QuerySet[Prescription]:
    """In use and near its end (`authorization.renewal`), and nothing newer here yet.

    A newer one that waits for a decision may be the renewal. One in use is not: for the same
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
    state: State
    tone: str
    label: StrOrPromise
    sentence: StrOrPromise
    meter: Meter
    renew: bool
    codes: list[DiagnosisCode]
    places: list[Place]  # of the body, as ordered
    asked: ReviewDecision | None  # what stands between it and an approval
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
    tone, label, sentence = wording.STATES[state]
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
        advice=wording.ADVICE[asked.reason] if asked else "",
    )


def cards(client: Client, today: date) -> list[Card]:
    """Newest first; what has been sent in since it was due needs no renewal any more."""
    found: list[Card] = []
    renewed = False
    for prescription in history(client):
        one = card(prescription, today)
        found.append(replace(one, renew=one.renew and not renewed))
        renewed = renewed or prescription.status in UNDECIDED
    return found


def asked(client: Client, today: date) -> list[Card]:
    """Those that wait for a better copy, newest first."""
    waiting = history(client).filter(status=Prescription.Status.NEEDS_INFORMATION)
    return [card(prescription, today) for prescription in waiting]


def cards_of(prescriptions: QuerySet[Prescription], today: date) -> list[Card]:
    """Cards of many clients' prescriptions."""
    return [card(one, today) for one in prescriptions.prefetch_related(*_SHOWN)]


def around(prescription: Prescription, today: date) -> rules.Around:
    """What the reviewer's rules look at besides the paper."""
    client = prescription.client
    others = Prescription.objects.filter(client=client).exclude(pk=prescription.pk)
    decided = others.filter(approved_at__isnull=False).prefetch_related("diagnoses")
    return rules.Around(
        today=today,
        payer=client.payer.kind if client.payer else "",
        others=[
            (frozenset(one.code_id for one in other.diagnoses.all()), other.issued_on)
            for other in decided
        ],
    )


def ledger(prescription: Prescription) -> list[VisitReservation]:
    """Its visits in the order they take place, those given back included."""
    return list(prescription.reservations.order_by("visit_on", "created_at"))


@dataclass(frozen=True)
class Judged:
    """A reading as the rules see it, before anybody decides."""

    around: rules.Around
    checklist: list[rules.Check]
    differences: list[StrOrPromise]  # fields that the first person read otherwise

    @property
    def open(self) -> int:
        return sum(check.tone == rules.OPEN for check in self.checklist)

    @property
    def doubts(self) -> int:
        return sum(check.tone == rules.WARN for check in self.checklist)


def judged(prescription: Prescription, elements: rules.Elements, today: date) -> Judged:
    known = around(prescription, today)
    rows = DiagnosisCode.objects.of_this_year().filter(code__in=elements.codes)
    billable = dict(rows.values_list("code", "billable"))
    wrong = rules.problems(elements, billable=billable, today=today, is_claim=known.is_claim)
    first = prescription.first_reading or {}
    changed = rules.differences(first, elements)
    return Judged(
        around=known,
        checklist=rules.checklist(elements, known, wrong),
        differences=[wording.FIELDS.get(name, name) for name in changed if name not in rules.OWN],
    )


def sums(
    prescription: Prescription, entries: Iterable[VisitReservation], today: date
) -> authorization.Accounts:
    """The ledger's accounts, those given back counted as well."""
    released = sum(entry.status == VisitReservation.Status.RELEASED for entry in entries)
    return authorization.accounts(prescription, today, released=released)


def read_document(prescription: Prescription) -> dict[str, reading.Found]:
    """What the clean copy says, proposed for the form; nothing where no text can be read."""
    if signed := prescribers.proposed(prescription):
        return signed
    client = prescription.client
    patient = reading.Patient(client.name, str(client.phone))
    return reading.read(_words(prescription), patient=patient, known=_known_codes)


def _words(prescription: Prescription) -> dict[str, Any]:
    """As they were read when it came in; of older ones the text layer, read now."""
    if prescription.text_source and prescription.words is not None:
        kept: dict[str, Any] = prescription.words
        return kept
    try:
        return words.extract(documents.read(prescription.document), ocr=False)
    except (documents.DocumentLost, pages.Unreadable):
        return {}


def _known_codes(typed: set[str]) -> set[str]:
    """Which of them are codes of ours at all; a reviewer judges the rest. One query."""
    return set(DiagnosisCode.objects.filter(code__in=typed).values_list("code", flat=True))
