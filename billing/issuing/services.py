"""Issuing, voiding, issuing again: one engine for all kinds of documents.

What a document is about is locked first, so two desks queue; the counter of its kind last.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import selectors, services
from billing.errors import AlreadyVoid, CannotPrint
from billing.issuing import copies, packets, receipts, stale, statements, superbills
from billing.issuing.statements import Span
from billing.models import (
    BillingDocument,
    DocumentCounter,
    DocumentLine,
    Kind,
)
from clinic import selectors as clinic_selectors
from clinic.audit import services as audit
from clinic.celery import enqueue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from billing.issuing.drafts import Draft
    from clinic.models import User
    from treatment.models import Visit

RENDER = "billing.render_document"
# No letters or digits that are easily misheard over the phone.
ALPHABET = "ACDEFGHJKLMNPQRTUVWXY34679"
CODE_GROUPS = 3
Status = BillingDocument.Status
# How each kind is drafted, for what is locked; raises what it refuses.
DRAFTS: Mapping[str, Callable[[Any, BillingDocument | None], Draft]] = {
    Kind.RECEIPT: receipts.draft,
    Kind.SUPERBILL: superbills.draft,
    Kind.STATEMENT: statements.draft,
    Kind.PACKET: packets.draft,
}


@transaction.atomic
def issue(
    kind: str, *, actor: User, visit: Visit, replaces: BillingDocument | None = None
) -> BillingDocument:
    """Issue a document of a visit; if there is already a valid one, return it.

    Raises:
        What its kind refuses (`DRAFTS`).
    """
    locked = services.lock(visit)
    if known := valid(kind, locked):
        return known
    return write(kind, DRAFTS[kind](locked, replaces), actor=actor, replaces=replaces)


@transaction.atomic
def issue_range(
    kind: str, *, actor: User, span: Span, replaces: BillingDocument | None = None
) -> BillingDocument:
    """Issue a document of some days as things are now; before a packet, the receipts in it.

    A valid one that says the same is returned; one that says anything else is void and replaced.

    Raises:
        What its kind refuses (`DRAFTS`), and then nothing is voided.
    """
    if kind == Kind.PACKET:
        _issue_receipts(actor, span)
    draft = DRAFTS[kind](span, replaces)  # locks the visits, so two desks queue
    known = BillingDocument.objects.filter(
        kind=kind,
        client=span.client,
        begins_on=span.begins_on,
        service_on=span.ends_on,
        status=Status.ISSUED,
    ).first()
    if known is None:
        return write(kind, draft, actor=actor, replaces=replaces)
    if _same(known, draft):
        return known
    reason = _("Something in these days was corrected or added.")
    return void(actor=actor, document=known, reason=reason, reissue=True) or known


def _issue_receipts(actor: User, span: Span) -> None:
    """Each visit of these days that can have a receipt has one, as things are now."""
    served = statements.read(span)
    known = {one.visit_id: one for one in packets.of_visits(served)}
    for one in served:
        receipt = known.get(one.visit.pk)
        if one.is_uncovered or not one.bill.net_cents:
            continue
        if receipt is None or out_of_date(receipt, one.visit):
            issue_current(actor=actor, visit=one.visit)


def _same(known: BillingDocument, draft: Draft) -> bool:
    """Whether a document says what the draft does, but for what it replaced."""
    then, now = ({**copy, "replaces": ""} for copy in (known.snapshot, draft.copy))
    return then == now and known.private == draft.private


def issue_receipt(
    *, actor: User, visit: Visit, replaces: BillingDocument | None = None
) -> BillingDocument:
    """As `issue`.

    Raises:
        As for `receipts.draft`.
    """
    return issue(Kind.RECEIPT, actor=actor, visit=visit, replaces=replaces)


def write(
    kind: str, draft: Draft, *, actor: User, replaces: BillingDocument | None
) -> BillingDocument:
    """Give a draft its number and its code. What it is about is locked.

    Raises:
        CannotPrint: it says something in letters that our fonts lack.
    """
    if letters := draft.unprintable:
        raise CannotPrint(letters)
    now = timezone.now()
    year = timezone.localdate(now, clinic_selectors.location().zone).year
    made = BillingDocument.objects.create(
        kind=kind,
        year=year,
        serial=_next_serial(kind, year),
        client=draft.client,
        visit=draft.visit,
        begins_on=draft.begins_on,
        service_on=draft.service_on,
        needs_prescription=draft.needs_prescription,
        reservation=draft.reservation,
        issued_at=now,
        snapshot=draft.copy,
        private=draft.private,
        template_version=draft.version,
        **asdict(draft.amounts),
        verify_code=_code(),
        replaces=replaces,
    )
    for line in draft.lines:
        line.document = made
    DocumentLine.objects.bulk_create(draft.lines)
    audit.record(actor, f"{kind}.issued", made)
    enqueue(RENDER, str(made.pk))
    return made


@transaction.atomic
def issue_current(*, actor: User, visit: Visit, kind: str = Kind.RECEIPT) -> BillingDocument:
    """The visit's document as things are now; one that shows anything else is void and replaced.

    Raises:
        As for `issue`.
    """
    locked = services.lock(visit)
    known = valid(kind, locked)
    if known is None:
        return write(kind, DRAFTS[kind](locked, None), actor=actor, replaces=None)
    differences = out_of_date(known, locked)
    if not differences:
        return known
    reason = " ".join(differences)
    return void(actor=actor, document=known, reason=reason, reissue=True) or known


@transaction.atomic
def bring_up_to_date(*, actor: User, visit: Visit) -> list[BillingDocument]:
    """After a correction: what is out of date again as things are now; those that replace it.

    If nothing is left to pay for, it is only void, and returned so.

    Raises:
        AlreadyVoid: there is no valid document.
        As for `issue`, and then nothing is voided.
    """
    locked = services.lock(visit)
    found = list(locked.documents.filter(status=Status.ISSUED).order_by("kind"))
    if not found:
        raise AlreadyVoid
    is_left = selectors.bill(locked).net_cents > 0
    made = []
    for known in found:
        if differences := out_of_date(known, locked):
            reason = " ".join(differences)
            again = void(actor=actor, document=known, reason=reason, reissue=is_left)
            made.append(again or known)
    return made


@transaction.atomic
def void(
    *, actor: User, document: BillingDocument, reason: str, reissue: bool = False
) -> BillingDocument | None:
    """Void a document; with `reissue`, another replaces it and says so.

    Raises:
        AlreadyVoid: it is already void.
        As for `issue`, and then nothing is voided.
    """
    if document.visit is not None:
        services.lock(document.visit)
    changed = BillingDocument.objects.filter(pk=document.pk, status=Status.ISSUED).update(
        status=Status.CANCELLED, voided_at=timezone.now(), void_reason=reason[:120]
    )
    if not changed:
        raise AlreadyVoid
    document.refresh_from_db()
    audit.turned(actor, f"{document.kind}.voided", document, status=("issued", document.status))
    if not reissue:
        return None
    if document.visit is not None:
        return issue(document.kind, actor=actor, visit=document.visit, replaces=document)
    span = Span(document.client, document.begins_on or document.service_on, document.service_on)
    return issue_range(document.kind, actor=actor, span=span, replaces=document)


def valid(kind: str, visit: Visit) -> BillingDocument | None:
    """The valid document of this kind."""
    return BillingDocument.objects.filter(kind=kind, visit=visit, status=Status.ISSUED).first()


def all_valid(visit: Visit) -> dict[str, BillingDocument]:
    """The valid documents of a visit, by kind."""
    return {one.kind: one for one in visit.documents.filter(status=Status.ISSUED)}


def out_of_date(document: BillingDocument, visit: Visit) -> list[str]:
    """What a document shows that is not so any more, in words; nothing: it is up to date."""
    shown = stale.figures(document.snapshot, document.service_on, document.lines.all())
    charges = list(visit.charges.all())
    if document.kind == Kind.SUPERBILL:
        charges = superbills.billed(charges)
    now = stale.figures(copies.of_visit(visit), visit.appointment.local_date, charges)
    return stale.differences(shown, now)


@dataclass(frozen=True, slots=True)
class Outdated:
    """A document that is valid, and what it shows that is not so any more."""

    document: BillingDocument
    differences: list[str]


def outdated(visit: Visit) -> list[Outdated]:
    """The documents of a visit to void and issue again."""
    found = selectors.documents().filter(visit=visit, status=Status.ISSUED).order_by("kind")
    if not found:
        return []
    now = selectors.visits().get(pk=visit.pk)
    pairs = [Outdated(one, out_of_date(one, now)) for one in found]
    return [one for one in pairs if one.differences]


def _next_serial(kind: str, year: int) -> int:
    """The year's next number; the row lock is held until commit, so there are no gaps."""
    counter = DocumentCounter.objects.filter(kind=kind, year=year)
    if not counter.update(last=F("last") + 1):
        DocumentCounter.objects.get_or_create(kind=kind, year=year)
        counter.update(last=F("last") + 1)
    return counter.get().last


def _code() -> str:
    groups = ("".join(secrets.choice(ALPHABET) for _n in range(4)) for _g in range(CODE_GROUPS))
    return "-".join(groups)
