"""A document as a PDF. Same document, same bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.template.loader import render_to_string
from django.utils import timezone, translation

from billing.issuing import packing
from billing.models import Kind
from clinic import selectors as clinic_selectors
from clinic.documents import letterhead, printing
from clinic.documents.printing import Attached
from clinic.messaging import links

if TYPE_CHECKING:
    from collections.abc import Sequence

    from billing.models import BillingDocument, DocumentLine
    from clinic.documents.printing import Printed

STYLESHEET = "css/billing-pdf.css"


VERIFY = "/verify/"


def check_url(number: str, code: str) -> str:
    """Where a document is checked. What follows the # stays in the browser, and in no log."""
    return f"{links.absolute(VERIFY)}#{number}/{code}"


def render(document: BillingDocument) -> Printed:
    """Its PDF, with the same in a form for programs."""
    lines = list(document.lines.all())
    more = packing.printing(document) if document.kind == Kind.PACKET else packing.NOTHING
    place = clinic_selectors.location()
    logo = letterhead.logo_of(place)
    with timezone.override(place.zone), translation.override("en-us"):
        html = render_to_string(
            f"billing/pdf/{document.kind}.html",
            {
                "document": document,
                "lines": lines,
                "copy": document.snapshot,
                "private": document.private or {},
                "has_other": not all(line.is_eligible for line in lines),
                "other_cents": sum(line.net_cents for line in lines if not line.is_eligible),
                "verify_url": links.absolute(VERIFY),
                "check_url": check_url(document.number, document.verify_code),
                "logo": logo,
                **more.context,
            },
        )
    return printing.render(
        html,
        stylesheet=STYLESHEET,
        seed=document.pk.bytes,
        attached=[_for_programs(document, lines), *more.attached],
        pictures=more.pictures | ({letterhead.PICTURE: logo.content} if logo else {}),
    )


def _for_programs(document: BillingDocument, lines: Sequence[DocumentLine]) -> Attached:
    """What is printed, in JSON; amounts in cents."""
    sums = ("list_cents", "discount_cents", "net_cents", "paid_cents", "balance_cents")
    columns = (
        *("description", "code", "modifiers", "pointers", "minutes", "units"),
        *("list_cents", "discount_cents", "net_cents"),
    )
    said = {
        "kind": document.kind,
        "number": document.number,
        "issued_at": document.issued_at.isoformat(),
        "currency": "USD",
        **document.snapshot,
        **(document.private or {}),
        "lines": [
            {"service_on": line.service_on.isoformat(), "is_treatment": line.is_eligible}
            | {name: getattr(line, name) for name in columns}
            for line in lines
        ],
        "totals": {name: getattr(document, name) for name in (*sums, "credit_cents")},
    }
    content = json.dumps(said, ensure_ascii=False, sort_keys=True, indent=1).encode()
    return Attached(f"{document.kind}.json", content, "The same for programs")
