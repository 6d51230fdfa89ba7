"""The receipt of one visit, for an HSA or FSA: what plan administrators look for, no diagnosis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing import selectors, services
from billing.errors import BeyondOrder, NoPrescription, ReceiptIncomplete
from billing.issuing import copies
from billing.issuing.drafts import Amounts, Draft
from billing.models import DocumentLine
from prescriptions import authorization
from prescriptions.models import Prescription, VisitReservation
from treatment.regions import scope

if TYPE_CHECKING:
    from billing.models import BillingDocument, Charge
    from treatment.models import Visit

VERSION = "receipt-3"
# Approved when the visit was reserved; a newer one may have replaced it since.
VALID_STATUSES = {Prescription.Status.APPROVED, Prescription.Status.SUPERSEDED}


def draft(visit: Visit, replaces: BillingDocument | None = None) -> Draft:
    """What the visit's receipt says now.

    Raises:
        NoPrescription: prescribed massage without a used visit of a prescription that covers it.
        ReceiptIncomplete: names what a plan would find missing.
        NotFinished, NothingToCharge, NoProcedure: as for `services.charge_visit`.
    """
    charges = services.charges_of(visit)
    reservation = covering(visit)
    copy = copies.of_visit(visit, replaces=replaces)
    if missing := copies.missing(copy, charges):
        raise ReceiptIncomplete(missing)
    return Draft(
        client=selectors.client_of(visit),
        copy=copy,
        lines=[line(visit, charge) for charge in charges],
        amounts=Amounts.of([selectors.Bill(charges, list(visit.payments.all()))]),
        service_on=visit.appointment.local_date,
        version=VERSION,
        visit=visit,
        needs_prescription=visit.appointment.option.service.needs_prescription,
        reservation=reservation,
    )


def covering(visit: Visit) -> VisitReservation | None:
    """The prescription visit that a prescribed session used; None for other sessions.

    Raises:
        NoPrescription: it used none, or one of an order that does not cover its day.
        BeyondOrder: something else was treated, and its minutes are not told apart.
    """
    appointment = visit.appointment
    if not appointment.option.service.needs_prescription:
        return None
    reservation = appointment.reservation
    if reservation is None or reservation.status != VisitReservation.Status.USED:
        raise NoPrescription
    prescription = reservation.prescription
    covered = authorization.in_window(prescription, appointment.local_date)
    if prescription.status not in VALID_STATUSES or not covered:
        raise NoPrescription
    if scope.untold(visit):
        raise BeyondOrder
    return reservation


def line(visit: Visit, charge: Charge) -> DocumentLine:
    """A charge as a line; without codes."""
    return DocumentLine(
        service_on=visit.appointment.local_date,
        description=charge.description,
        minutes=charge.minutes,
        units=charge.units,
        list_cents=charge.list_cents,
        discount_cents=charge.discount_cents,
        net_cents=charge.net_cents,
        is_eligible=charge.is_eligible,
        position=charge.position,
    )
