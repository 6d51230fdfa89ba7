"""One payment for several things that a client owes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext as _

from billing import fees, services
from billing.errors import DuesChanged, FeeInPart, NotFromAPlan, Overpaid
from billing.models import PLAN_CARDS, Payment
from booking.models import Appointment
from clinic.format import day, money
from clinic.people import owed
from clinic.people.owed import FEE, Due
from treatment.models import Visit

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from billing.models import Drawer
    from clinic.models import Client, User


def key_of(due: Due) -> str:
    """What a form says of a due."""
    return f"{due.kind}:{due.appointment_id}"


def in_order(dues: Sequence[Due], first: UUID) -> list[Due]:
    """What the page is about before the rest, which stays in the order of its age."""
    return sorted(dues, key=lambda due: due.appointment_id != first)


def label_of(due: Due, visit: Visit) -> str:
    """What a due is for: "Rest of a visit, Tue, Nov 17, $50.00"."""
    what = due.what
    if due.appointment_id == visit.appointment_id:
        what = _("This visit") if due.what == _("Visit") else _("Rest of this visit")
    return f"{what}, {day(due.day)}, {money(due.cents)}"


def is_taken(token: str) -> bool:
    """Whether the form with this token was taken already."""
    try:
        return Payment.everything.filter(batch=UUID(token)).exists()
    except ValueError:
        return False


def spread(dues: Sequence[Due], cents: int) -> list[tuple[Due, int]]:
    """An amount over what is owed, in this order: each whole, as far as it goes. Pure."""
    shares = []
    for due in dues:
        share = min(due.cents, cents)
        cents -= share
        if share:
            shares.append((due, share))
    return shares


@transaction.atomic
def settle(
    *,
    actor: User,
    client: Client,
    keys: Collection[str],
    method: str,
    amount_cents: int | None,
    form_token: UUID,
    reference: str = "",
    drawer: Drawer | None = None,
) -> list[Payment]:
    """Take one payment for several dues, the oldest first; without an amount, for all of them.

    The same form sent twice is one payment. All that was paid in one go shares its `batch`.

    Raises:
        DuesChanged: one of them was paid or waived since.
        Overpaid: more than they come to, or nothing.
        FeeInPart: a fee would be paid in part.
        NotFromAPlan, NotEligible: a health plan's card pays for treatment only.
    """
    _lock(client, keys)
    if known := list(Payment.everything.filter(batch=form_token)):
        return known
    dues = [due for due in owed.of(client.pk).dues if key_of(due) in keys]
    if len(dues) != len(set(keys)):
        raise DuesChanged
    whole = sum(due.cents for due in dues)
    cents = whole if amount_cents is None else amount_cents
    if not 0 < cents <= whole:
        raise Overpaid
    _expect_payable(dues, cents, method)
    how = {"method": method, "reference": reference, "batch": form_token, "drawer": drawer}
    return [_take(actor, due, share, how) for due, share in spread(dues, cents)]


def _lock(client: Client, keys: Collection[str]) -> None:
    """Every visit in the order of its key, so that two desks queue."""
    ids = [key.partition(":")[2] for key in keys if not key.startswith(FEE)]
    visits = Visit.objects.filter(appointment__in=ids, appointment__client=client)
    list(visits.select_for_update(no_key=True, of=("self",)).order_by("pk"))


def _expect_payable(dues: Sequence[Due], cents: int, method: str) -> None:
    if method in PLAN_CARDS and any(due.kind == FEE for due in dues):
        raise NotFromAPlan
    for due, share in spread(dues, cents):
        if due.kind == FEE and share < due.cents:
            raise FeeInPart


def _take(actor: User, due: Due, cents: int, how: dict[str, object]) -> Payment:
    token = uuid5(how["batch"], key_of(due))  # type: ignore[arg-type]
    if due.kind == FEE:
        appointment = Appointment.objects.get(pk=due.appointment_id)
        return fees.take(actor=actor, appointment=appointment, form_token=token, **how)  # type: ignore[arg-type]
    visit = Visit.objects.get(appointment=due.appointment_id)
    return services.take_payment(
        actor=actor,
        visit=visit,
        amount_cents=cents,
        form_token=token,
        **how,  # type: ignore[arg-type]
    )
