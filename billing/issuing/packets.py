"""The packet of some days, for January: a plan year in one file.

The statement's log, each receipt as it was issued, what has none and why, and the orders that
covered the visits as pictures. The receipts' own files are attached, byte for byte. Its totals are
those of the receipts in it, and of nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from billing.errors import NoReceipts
from billing.issuing import copies, statements
from billing.issuing.drafts import Amounts, Draft
from billing.models import BillingDocument, Kind
from clinic.documents import store
from clinic.documents.printing import Attached
from clinic.models import Document
from prescriptions.reading import page_images

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


# ---- Printing ----


@dataclass(frozen=True, slots=True)
class Page:
    """A page of an order: the name of its picture, and the words for it."""

    letter: str
    picture: str
    words: str


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


@dataclass(frozen=True, slots=True)
class Extras:
    """What a document prints beside its own copy and lines."""

    context: dict[str, Any] = field(default_factory=dict)
    attached: Sequence[Attached] = ()
    pictures: dict[str, bytes] = field(default_factory=dict)


NOTHING = Extras()


def printing(packet: BillingDocument) -> Extras:
    """The receipts, laid out once more and attached, and the pages of the orders.

    All of its receipts are printed.
    """
    receipts = list(receipts_of(packet).select_related("file").prefetch_related("lines"))
    files = [(one, one.file) for one in receipts if one.file is not None]
    pages, pictures = _pages(packet)
    return Extras(
        {"receipts": receipts, "pages": pages},
        [Attached(file.name, store.read(file), str(one.title), "Source") for one, file in files],
        pictures,
    )


def _pages(packet: BillingDocument) -> tuple[list[Page], dict[str, bytes]]:
    """The pages of its orders, and their pictures by name."""
    orders = packet.snapshot["orders"]
    files = {str(one.pk): one for one in Document.objects.filter(pk__in=_files(orders))}
    said = (packet.private or {}).get("orders", {})
    found: list[Page] = []
    pictures: dict[str, bytes] = {}
    for order in orders:
        drawn = list(page_images.prints(store.read(files[order["document"]])))
        for number, picture in enumerate(drawn, start=1):
            name = f"{order['letter']}-{number}"
            pictures[name] = picture
            found.append(Page(order["letter"], name, _caption(order, said, number, len(drawn))))
    return found, pictures


def _files(orders: Iterable[dict[str, Any]]) -> list[str]:
    return [order["document"] for order in orders]


def _caption(order: dict[str, Any], said: dict[str, str], number: int, count: int) -> str:
    words = _("Prescription %(letter)s by %(prescriber)s, page %(number)s of %(count)s.") % {
        **order,
        "number": number,
        "count": count,
    }
    return f"{words} {said.get(order['letter'], '')}" if number == 1 else words
