"""What stands behind a finished visit, and must be put right before the visit is taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from billing.models import BillingDocument, Payment, VisitExtra
from clinic.format import money

if TYPE_CHECKING:
    from treatment.models import Visit


def in_the_way(visit: Visit) -> str:
    """A sentence; "" if nothing is."""
    kept = sum(one.kept_cents for one in Payment.objects.filter(visit=visit))
    valid = BillingDocument.objects.filter(visit=visit, status=BillingDocument.Status.ISSUED)
    said = [
        _("Void %(kind)s %(number)s first.")
        % {"kind": one.get_kind_display().lower(), "number": one.number}
        for one in valid.order_by("kind")
    ]
    if VisitExtra.objects.counting().filter(visit=visit).exists():
        said.append(_("Remove the tip and the goods at check-out first."))
    if kept:
        words = _("Refund, move or void the %(amount)s that was paid first.")
        said.append(words % {"amount": money(kept)})
    return " ".join(said)
