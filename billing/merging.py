"""What this app says about its rows when two records are merged: `clinic.people.merging`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F, Sum
from django.utils.translation import gettext as _

from billing.models import BillingDocument, CouponUse, Estimate, Payment
from clinic.format import money
from clinic.people import owed
from clinic.people.merging.registry import Dependent, Fact, MergeRules

if TYPE_CHECKING:
    from clinic.models import Client


def facts(client: Client) -> list[Fact]:
    paid = (
        client.payments.aggregate(cents=Sum(F("amount_cents") - F("refunded_cents")))["cents"] or 0
    )
    return [
        Fact(_("Documents"), str(client.billing_documents.count())),
        Fact(_("Paid"), money(paid)),
        Fact(_("Balance due"), money(owed.of(client.pk).cents)),
    ]


RULES = MergeRules(
    facts=facts,
    # A payment always stays with the visit or missed appointment it was for.
    dependents=[
        Dependent(Payment, "visit__appointment__client"),
        Dependent(Payment, "appointment__client"),
        # If both have used the same one, each use stays where it is.
        Dependent(CouponUse, "appointment__client"),
        Dependent(Estimate, "appointment__client"),
        Dependent(Estimate, "prescription__client"),
        Dependent(BillingDocument, "visit__appointment__client"),
    ],
)
