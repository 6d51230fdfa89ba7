"""Writes of money. Each step locks the visit first, so that two desks queue; then the counter."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import selectors, snapshot
from billing.errors import (
    AlreadyVoid,
    NoPrescription,
    NotFinished,
    NothingToCharge,
    Overpaid,
    ReceiptIncomplete,
)
from billing.models import Charge, Payment, Receipt, ReceiptCounter, ReceiptLine
from clinic import audit
from clinic.celery import enqueue
from prescriptions import authorization
from prescriptions.models import Prescription, VisitReservation
from treatment.models import Visit

if TYPE_CHECKING:
    from uuid import UUID

    from billing.pricing import Line
    from clinic.models import User

RENDER = "billing.render_receipt"
# Approved when the visit was reserved; a newer one may have replaced it since.
STANDING = {Prescription.Status.APPROVED, Prescription.Status.SUPERSEDED}
# No letters or digits that are read wrong over the telephone.
ALPHABET = "ACDEFGHJKLMNPQRTUVWXY34679"
CODE_GROUPS = 3


@transaction.atomic
def charge_visit(*, visit: Visit) -> list[Charge]:
    """Put a finished visit's lines down, once.

    Raises:
        NotFinished: the minutes are not recorded yet.
        NothingToCharge: a free consultation.
        NoProcedure: a technique of a prescribed session has no procedure.
    """
    locked = _lock(visit)
    known = list(locked.charges.order_by("position"))
    if known:
        return known
    if locked.status != Visit.Status.FINISHED:
        raise NotFinished
    made = selectors.price(locked)
    if not made:
        raise NothingToCharge
    return Charge.objects.bulk_create(
        _charge(locked, place, line) for place, line in enumerate(made)
    )


def _charge(visit: Visit, place: int, line: Line) -> Charge:
    return Charge(
        visit=visit,
        procedure_id=line.procedure_id,
        description=line.description,
        minutes=line.minutes,
        units=line.units,
        list_cents=line.list_cents,
        discount_cents=line.discount_cents,
        net_cents=line.net_cents,
        is_eligible=line.is_eligible,
        position=place,
    )


def balance(visit: Visit) -> int:
    """Cents still owed for a visit; before it is charged, its price."""
    return selectors.bill(visit).balance_cents


@transaction.atomic
def take_payment(
    *,
    actor: User,
    visit: Visit,
    method: str,
    amount_cents: int,
    form_token: UUID,
    reference: str = "",
) -> Payment:
    """Write down money received. The same form sent twice is one payment.

    Raises:
        Overpaid: more than is owed, or nothing.
        NotFinished, NothingToCharge, NoProcedure: as for `charge_visit`.
    """
    locked = _lock(visit)
    if known := Payment.objects.filter(form_token=form_token, visit=locked).first():
        return known
    charge_visit(visit=locked)
    if not 0 < amount_cents <= selectors.bill(locked).balance_cents:
        raise Overpaid
    payment = Payment.objects.create(
        client=selectors.client_of(locked),
        visit=locked,
        method=method,
        amount_cents=amount_cents,
        reference=reference,
        paid_at=timezone.now(),
        received_by=actor,
        form_token=form_token,
    )
    audit.record(actor, "payment.taken", payment)
    return payment


@transaction.atomic
def issue_receipt(*, actor: User, visit: Visit, replaces: Receipt | None = None) -> Receipt:
    """Issue the visit's receipt; the one that is valid already is handed back.

    Raises:
        NoPrescription: prescribed massage without a used visit of a prescription that covers it.
        ReceiptIncomplete: names what a plan would miss.
        NotFinished, NothingToCharge, NoProcedure: as for `charge_visit`.
    """
    locked = _lock(visit)
    if known := locked.receipts.filter(status=Receipt.Status.ISSUED).first():
        return known
    charges = charge_visit(visit=locked)
    reservation = _covering(locked)
    copy = snapshot.take(locked, replaces=replaces)
    if missing := snapshot.missing(copy, charges):
        raise ReceiptIncomplete(missing)
    bill = selectors.bill(locked)
    now = timezone.now()
    year = timezone.localdate(now, locked.appointment.location.zone).year
    receipt = Receipt.objects.create(
        year=year,
        serial=_next_serial(year),
        client=selectors.client_of(locked),
        visit=locked,
        needs_prescription=locked.appointment.option.service.needs_prescription,
        reservation=reservation,
        issued_at=now,
        service_on=locked.appointment.local_date,
        snapshot=copy,
        template_version=snapshot.TEMPLATE_VERSION,
        list_cents=bill.list_cents,
        discount_cents=bill.discount_cents,
        net_cents=bill.net_cents,
        paid_cents=bill.paid_cents,
        balance_cents=bill.balance_cents,
        verify_code=_code(),
        replaces=replaces,
    )
    ReceiptLine.objects.bulk_create(_line(receipt, charge) for charge in charges)
    audit.record(actor, "receipt.issued", receipt)
    enqueue(RENDER, str(receipt.pk))
    return receipt


@transaction.atomic
def issue_current(*, actor: User, visit: Visit) -> Receipt:
    """The visit's receipt with all payments on it; one issued before the last is replaced.

    Raises:
        As for `issue_receipt`.
    """
    known = issue_receipt(actor=actor, visit=visit)
    if known.paid_cents == selectors.bill(_lock(visit)).paid_cents:
        return known
    reason = _("A payment was made after it was issued.")
    return void_receipt(actor=actor, receipt=known, reason=reason, reissue=True) or known


@transaction.atomic
def void_receipt(
    *, actor: User, receipt: Receipt, reason: str, reissue: bool = False
) -> Receipt | None:
    """Void a receipt; with `reissue`, another takes its place and says so.

    Raises:
        AlreadyVoid: somebody has.
        As for `issue_receipt`, and then nothing is voided.
    """
    locked = _lock(receipt.visit)
    changed = Receipt.objects.filter(pk=receipt.pk, status=Receipt.Status.ISSUED).update(
        status=Receipt.Status.CANCELLED, voided_at=timezone.now(), void_reason=reason[:120]
    )
    if not changed:
        raise AlreadyVoid
    receipt.refresh_from_db()
    audit.turned(actor, "receipt.voided", receipt, status=("issued", receipt.status))
    return issue_receipt(actor=actor, visit=locked, replaces=receipt) if reissue else None


def _lock(visit: Visit) -> Visit:
    Visit.objects.select_for_update(no_key=True).get(pk=visit.pk)
    return selectors.visits().get(pk=visit.pk)


def _covering(visit: Visit) -> VisitReservation | None:
    """The ledger entry behind a prescribed visit; None for other sessions."""
    appointment = visit.appointment
    if not appointment.option.service.needs_prescription:
        return None
    reservation = appointment.reservation
    if reservation is None or reservation.status != VisitReservation.Status.USED:
        raise NoPrescription
    prescription = reservation.prescription
    covered = authorization.in_window(prescription, appointment.local_date)
    if prescription.status not in STANDING or not covered:
        raise NoPrescription
    return reservation


def _next_serial(year: int) -> int:
    """The next number of the year; the row lock is held to the end, so there are no gaps."""
    ReceiptCounter.objects.get_or_create(year=year)
    counter = ReceiptCounter.objects.select_for_update().get(year=year)
    counter.last += 1
    counter.save(update_fields=["last"])
    return counter.last


def _code() -> str:
    groups = ("".join(secrets.choice(ALPHABET) for _n in range(4)) for _g in range(CODE_GROUPS))
    return "-".join(groups)


def _line(receipt: Receipt, charge: Charge) -> ReceiptLine:
    return ReceiptLine(
        receipt=receipt,
        service_on=receipt.service_on,
        description=charge.description,
        minutes=charge.minutes,
        units=charge.units,
        list_cents=charge.list_cents,
        discount_cents=charge.discount_cents,
        net_cents=charge.net_cents,
        is_eligible=charge.is_eligible,
        position=charge.position,
    )
