"""Lives to join and to part, and what they came to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.db.models import Sum

from billing import services as billing
from billing import tasks as billing_tasks
from billing.issuing import services as issuing
from clinic.people import owed
from clinic.people.merging import rows, services
from clinic.people.merging.services import Choice
from tests.treatment.factories import earlier_today, finished_visit

if TYPE_CHECKING:
    from billing.models import BillingDocument
    from clinic.models import Client, ClientMerge, User
    from treatment.models import Visit


def join(actor: User, kept: Client, merged: Client, **taken_from: Client) -> ClientMerge:
    """Join them; details come from the record that is kept unless another is named."""
    choice = Choice(kept, merged, {name: one.pk for name, one in taken_from.items()})
    return services.merge(actor=actor, choice=choice)


def visit_with_history(client: Client, actor: User, hours_ago: int, cents: int = 2000) -> Visit:
    """An intake, a prescription, a visit, a payment, a receipt with its PDF."""
    visit = finished_visit(client, starts_at=earlier_today(hours_ago))
    pay(actor, visit, cents)
    receipt = issuing.issue_current(actor=actor, visit=visit)
    billing_tasks.render_document.run(str(receipt.pk))
    return visit


def pay(actor: User, visit: Visit, cents: int) -> None:
    billing.take_payment(
        actor=actor, visit=visit, method="cash", amount_cents=cents, form_token=uuid4()
    )


def totals(client: Client) -> tuple[int, int]:
    """Cents paid, and cents still to pay."""
    paid = client.payments.aggregate(cents=Sum("amount_cents"))["cents"] or 0
    return paid, owed.of(client.pk).cents


def holdings(client: Client) -> dict[str, set[Any]]:
    """Every row that names a client, audit rows and messages about the merge itself apart."""
    held: dict[str, set[Any]] = {}
    for key in rows.moving():
        found = key.model._base_manager.filter(**{key.name: client})
        if key.model._meta.label == "clinic.Message":
            found = found.exclude(kind=services.MAIL)
        held[rows.name_of(key)] = set(found.values_list("pk", flat=True))
    return held


def printed(receipt: BillingDocument) -> dict[str, Any]:
    """All that a receipt says, and what it says it with; not whose it is."""
    fields = {field.attname: getattr(receipt, field.attname) for field in receipt._meta.fields}
    del fields["client_id"]
    return fields | {"lines": list(receipt.lines.order_by("position").values())}
