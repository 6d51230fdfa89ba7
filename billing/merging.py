"""What money has to say when two records are joined: see `clinic.merging.floors`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Sum
from django.utils.translation import gettext as _

from billing import selectors
from billing.models import Payment, Receipt
from clinic.merging.floors import Fact, Floor, Hanging
from clinic.templatetags.clinic_format import money

if TYPE_CHECKING:
    from clinic.models import Client


def facts(client: Client) -> list[Fact]:
    paid = client.payments.aggregate(cents=Sum("amount_cents"))["cents"] or 0
    return [
        Fact(_("Receipts"), str(client.receipts.count())),
        Fact(_("Paid"), money(paid)),
        Fact(_("Still to pay"), money(selectors.owed_by(client))),
    ]


FLOOR = Floor(
    facts=facts,
    # Money is never parted from the visit, or the missed appointment, that it was for.
    hanging=[
        Hanging(Payment, "visit__appointment__client"),
        Hanging(Payment, "appointment__client"),
        Hanging(Receipt, "visit__appointment__client"),
    ],
)
