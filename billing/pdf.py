"""A receipt as a PDF. Same receipt, same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.template.loader import render_to_string
from django.utils import timezone, translation

from clinic import links, printing

if TYPE_CHECKING:
    from billing.models import Receipt
    from clinic.printing import Printed

STYLESHEET = "css/receipt-pdf.css"


def render(receipt: Receipt) -> Printed:
    """The receipt's PDF (PDF/UA-1: tagged, titled, in reading order)."""
    lines = list(receipt.lines.all())
    zone = receipt.visit.appointment.location.zone
    with timezone.override(zone), translation.override("en-us"):
        html = render_to_string(
            "billing/receipt_pdf.html",
            {
                "receipt": receipt,
                "lines": lines,
                "copy": receipt.snapshot,
                "has_other": not all(line.is_eligible for line in lines),
                "verify_url": links.absolute("/verify/"),
            },
        )
    return printing.render(html, stylesheet=STYLESHEET, seed=receipt.pk.bytes)
