"""The superbill of one prescribed visit, for an insurer: codes, units, diagnoses, pointers.

Only what was ordered and treated stands on it. Reserved time and other extras are not billed to an
insurer; they are on the receipt. What must be on it: docs/billing.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Prefetch, prefetch_related_objects

from billing import selectors, services
from billing.errors import (
    Lack,
    NotPrescribed,
    NoUnits,
    SuperbillIncomplete,
)
from billing.issuing import copies, receipts
from billing.issuing.drafts import Amounts, Draft
from billing.models import Procedure
from clinic.models import Payer
from prescriptions.codes import icd10
from prescriptions.codes.selectors import verdict_of
from prescriptions.models import PrescribedDiagnosis

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from billing.models import BillingDocument, Charge, DocumentLine
    from prescriptions.models import Prescription, VisitReservation
    from treatment.models import Visit

VERSION = "superbill-1"
OFFICE = "11"  # place of service
LETTERS = "ABCDEFGHIJKL"  # CMS-1500 (02/12): twelve diagnoses,
MOST_POINTERS = 4  # and four of them for each line


def draft(visit: Visit, replaces: BillingDocument | None = None) -> Draft:
    """What the visit's superbill says now.

    Raises:
        NotPrescribed: a session without a prescription.
        NoPrescription: it used no visit of an order that covers its day.
        NoUnits: too short for a unit.
        SuperbillIncomplete: names what an insurer would find missing.
        NotFinished, NothingToCharge, NoProcedure: as for `services.charge_visit`.
    """
    every = services.charges_of(visit)
    charges = billed(every)
    reservation = receipts.covering(visit)
    if reservation is None:
        raise NotPrescribed
    if not charges:
        raise NoUnits
    client = selectors.client_of(visit)
    copy = copy_of(visit, reservation, replaces)
    asks = not_valid(reservation.prescription, visit.appointment.local_date)
    if lacking := [*copies.missing(copy, charges), *missing(copy, asks)]:
        raise SuperbillIncomplete(lacking, asks)
    return Draft(
        client=client,
        copy=copy,
        private=copies.of_account(client),
        lines=_lines(visit, charges, copy["diagnoses"]),
        amounts=_amounts(charges, selectors.Bill(every, list(visit.payments.all()))),
        service_on=visit.appointment.local_date,
        version=VERSION,
        visit=visit,
        needs_prescription=True,
        reservation=reservation,
    )


def billed(charges: Iterable[Charge]) -> list[Charge]:
    """Those that an insurer is billed for: treatment, and a unit of it or more.

    Units share the price, so a line without one has no part of it.
    """
    return [one for one in charges if one.is_eligible and one.units]


def _amounts(charges: Sequence[Charge], bill: selectors.Bill) -> Amounts:
    """The part of a bill that is treatment. What was paid counts for treatment first."""
    treatment = selectors.Bill(charges, [])
    net = treatment.net_cents
    paid = min(bill.paid_cents, net)
    return Amounts(treatment.list_cents, treatment.discount_cents, net, paid, net - paid)


def copy_of(
    visit: Visit, reservation: VisitReservation, replaces: BillingDocument | None = None
) -> dict[str, Any]:
    """All that it prints, but the member number, the lines, and the totals."""
    copy = copies.of_visit(visit, replaces=replaces)
    client, order = selectors.client_of(visit), reservation.prescription
    payer = client.payer
    copy["clinic"]["npi"] = visit.appointment.location.npi
    copy["patient"] |= {
        "born": client.birth_date.isoformat() if client.birth_date else "",
        "address": client.address,
    }
    copy["payer"] = payer.name if payer and payer.kind != Payer.Kind.SELF_PAY else ""
    copy["prescriber"] |= {
        "npi": order.prescriber_npi,
        "from": order.starts_on.isoformat() if order.starts_on else "",
        "through": order.through_on.isoformat() if order.through_on else "",
    }
    copy["diagnoses"] = _diagnoses(order)
    copy["place_of_service"] = OFFICE
    copy["unit_rule"] = payer.unit_rule if payer else Payer.UnitRule.CMS
    copy["started_at"] = visit.started_at.isoformat() if visit.started_at else ""
    copy["stopped_at"] = visit.stopped_at.isoformat() if visit.stopped_at else ""
    return copy


def diagnoses_of(order: str = "") -> Prefetch[str]:
    """The diagnoses of an order in their order, to read once for many; `order`: the way to it."""
    rows = PrescribedDiagnosis.objects.select_related("code").order_by("position")
    return Prefetch(f"{order}__diagnoses" if order else "diagnoses", rows)


def _diagnoses(order: Prescription) -> list[dict[str, str]]:
    prefetch_related_objects([order], diagnoses_of())  # nothing, if they are read already
    found = order.diagnoses.all()
    return [
        {"letter": letter, "code": one.code.code, "description": one.code.description}
        for letter, one in zip(LETTERS, found, strict=False)
    ]


def not_valid(order: Prescription, on: date) -> list[str]:
    """What to send to the prescriber: a sentence for each code that is not valid on that day.

    A set of codes is in force from a day to a day; an insurer refuses one of another set.
    """
    prefetch_related_objects([order], diagnoses_of())  # nothing, if they are read already
    codes = [one.code for one in order.diagnoses.all()]
    return [
        icd10.for_prescriber(verdict_of(code, on), written_on=order.issued_on, service_on=on)
        for code in codes
        if not code.is_valid_on(on)
    ]


def missing(copy: dict[str, Any], asks: Sequence[str] = ()) -> list[Lack]:
    """What an insurer would find missing, beyond what any plan does.

    `asks`: as `not_valid` says.
    """
    parts = {
        Lack.EIN: copy["clinic"]["ein"],
        Lack.THERAPIST_NPI: copy["therapist"]["npi"],
        Lack.BIRTH_DATE: copy["patient"]["born"],
        Lack.HOME_ADDRESS: copy["patient"]["address"].strip(),
        Lack.DIAGNOSIS: copy["diagnoses"],
        Lack.VALID_CODE: not asks,
        Lack.PRESCRIBER_NPI: copy["prescriber"]["npi"],
    }
    return [lack for lack, value in parts.items() if not value]


def _lines(
    visit: Visit, charges: Sequence[Charge], diagnoses: Sequence[dict[str, str]]
) -> list[DocumentLine]:
    """Each charge under its code. All diagnoses of the order are why: a therapist picks none."""
    procedures = Procedure.objects.in_bulk([one.procedure_id for one in charges])
    pointers = "".join(one["letter"] for one in diagnoses[:MOST_POINTERS])
    lines = []
    for place, charge in enumerate(charges):
        line = receipts.line(visit, charge)
        if procedure := procedures.get(charge.procedure_id):
            line.code, line.modifiers = procedure.code, procedure.modifiers
        line.pointers, line.position = pointers, place
        lines.append(line)
    return lines


def missing_modifiers(visit: Visit) -> list[str]:
    """Modifiers that the client's payer requires, and that some line's procedure does not have.

    They are never added by us: a warning for the desk.
    """
    payer = selectors.client_of(visit).payer
    required = payer.required_modifiers.replace(",", " ").split() if payer else []
    procedures = Procedure.objects.filter(charge__in=visit.charges.all()).distinct()
    return [
        one
        for one in required
        if any(one not in procedure.modifiers.split() for procedure in procedures)
    ]
