"""Writes: sending a prescription in, and the reviewer's decisions. The ledger is in `ledger.py`."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic import audit, documents, links, messages, people
from clinic.errors import InvalidTransition
from clinic.models import Client, Document
from clinic.selectors import location
from prescriptions import icd10, pages, review, sig, uploads
from prescriptions.errors import AlreadySent, ClaimedByAnother, Incomplete
from prescriptions.ledger import (
    move_visit,
    release_visit,
    reserve_visit,
    unuse_visit,
    use_visit,
)
from prescriptions.models import (
    DiagnosisCode,
    PrescribedDiagnosis,
    Prescription,
    ReviewDecision,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clinic.models import User
    from prescriptions.review import Elements
    from prescriptions.uploads import Cleaned

__all__ = [
    "approve",
    "ask_for_information",
    "claim",
    "move_visit",
    "reject",
    "release_visit",
    "reopen",
    "reserve_visit",
    "send_again",
    "submit",
    "unclaim",
    "unuse_visit",
    "use_visit",
]

Status = Prescription.Status
CLAIM_LASTS = timedelta(minutes=15)  # a reviewer called away must not block the queue


def submit(
    *, actor: User | None, client: Client, uploads: Sequence[bytes], note: str = ""
) -> Prescription:
    """Take in a new prescription: files as they came, and the clean copy that people see.

    Raises:
        UnusableFile: with advice on what to send instead; nothing was kept.
        AlreadySent: the same document is here and was not rejected.
    """
    clean = _clean(uploads)  # the slow part, before any lock
    with transaction.atomic():
        # Two clicks on "Send" queue here; the second finds the first one's document.
        Client.objects.select_for_update(no_key=True).get(pk=client.pk)
        _refuse_repeat(client, clean)
        prescription = Prescription.objects.create(
            client=client,
            document=_store(actor, client, clean),
            submitted_by=actor,
            client_note=note,
        )
        _keep_originals(actor, prescription, uploads)
        audit.record(actor, "prescription.submitted", prescription)
    return prescription


def send_again(
    *, actor: User | None, prescription: Prescription, uploads: Sequence[bytes], note: str = ""
) -> Prescription:
    """Answer a request for information with a better copy; it goes back to the queue.

    Raises:
        UnusableFile, AlreadySent: as for `submit`.
        InvalidTransition: nothing is being asked for any more.
    """
    clean = _clean(uploads)
    client = prescription.client
    with transaction.atomic():
        locked = _lock(prescription, Status.NEEDS_INFORMATION)
        _refuse_repeat(client, clean)
        locked.document = _store(actor, client, clean)
        locked.status = Status.SUBMITTED
        locked.client_note = note
        locked.claimed_by = locked.claimed_at = None
        locked.save()
        _keep_originals(actor, locked, uploads)
        messages.withdraw(about=locked.pk)  # a request that has not gone out yet is answered
        audit.record(actor, "prescription.sent_again", locked)
    return locked


@transaction.atomic
def reopen(*, actor: User, prescription: Prescription) -> None:
    """The answer came another way (by telephone, by fax): back to the queue."""
    _lock(prescription, Status.NEEDS_INFORMATION)
    Prescription.objects.filter(pk=prescription.pk).update(status=Status.SUBMITTED)
    audit.record(actor, "prescription.reopened", prescription)


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
    mine = Prescription.objects.filter(pk=prescription.pk, claimed_by=actor)
    mine.update(claimed_by=None, claimed_at=None)


@transaction.atomic
def approve(*, actor: User, prescription: Prescription, elements: Elements) -> Prescription:
    """Record what the reviewer read and let visits be booked on it.

    An older approved one of the same client for the same condition (the first code's category) is
    replaced: its booked visits stay with it, its unused ones do not carry over.

    Raises:
        Incomplete: one of the four elements, the prescriber, a date or a check is missing or wrong.
        InvalidTransition: it has been decided already.
        ClaimedByAnother: a colleague has it open.
    """
    known = DiagnosisCode.objects.of_this_year().filter(code__in=elements.codes)
    codes = {row.code: row for row in known}
    today = timezone.now().astimezone(location().zone).date()
    wrong = review.problems(
        elements, billable={code: row.billable for code, row in codes.items()}, today=today
    )
    if wrong:
        raise Incomplete(wrong)
    # All of this client's, always in one order: two approvals at once must see each other.
    mine = Prescription.objects.filter(client=prescription.client_id).order_by("pk")
    list(mine.select_for_update(no_key=True).values_list("pk"))
    locked = _lock(prescription, Status.SUBMITTED, reviewer=actor)
    _fill(locked, elements)
    locked.save()
    PrescribedDiagnosis.objects.bulk_create(
        PrescribedDiagnosis(prescription=locked, code=codes[code], position=place)
        for place, code in enumerate(elements.codes)
    )
    _supersede(actor, locked, elements.codes[0])
    _decide(actor, locked, ReviewDecision.Decision.APPROVED)
    audit.record(actor, "prescription.approved", locked)
    return locked


@transaction.atomic
def ask_for_information(
    *, actor: User, prescription: Prescription, reason: str, note: str = ""
) -> None:
    """Ask the client for what is missing.

    Raises:
        InvalidTransition, ClaimedByAnother: as for `approve`.
    """
    locked = _lock(prescription, Status.SUBMITTED, reviewer=actor)
    locked.status = Status.NEEDS_INFORMATION
    locked.claimed_by = locked.claimed_at = None
    locked.save()
    _decide(actor, locked, ReviewDecision.Decision.NEEDS_INFORMATION, reason, note)
    audit.record(actor, "prescription.information_asked", locked)


@transaction.atomic
def reject(*, actor: User, prescription: Prescription, reason: str, note: str = "") -> None:
    """Turn it down for good; the client may send another one.

    Raises:
        InvalidTransition, ClaimedByAnother: as for `approve`.
    """
    locked = _lock(prescription, Status.SUBMITTED, reviewer=actor)
    locked.status = Status.REJECTED
    locked.claimed_by = locked.claimed_at = None
    locked.save()
    _decide(actor, locked, ReviewDecision.Decision.REJECTED, reason, note)
    audit.record(actor, "prescription.rejected", locked)


def _clean(files: Sequence[bytes]) -> Cleaned:
    """The clean copy, proven to open in the viewer before anybody waits for a review of it."""
    clean = uploads.clean(files)
    try:
        seen = pages.count(clean.pdf)
    except pages.Unreadable as error:
        raise uploads.Broken from error
    if seen != clean.pages:
        raise uploads.Broken
    return clean


def _refuse_repeat(client: Client, clean: Cleaned) -> None:
    digest = hashlib.sha256(clean.pdf).hexdigest()
    same = Prescription.objects.filter(client=client, document__sha256=digest)
    if same.exclude(status=Status.REJECTED).exists():
        raise AlreadySent


def _store(actor: User | None, client: Client, clean: Cleaned) -> Document:
    return documents.store(
        actor=actor,
        content=clean.pdf,
        kind=Document.Kind.PRESCRIPTION,
        name="prescription.pdf",
        content_type=uploads.PDF,
        client=client,
        pages=clean.pages,
    )


def _keep_originals(actor: User | None, prescription: Prescription, files: Sequence[bytes]) -> None:
    """Kept encrypted as evidence and never served."""
    for number, content in enumerate(files, start=1):
        kind = uploads.sniff(content)
        prescription.originals.add(
            documents.store(
                actor=actor,
                content=content,
                kind=Document.Kind.PRESCRIPTION_ORIGINAL,
                name=f"original-{number}.{kind.partition('/')[2]}",
                content_type=kind,
                client=prescription.client,
            )
        )


def _lock(
    prescription: Prescription, status: Prescription.Status, *, reviewer: User | None = None
) -> Prescription:
    """The row, locked and in the state that the step starts from."""
    locked = (
        Prescription.objects.select_for_update(no_key=True, of=("self",))
        .select_related("client", "client__user", "document")
        .get(pk=prescription.pk)
    )
    if locked.status != status:
        raise InvalidTransition
    holder = locked.claimed_by_id
    if reviewer is not None and holder not in (None, reviewer.pk):
        fresh = locked.claimed_at and timezone.now() - locked.claimed_at < CLAIM_LASTS
        if fresh:
            raise ClaimedByAnother
    return locked


def _fill(prescription: Prescription, elements: Elements) -> None:
    for field in (
        *("reason", "order_text", "modality", "issued_on", "starts_on", "through_on"),
        *("prescriber_name", "prescriber_credential", "prescriber_npi", "prescriber_phone"),
    ):
        setattr(prescription, field, getattr(elements, field))
    prescription.authorized = elements.visits or 0
    read = sig.read(elements.order_text, elements.starts_on) if elements.starts_on else None
    prescription.visits_per_week = read.per_week if isinstance(read, sig.Proposal) else None
    prescription.status = Status.APPROVED
    prescription.approved_at = timezone.now()
    prescription.claimed_by = prescription.claimed_at = None


def _supersede(actor: User, newer: Prescription, first_code: str) -> None:
    older = Prescription.objects.filter(
        client=newer.client_id,
        status=Status.APPROVED,
        issued_on__lte=newer.issued_on,
        diagnoses__position=0,
        diagnoses__code__code__startswith=icd10.category(first_code),
    )
    for prescription in older.exclude(pk=newer.pk):
        prescription.status = Status.SUPERSEDED
        prescription.superseded_by = newer
        prescription.save(update_fields=["status", "superseded_by", "updated_at"])
        audit.record(actor, "prescription.superseded", prescription)


def _decide(
    actor: User,
    prescription: Prescription,
    decision: ReviewDecision.Decision,
    reason: str = "",
    note: str = "",
) -> None:
    """Keep the decision and tell the client, in words that give nothing away."""
    made = ReviewDecision.objects.create(
        prescription=prescription,
        document=prescription.document,
        decision=decision,
        reason=reason,
        note=note,
        reviewer=actor,
    )
    messages.queue(
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
    """Neutral: it shows on lock screens."""
    if decision == ReviewDecision.Decision.NEEDS_INFORMATION:
        return _("We need one more thing from you")
    return _("There is news in your account")


def message_context(prescription: Prescription) -> dict[str, str]:
    page = reverse("prescriptions:detail", args=[prescription.pk])
    return {"first_name": prescription.client.first_name, "link": links.absolute(page)}
