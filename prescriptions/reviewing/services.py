"""Writes: the reviewer's decisions. Uploads are in `receiving.py`, the ledger in `ledger.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit import services as audit
from clinic.errors import InvalidTransition
from clinic.messaging import links, outbox
from clinic.people import services as people
from clinic.selectors import location
from prescriptions.codes import icd10
from prescriptions.codes import services as codes
from prescriptions.codes.selectors import table
from prescriptions.elements import as_reading, problems
from prescriptions.errors import AnotherCopy, ClaimedByAnother, Incomplete, SecondPersonNeeded
from prescriptions.models import (
    PrescribedDiagnosis,
    PrescribedRegion,
    Prescription,
    ReviewDecision,
)
from prescriptions.prescribers import directory
from prescriptions.reading import sig
from prescriptions.reviewing import rules, second

if TYPE_CHECKING:
    from clinic.models import User
    from prescriptions.elements import Elements

Status = Prescription.Status
CLAIM_LASTS = rules.CLAIM_LASTS


@transaction.atomic
def reopen(*, actor: User, prescription: Prescription) -> None:
    """The answer came another way (phone, fax): back to the queue."""
    _lock(prescription, Status.NEEDS_INFORMATION)
    Prescription.objects.filter(pk=prescription.pk).update(status=Status.SUBMITTED)
    outbox.withdraw(about=prescription.pk, kinds=["prescription_needs_information"])
    step = (Status.NEEDS_INFORMATION, Status.SUBMITTED)
    audit.turned(actor, "prescription.reopened", prescription, status=step)


@transaction.atomic
def claim(*, actor: User, prescription: Prescription, take_over: bool = False) -> bool:
    """Mark it as under review by this person; False when a colleague has it open."""
    now = timezone.now()
    free = Q(claimed_by__isnull=True) | Q(claimed_by=actor) | Q(claimed_at__lt=now - CLAIM_LASTS)
    waiting = Prescription.objects.filter(pk=prescription.pk, status=Status.SUBMITTED)
    mine = waiting if take_over else waiting.filter(free)
    if not mine.update(claimed_by=actor, claimed_at=now):
        return False
    prescription.claimed_by, prescription.claimed_at = actor, now
    if take_over:
        audit.record(actor, "prescription.taken_over", prescription)
    return True


def unclaim(*, actor: User, prescription: Prescription) -> None:
    """Put it back for anyone; one that a colleague has open stays theirs."""
    mine = Prescription.objects.filter(pk=prescription.pk, claimed_by=actor)
    mine.update(claimed_by=None, claimed_at=None)


@transaction.atomic
def approve(
    *, actor: User, prescription: Prescription, elements: Elements, as_second: bool = False
) -> Prescription:
    """Record what the reviewer read and let visits be booked on it.

    An older approved one of the same client for the same condition (that of the first code) is
    replaced: its booked visits stay with it, its unused ones do not carry over.

    When a second person must agree (`second.is_needed`), the first reading is only stored and it
    stays in the queue. `as_second`: the reviewer has seen that reading.

    Raises:
        Incomplete: one of the four elements, the prescriber, a date or a check is missing or wrong.
        InvalidTransition: it has already been decided, or someone else has read it since.
        ClaimedByAnother: a colleague has it open.
        AnotherCopy: it is not the document that was read.
        SecondPersonNeeded: this person was the first.
    """
    _expect_complete(prescription, elements)
    # All of this client's, always in one order, so two approvals at once see each other.
    same_client = Prescription.objects.filter(client=prescription.client_id).order_by("pk")
    list(same_client.select_for_update(no_key=True).values_list("pk"))
    locked = _lock(prescription, Status.SUBMITTED, reviewer=actor)
    if second.is_needed(locked.client) and _is_first(actor, locked, as_second=as_second):
        return _check(actor, locked, elements)
    locked.prescriber = directory.match_or_add(actor=actor, prescription=locked, elements=elements)
    _fill(locked, elements)
    _supersede(actor, locked, elements.codes[0])
    changed = second.changes(locked.first_reading, elements) if as_second else ""
    _decide(actor, locked, ReviewDecision.Decision.APPROVED, note=changed)
    audit.turned(
        actor,
        "prescription.approved",
        locked,
        status=(Status.SUBMITTED, locked.status),
        authorized=(0, locked.authorized),
        through_on=(None, locked.through_on),
    )
    return locked


def _expect_complete(prescription: Prescription, elements: Elements) -> None:
    """Raises Incomplete: something is missing or wrong."""
    wrong = problems(
        elements,
        table=table(elements.codes),
        today=timezone.now().astimezone(location().zone).date(),
        is_claim=second.is_claim(prescription.client),
    )
    if wrong:
        raise Incomplete(wrong)


def _is_first(actor: User, locked: Prescription, *, as_second: bool) -> bool:
    """Whether this is the first of two readings.

    Raises:
        InvalidTransition: someone else has read it since.
        SecondPersonNeeded: this person was the first.
    """
    if locked.first_reviewer_id == actor.pk:
        raise SecondPersonNeeded
    if as_second != (locked.first_reviewer_id is not None):
        raise InvalidTransition
    return not as_second


def _check(actor: User, prescription: Prescription, elements: Elements) -> Prescription:
    """The first of two: store the reading, and leave it in the queue for the other."""
    prescription.first_reviewer = actor
    prescription.first_reading = as_reading(elements)
    prescription.claimed_by = prescription.claimed_at = None
    prescription.save()
    _keep(actor, prescription, ReviewDecision.Decision.CHECKED)
    audit.record(actor, "prescription.checked", prescription)
    return prescription


@transaction.atomic
def ask_for_information(
    *, actor: User, prescription: Prescription, reason: str, note: str = ""
) -> None:
    """Ask the client for what is missing.

    Raises:
        InvalidTransition, ClaimedByAnother, AnotherCopy: as for `approve`.
    """
    locked = _lock(prescription, Status.SUBMITTED, reviewer=actor)
    locked.status = Status.NEEDS_INFORMATION
    locked.claimed_by = locked.claimed_at = None
    locked.first_reviewer = locked.first_reading = None  # what comes back is read from scratch
    locked.save()
    _decide(actor, locked, ReviewDecision.Decision.NEEDS_INFORMATION, reason, note)
    step = (Status.SUBMITTED, locked.status)
    audit.turned(actor, "prescription.information_asked", locked, status=step)


@transaction.atomic
def reject(*, actor: User, prescription: Prescription, reason: str, note: str = "") -> None:
    """Turn it down for good; the client may send another one.

    Raises:
        InvalidTransition, ClaimedByAnother, AnotherCopy: as for `approve`.
    """
    locked = _lock(prescription, Status.SUBMITTED, reviewer=actor)
    locked.status = Status.REJECTED
    locked.claimed_by = locked.claimed_at = None
    locked.needed_on = None
    locked.save()
    _decide(actor, locked, ReviewDecision.Decision.REJECTED, reason, note)
    audit.turned(actor, "prescription.rejected", locked, status=(Status.SUBMITTED, locked.status))


def _lock(
    prescription: Prescription, status: Prescription.Status, *, reviewer: User | None = None
) -> Prescription:
    """The row, locked and in the state this step starts from."""
    locked = (
        Prescription.objects.select_for_update(no_key=True, of=("self",))
        .select_related("client__user", "client__payer", "document")
        .get(pk=prescription.pk)
    )
    if locked.status != status:
        raise InvalidTransition
    holder = locked.claimed_by_id
    others = reviewer is not None and holder not in (None, reviewer.pk)
    if others and rules.is_claimed(locked.claimed_at, timezone.now()):
        raise ClaimedByAnother
    if reviewer is not None and locked.document_id != prescription.document_id:
        raise AnotherCopy
    return locked


def _fill(prescription: Prescription, elements: Elements) -> None:
    """Store what was read, as approved."""
    for field in (
        *("reason", "order_text", "modality", "issued_on", "starts_on", "through_on"),
        *("prescriber_name", "prescriber_credential", "prescriber_npi", "prescriber_phone"),
        "is_authorized",
    ):
        setattr(prescription, field, getattr(elements, field))
    prescription.authorized = elements.visits or 0
    read = sig.read(elements.order_text, elements.starts_on) if elements.starts_on else None
    prescription.visits_per_week = read.per_week if isinstance(read, sig.Proposal) else None
    prescription.status = Status.APPROVED
    prescription.approved_at = timezone.now()
    prescription.claimed_by = prescription.claimed_at = None
    prescription.needed_on = None
    prescription.save()
    codes.confirm(code for code in elements.codes if code in elements.confirmed)
    PrescribedDiagnosis.objects.bulk_create(
        PrescribedDiagnosis(prescription=prescription, code_id=code, position=place)
        for place, code in enumerate(elements.codes)
    )
    PrescribedRegion.objects.bulk_create(
        PrescribedRegion(prescription=prescription, place=key, position=place)
        for place, key in enumerate(dict.fromkeys(elements.regions))
    )


def _supersede(actor: User, newer: Prescription, first_code: str) -> None:
    older = Prescription.objects.filter(
        client=newer.client_id,
        status=Status.APPROVED,
        issued_on__lte=newer.issued_on,
        diagnoses__position=0,
        diagnoses__code__code__startswith=icd10.condition(first_code),
    )
    for prescription in older.exclude(pk=newer.pk):
        prescription.status = Status.SUPERSEDED
        prescription.superseded_by = newer
        prescription.save(update_fields=["status", "superseded_by", "updated_at"])
        step = (Status.APPROVED, prescription.status)
        audit.turned(actor, "prescription.superseded", prescription, status=step)


def _keep(
    actor: User,
    prescription: Prescription,
    decision: ReviewDecision.Decision,
    reason: str = "",
    note: str = "",
) -> ReviewDecision:
    return ReviewDecision.objects.create(
        prescription=prescription,
        document=prescription.document,
        decision=decision,
        reason=reason,
        note=note,
        reviewer=actor,
    )


def _decide(
    actor: User,
    prescription: Prescription,
    decision: ReviewDecision.Decision,
    reason: str = "",
    note: str = "",
) -> None:
    """Store the decision and tell the client in neutral words."""
    made = _keep(actor, prescription, decision, reason, note)
    outbox.queue(
        kind=f"prescription_{decision}",
        key=f"prescription:{made.pk}",
        recipient=people.notify_address(prescription.client),
        subject=subject(decision),
        template=f"messages/prescription_{decision}.txt",
        context=message_context(prescription),
        client=prescription.client,
        about=prescription.pk,
    )


def subject(decision: str) -> str:
    """Neutral, because it shows on lock screens."""
    if decision == ReviewDecision.Decision.NEEDS_INFORMATION:
        return _("We need one more thing from you")
    return _("There is an update in your account")


def message_context(prescription: Prescription) -> dict[str, str]:
    page = reverse("prescriptions:detail", args=[prescription.pk])
    return {"first_name": prescription.client.first_name, "link": links.absolute(page)}
