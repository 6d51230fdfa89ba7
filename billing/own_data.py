"""What is kept of a client's money, for the archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.models import Charge
from clinic.export import Part, facts, who

if TYPE_CHECKING:
    from clinic.models import Client

LINE = (
    *("description", "minutes", "units", "list_cents", "discount_cents", "net_cents"),
    "is_eligible",
)
RECEIPT = (
    *("number", "status", "issued_at", "service_on", "list_cents", "discount_cents"),
    *("net_cents", "paid_cents", "balance_cents", "verify_code", "voided_at", "void_reason"),
    "snapshot",
)


def charges(client: Client) -> Part:
    found = Charge.objects.filter(visit__appointment__client=client)
    found = found.select_related("visit", "procedure").order_by("visit__arrived_at", "position")
    return Part(
        [
            facts(one, *LINE)
            | {"arrived_at": one.visit.arrived_at, "code": one.procedure and one.procedure.code}
            for one in found
        ]
    )


def payments(client: Client) -> Part:
    found = client.payments.select_related("received_by")
    return Part(
        [
            facts(one, "paid_at", "method", "amount_cents", "reference")
            | {"received_by": who(one.received_by, client)}
            for one in found
        ]
    )


def receipts(client: Client) -> Part:
    """As printed, the void ones too."""
    found = list(
        client.receipts.select_related("document").prefetch_related("lines").order_by("issued_at")
    )
    return Part(
        [
            facts(one, *RECEIPT)
            | {"lines": [facts(row, "service_on", *LINE) for row in one.lines.all()]}
            for one in found
        ],
        [one.document for one in found if one.document is not None],
    )
