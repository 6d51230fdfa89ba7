"""The packet of some days, for January: a plan year in one file.

The statement's log, each receipt as it was issued, what has none and why, and the orders that
covered the visits as pictures. The receipts' own files are attached, byte for byte. Its totals are
those of the receipts in it, and of nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from billing.errors import NoReceipts
from billing.issuing import copies, statements
from billing.issuing.drafts import Amounts, Draft
from billing.models import BillingDocument, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from billing.issuing.statements import Served, Span

VERSION = "packet-1"
# Why a service of these days is not in the totals.
UNCOVERED, FREE = "uncovered", "free"


def draft(span: Span, replaces: BillingDocument | None = None) -> Draft:
    """What the packet of this range says now; each visit that can have a receipt has one.

    Raises:
        NoReceipts: there is no receipt to put into it.
        As for `statements.read`.
    """
    served = statements.read(span)
    receipts = {one.visit_id: one for one in of_visits(served)}
    inside = [one for one in served if one.visit.pk in receipts]
    if not inside:
        raise NoReceipts
    return Draft(
        client=span.client,
        copy=_copy(span, served, receipts, replaces),
        private=copies.of_account(span.client) | {"orders": _words(inside)},
        lines=statements.lines_of(inside),
        amounts=_total(receipts.values()),
        service_on=span.ends_on,
        begins_on=span.begins_on,
        version=VERSION,
    )


def of_visits(served: Iterable[Served]) -> QuerySet[BillingDocument]:
    """The valid receipts of these services, oldest first, with their lines."""
    found = BillingDocument.objects.filter(
        kind=Kind.RECEIPT,
        status=BillingDocument.Status.ISSUED,
        visit__in=[one.visit.pk for one in served],
    )
    return found.order_by("visit__appointment__starts_at", "pk").prefetch_related("lines")


def _total(receipts: Iterable[BillingDocument]) -> Amounts:
    names = [one.name for one in fields(Amounts)]
    return Amounts(**{name: sum(getattr(one, name) for one in receipts) for name in names})


def _copy(
    span: Span,
    served: Sequence[Served],
    receipts: dict[Any, BillingDocument],
    replaces: BillingDocument | None,
) -> dict[str, Any]:
    inside = [one for one in served if one.visit.pk in receipts]
    copy = statements.copy_of(span, inside, replaces)
    for entry, one in zip(copy["visits"], inside, strict=True):
        entry["receipt"] = receipts[one.visit.pk].number
    for entry, order in zip(copy["orders"], statements.letters_of(inside), strict=True):
        entry["document"] = str(order.document_id)
    outside = [one for one in served if one.visit.pk not in receipts]
    copy["receipts"] = [str(one.pk) for one in receipts.values()]
    copy["left_out"] = [
        statements.row(one, {}) | {"why": UNCOVERED if one.is_uncovered else FREE, "order": ""}
        for one in outside
        if one.is_uncovered or not one.bill.net_cents
    ]
    return copy


def _words(served: Iterable[Served]) -> dict[str, str]:
    """What each order says, by its letter: for those who do not see its pages."""
    letters = statements.letters_of(served)
    return {letter: f"{order.reason}. {order.order_text}" for order, letter in letters.items()}


# ---- While it is made ----


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of a packet's receipts have been printed."""

    done: int
    total: int

    @property
    def steps(self) -> int:
        """Putting them together takes about as long as printing a quarter of them."""
        return self.total + max(1, self.total // 4)


def receipts_of(packet: BillingDocument) -> QuerySet[BillingDocument]:
    """The receipts in a packet, as it was issued, oldest first."""
    found = BillingDocument.objects.filter(pk__in=packet.snapshot["receipts"])
    return found.order_by("visit__appointment__starts_at", "pk")


def unprinted(packet: BillingDocument) -> QuerySet[BillingDocument]:
    return receipts_of(packet).filter(file=None)


def progress(document: BillingDocument) -> Progress | None:
    """Of a packet whose file has not been made; None for anything else."""
    if document.kind != Kind.PACKET or document.file_id:
        return None
    total = len(document.snapshot["receipts"])
    return Progress(total - unprinted(document).count(), total)


def is_in_one_to_come(receipt: BillingDocument) -> bool:
    """Whether a packet that is being made has this receipt: its client is told of that one."""
    return BillingDocument.objects.filter(
        client=receipt.client_id,
        kind=Kind.PACKET,
        file=None,
        snapshot__receipts__contains=[str(receipt.pk)],
    ).exists()
