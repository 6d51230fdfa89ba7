"""A payment that was recorded wrongly: it is voided, and what is right is another in its place.

Nothing is overwritten. Each form carries a token, so that it takes effect once, and the version of
the payment that it showed, so that of two desks the second is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import selectors, services
from billing.errors import (
    AlreadyCorrected,
    CannotMoveThere,
    NoReference,
    NotEligible,
    NotFromAPlan,
    PartlyRefunded,
    SameMethod,
    SameReference,
)
from billing.models import PLAN_CARDS, Drawer, Method, Payment
from booking.visits import late_fees
from clinic.audit import services as audit
from clinic.web.form_page import ChangedSince, version_of
from treatment.models import Visit

if TYPE_CHECKING:
    from uuid import UUID

    from booking.models import Appointment
    from clinic.models import Client, Location, User


@dataclass(frozen=True, slots=True)
class Form:
    """What a form that corrects a payment carries besides what is typed."""

    token: UUID
    version: str


@dataclass(frozen=True, slots=True)
class Goal:
    """What a payment is for: a finished visit, or the fee of an appointment."""

    visit: Visit | None = None
    appointment: Appointment | None = None

    @property
    def client(self) -> Client:
        if self.visit is not None:
            return selectors.client_of(self.visit)
        if self.appointment is None or self.appointment.client is None:
            raise CannotMoveThere
        return self.appointment.client

    @property
    def location(self) -> Location:
        if self.visit is not None:
            return self.visit.appointment.location
        if self.appointment is None:
            raise CannotMoveThere
        return self.appointment.location

    @property
    def keys(self) -> dict[str, object]:
        return {"visit": self.visit, "appointment": self.appointment}


@transaction.atomic
def void(*, actor: User, payment: Payment, reason: str, form: Form) -> Payment:
    """It never happened: what it paid for is owed again.

    Raises:
        AlreadyCorrected, ChangedSince: someone was faster.
        PartlyRefunded: some of it was given back.
    """
    locked = lock(payment)
    if known := _known(form):
        return known
    expect_open(locked, form)
    _void(actor, locked, reason, form)
    audit.turned(actor, "payment.voided", locked, voided_at=(None, locked.voided_at))
    if locked.appointment is not None:
        late_fees.reopen(actor=actor, appointment=locked.appointment)
    return locked


@transaction.atomic
def change_method(
    *,
    actor: User,
    payment: Payment,
    method: str,
    form: Form,
    reason: str = "",
    reference: str = "",
    drawer: Drawer | None = None,
) -> Payment:
    """It was paid another way than recorded.

    Raises:
        SameMethod: it is recorded so already.
        NotFromAPlan, NotEligible: a health plan's card pays for treatment only.
        As for `void`.
    """
    locked = lock(payment)
    if known := _known(form):
        return known.replaced_by
    expect_open(locked, form)
    if (method, reference) == (locked.method, locked.reference):
        raise SameMethod
    goal = goal_of(locked)
    _expect_treatment(method, goal, locked)
    _void(actor, locked, reason or _("It was recorded with the wrong method."), form)
    made = _in_its_place(
        actor, locked, goal, form, method=method, reference=reference, drawer=drawer
    )
    audit.turned(actor, "payment.method_changed", made, method=(locked.method, method))
    return made


@transaction.atomic
def change_reference(
    *, actor: User, payment: Payment, reference: str, form: Form, reason: str = ""
) -> Payment:
    """The digits of the card, or the number of the check, were typed wrong.

    Raises:
        SameReference: that is the number on record.
        NoReference: it was cash.
        As for `void`.
    """
    locked = lock(payment)
    if known := _known(form):
        return known.replaced_by
    expect_open(locked, form)
    if locked.method == Method.CASH:
        raise NoReference
    if reference == locked.reference:
        raise SameReference
    _void(actor, locked, reason or _("It was recorded with the wrong number."), form)
    made = _in_its_place(
        actor, locked, goal_of(locked), form, method=locked.method, reference=reference
    )
    audit.turned(actor, "payment.number_changed", made, reference=(locked.reference, reference))
    return made


@transaction.atomic
def move(*, actor: User, payment: Payment, to: Goal, reason: str, form: Form) -> Payment:
    """It was for something else: another visit, or a fee, of this client or of another.

    Raises:
        CannotMoveThere: less is owed there than was paid, or it is where it is.
        NotFromAPlan, NotEligible: a health plan's card pays for treatment only.
        As for `void`.
    """
    for pk in sorted(one.pk for one in (payment.visit, to.visit) if one is not None):
        Visit.objects.select_for_update(no_key=True).get(pk=pk)
    locked = lock(payment)
    if known := _known(form):
        return known.replaced_by
    expect_open(locked, form)
    goal = _charged(to)
    if locked.of_appointment == _appointment_of(goal) or _left(goal) < locked.amount_cents:
        raise CannotMoveThere
    if goal.appointment is not None and goal.appointment.fee_cents != locked.amount_cents:
        raise CannotMoveThere
    _expect_treatment(locked.method, goal, None, locked.amount_cents)
    _void(actor, locked, reason, form)
    made = _in_its_place(
        actor, locked, goal, form, method=locked.method, reference=locked.reference
    )
    if locked.appointment is not None:
        late_fees.reopen(actor=actor, appointment=locked.appointment)
    if goal.appointment is not None:
        late_fees.pay(actor=actor, appointment=goal.appointment)
    for of, action in ((locked, "payment.moved_away"), (made, "payment.moved")):
        ends = (str(locked.of_appointment), str(made.of_appointment))
        audit.turned(actor, action, of, appointment=ends)
    return made


def _known(form: Form) -> Payment | None:
    """What this form did already."""
    return Payment.everything.filter(void_token=form.token).select_related("replaced_by").first()


def lock(payment: Payment) -> Payment:
    """The payment as it stands, with its visit locked first, as every writer does."""
    if payment.visit is not None:
        services.lock(payment.visit)
    rows = Payment.everything.select_for_update(no_key=True, of=("self",))
    return rows.select_related(
        "client", "visit__appointment__location", "appointment__location", "appointment__client"
    ).get(pk=payment.pk)


def expect_open(payment: Payment, form: Form) -> None:
    """The payment, which is locked, is still what the form showed.

    Raises:
        AlreadyCorrected: it is void.
        ChangedSince: or it was changed in another way.
    """
    if payment.voided_at is not None:
        raise AlreadyCorrected
    if version_of(payment) != form.version:
        raise ChangedSince


def goal_of(payment: Payment) -> Goal:
    return Goal(payment.visit, payment.appointment)


def _void(actor: User, payment: Payment, reason: str, form: Form) -> None:
    if payment.refunded_cents:
        raise PartlyRefunded
    payment.voided_at, payment.voided_by = timezone.now(), actor
    payment.void_reason, payment.void_token = reason[:200], form.token
    payment.save(
        update_fields=["voided_at", "voided_by", "void_reason", "void_token", "updated_at"]
    )


def _in_its_place(
    actor: User,
    old: Payment,
    goal: Goal,
    form: Form,
    *,
    method: str,
    reference: str,
    drawer: Drawer | None = None,
) -> Payment:
    """Cash that stays cash stays in its drawer."""
    chosen = old.drawer if method == old.method else drawer
    return Payment.objects.create(
        client=goal.client,
        **goal.keys,
        method=method,
        amount_cents=old.amount_cents,
        reference=reference,
        paid_at=old.paid_at,
        received_by=actor,
        drawer=Drawer.objects.for_method(method, goal.location, chosen),
        batch=old.batch,
        form_token=form.token,
        replaces=old,
    )


def _expect_treatment(
    method: str, goal: Goal, replaced: Payment | None, cents: int | None = None
) -> None:
    """A plan's card pays no fee, and of a visit only what is treatment."""
    if method not in PLAN_CARDS:
        return
    if goal.visit is None:
        raise NotFromAPlan
    bill = selectors.bill(selectors.visits().get(pk=goal.visit.pk))
    others = bill.from_plans_cents
    if replaced is not None and replaced.is_from_a_plan:
        others -= replaced.kept_cents
    room = max(0, bill.eligible_cents - others)
    if (replaced.amount_cents if replaced is not None else cents or 0) > room:
        raise NotEligible(room)


def _charged(goal: Goal) -> Goal:
    """The goal with its charges written, so that what it owes cannot change in between."""
    if goal.visit is None:
        return goal
    services.charge_visit(visit=goal.visit)
    return Goal(visit=selectors.visits().get(pk=goal.visit.pk))


def _left(goal: Goal) -> int:
    if goal.visit is not None:
        return selectors.bill(goal.visit).balance_cents
    return goal.appointment.open_fee_cents if goal.appointment is not None else 0


def _appointment_of(goal: Goal) -> UUID | None:
    if goal.visit is not None:
        return goal.visit.appointment_id
    return goal.appointment.pk if goal.appointment is not None else None
