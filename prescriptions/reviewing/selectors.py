"""The queue, and everything the review shows next to its form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.db.models import F, Q
from django.utils import timezone

from clinic.documents import store as documents
from prescriptions import selectors
from prescriptions.codes.selectors import known_codes, table
from prescriptions.elements import differences, problems, verdicts
from prescriptions.models import Prescription
from prescriptions.prescribers import selectors as prescribers
from prescriptions.reading import page_images, words
from prescriptions.reading import proposals as reading
from prescriptions.reviewing import labels, rules

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date

    from django.core.paginator import Page
    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from clinic.models import User
    from prescriptions.codes import icd10
    from prescriptions.elements import Elements

PER_PAGE = 25  # of the queue: drawing the lines is what costs
SOONEST, OLDEST = "soonest", "oldest"


@dataclass(frozen=True)
class QueueLine:
    """One line of the queue."""

    prescription: Prescription
    blocks: date | None  # the next visit waiting for it
    holder: User | None  # who has it open right now
    second: bool  # read once; a second person must agree


def queue(order: str = SOONEST) -> QuerySet[Prescription]:
    """To review: by the soonest waiting visit, or oldest first."""
    waiting = (
        Prescription.objects.light()
        .to_review()
        .select_related("client", "document", "claimed_by", "first_reviewer")
    )
    return waiting if order == OLDEST else waiting.soonest_first()


def queue_page(order: str, number: str | None) -> Page[Prescription]:
    """One page of it; an invalid or too-high page number gives the nearest page."""
    return Paginator(queue(order), PER_PAGE).get_page(number)


def queue_lines(prescriptions: Iterable[Prescription], today: date) -> list[QueueLine]:
    now = timezone.now()
    return [
        QueueLine(
            prescription=one,
            blocks=one.needed_on if one.needed_on and one.needed_on >= today else None,
            holder=one.claimed_by if rules.is_claimed(one.claimed_at, now) else None,
            second=one.first_reviewer_id is not None,
        )
        for one in prescriptions
    ]


def waiting_for_client() -> QuerySet[Prescription]:
    """Information was requested and has not come: waiting visits first, then longest silence."""
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
    """The most urgent one that this person can decide and no one else has open.

    `after` is the one just left. If it was decided, it is done; if it was skipped, the one after
    it comes next, and after the last the first again.
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
    """What `soonest_first` puts after it."""
    younger = Q(created_at__gt=one.created_at) | Q(created_at=one.created_at, pk__gt=one.pk)
    if one.needed_on is None:
        return Q(needed_on__isnull=True) & younger
    later = Q(needed_on__gt=one.needed_on) | Q(needed_on__isnull=True)
    return later | (Q(needed_on=one.needed_on) & younger)


def earlier(prescription: Prescription) -> list[Prescription]:
    """The same client's other prescriptions, to spot a duplicate or a renewal."""
    return list(selectors.history(prescription.client).exclude(pk=prescription.pk)[:5])


def review_context(
    prescription: Prescription, elements: Elements, today: date
) -> rules.ReviewContext:
    """What the review rules look at beyond the paper."""
    client = prescription.client
    others = Prescription.objects.filter(client=client).exclude(pk=prescription.pk)
    decided = others.filter(approved_at__isnull=False).prefetch_related("diagnoses")
    return rules.ReviewContext(
        today=today,
        payer=client.payer.kind if client.payer else "",
        others=[
            (frozenset(one.code_id for one in other.diagnoses.all()), other.issued_on)
            for other in decided
        ],
        table=table(elements.codes),
    )


@dataclass(frozen=True, slots=True)
class Question:
    """A code newer than what is loaded: is it right?"""

    verdict: icd10.Verdict
    is_confirmed: bool


@dataclass(frozen=True)
class Assessment:
    """A reading as the rules see it, before anyone decides."""

    context: rules.ReviewContext
    checklist: list[rules.Check]
    differences: list[StrOrPromise]  # fields the first person read differently
    questions: list[Question]  # about codes newer than what is loaded

    @property
    def open(self) -> int:
        return sum(check.tone == rules.OPEN for check in self.checklist)

    @property
    def doubts(self) -> int:
        return sum(check.tone == rules.WARN for check in self.checklist)


def assess(prescription: Prescription, elements: Elements, today: date) -> Assessment:
    context = review_context(prescription, elements, today)
    wrong = problems(elements, table=context.table, today=today, is_claim=context.is_claim)
    first = prescription.first_reading or {}
    changed = differences(first, elements)
    return Assessment(
        context=context,
        checklist=rules.checklist(elements, context, wrong),
        differences=[
            labels.FIELDS.get(name, name) for name in changed if name not in rules.REVIEWER_CHECKS
        ],
        questions=questions(verdicts(elements, context.table, today), elements.confirmed),
    )


def questions(verdicts: Iterable[icd10.Verdict], confirmed: Collection[str]) -> list[Question]:
    return [Question(one, one.code in confirmed) for one in verdicts if one.is_newer]


def read_document(prescription: Prescription) -> dict[str, reading.Found]:
    """Proposals for the form from the clean copy; none where no text can be read."""
    if signed := prescribers.proposed(prescription):
        return signed
    client = prescription.client
    patient = reading.Patient(client.name, str(client.phone))
    return reading.read(_words(prescription), patient=patient, known=known_codes)


def _words(prescription: Prescription) -> dict[str, Any]:
    """The words read when it came in; for older ones, the text layer read now."""
    if prescription.text_source and prescription.words is not None:
        kept: dict[str, Any] = prescription.words
        return kept
    try:
        return words.extract(documents.read(prescription.document), ocr=False)
    except (documents.DocumentLost, page_images.Unreadable):
        return {}
