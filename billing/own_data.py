"""What we keep of a client's billing, for export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.models import Charge, CouponUse, Estimate, Payment
from clinic.privacy.export import Part, facts, who

if TYPE_CHECKING:
    from clinic.models import Client

LINE = (
    *("description", "minutes", "units", "list_cents", "discount_cents", "net_cents"),
    "is_eligible",
)
CODES = ("code", "modifiers", "pointers")
REFUND = ("refunded_at", "method", "amount_cents", "forgiven_cents", "reference", "reason")
DOCUMENT = (
    *("kind", "number", "status", "issued_at", "begins_on", "service_on"),
    *("list_cents", "discount_cents"),
    *(
        "net_cents",
        "paid_cents",
        "balance_cents",
        "credit_cents",
        "verify_code",
        "voided_at",
        "void_reason",
    ),
    "snapshot",
)


def charges(client: Client) -> Part:
    found = Charge.everything.filter(visit__appointment__client=client)
    found = found.select_related("visit", "procedure").order_by("visit__arrived_at", "position")
    return Part(
        [
            facts(one, *LINE, "retired_at")
            | {"arrived_at": one.visit.arrived_at, "code": one.procedure and one.procedure.code}
            for one in found
        ]
    )


def payments(client: Client) -> Part:
    """Void ones too, with what became of each."""
    found = Payment.everything.filter(client=client)
    found = found.select_related("received_by", "voided_by").prefetch_related("refunds")
    return Part(
        [
            facts(one, "paid_at", "method", "amount_cents", "reference", "refunded_cents")
            | facts(one, "voided_at", "void_reason")
            | {
                "received_by": who(one.received_by, client),
                "voided_by": who(one.voided_by, client) if one.voided_by else None,
                "refunds": [facts(row, *REFUND) for row in one.refunds.all()],
            }
            for one in found
        ]
    )


def coupons(client: Client) -> Part:
    """Those that were given back too."""
    found = CouponUse.objects.filter(client=client).select_related("coupon", "appointment")
    return Part(
        [
            facts(one, "off_cents", "created_at", "released_at")
            | {"code": one.coupon.code, "visit": one.appointment.starts_at}
            for one in found
        ]
    )


def estimates(client: Client) -> Part:
    found = Estimate.objects.filter(client=client).order_by("created_at")
    told = ("created_at", "reason", "visits", "each_cents", "total_cents", "copy")
    return Part([facts(one, *told) for one in found])


def documents(client: Client) -> Part:
    """As printed, including void ones."""
    found = list(
        client.billing_documents.select_related("file")
        .prefetch_related("lines")
        .order_by("issued_at")
    )
    return Part(
        [
            facts(one, *DOCUMENT)
            | {"lines": [facts(row, "service_on", *CODES, *LINE) for row in one.lines.all()]}
            for one in found
        ],
        [one.file for one in found if one.file is not None],
    )
