"""What a packet prints beside its own copy: its receipts once more, and the pages of its orders.

For workers only: it loads what draws pages, and what prints them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from billing.issuing.packets import receipts_of
from clinic.documents import store
from clinic.documents.printing import Attached
from clinic.models import Document
from prescriptions.reading import page_images

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from billing.models import BillingDocument


@dataclass(frozen=True, slots=True)
class Page:
    """A page of an order: the name of its picture, and the words for it."""

    letter: str
    picture: str
    words: str


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
