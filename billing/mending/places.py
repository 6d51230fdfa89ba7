"""Where what a receipt lacks is put right, for those who may; the others are told who may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing import selectors
from billing.errors import BeyondOrder, Lack, NoPrescription, NoProcedure
from billing.issuing import copies, receipts, superbills
from billing.models import Kind
from clinic import access
from prescriptions import authorization
from treatment import covering

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from uuid import UUID

    from django_stubs_ext import StrOrPromise

    from billing.models import Charge, Procedure
    from billing.pricing import Line
    from clinic.access import Actor
    from clinic.models import User
    from prescriptions.models import Prescription, VisitReservation
    from treatment.models import Visit


@dataclass(frozen=True, slots=True)
class Place:
    """One thing that is missing: `url` is where to add it; without one, `who` can.

    What one press mends has `press`, the words on its button, and is posted to `url`.
    """

    lack: Lack
    url: str = ""
    who: StrOrPromise = ""
    press: StrOrPromise = ""
    ask: str = ""  # what to send to the prescriber

    @property
    def name(self) -> str:
        """As the beginning of a line."""
        label = str(self.lack.label)
        return label[:1].upper() + label[1:]


@dataclass(frozen=True, slots=True)
class Where:
    may: Callable[[Actor], bool]
    who: StrOrPromise
    page: Callable[[Visit], str]


def places(
    user: User,
    visit: Visit,
    kind: str = Kind.RECEIPT,
    procedures: Mapping[UUID, Procedure] | None = None,
) -> list[Place]:
    """What a document of a visit lacks now, and where that is put right.

    Reads only the visit (`selectors.visits`), unless something is missing; `procedures` as for
    `selectors.price`.
    """
    try:
        lines = selectors.bill(visit, procedures).lines
    except NoProcedure:
        return of(user, visit, [Lack.PROCEDURE])
    return of(user, visit, _lacking(visit, lines, kind))


def of(user: User, visit: Visit, lacks: Iterable[Lack]) -> list[Place]:
    return [_place(user, visit, lack) for lack in lacks]


def _lacking(visit: Visit, lines: Sequence[Charge | Line], kind: str) -> list[Lack]:
    found = copies.missing(copies.of_visit(visit), lines)
    try:
        reservation = receipts.covering(visit)
    except BeyondOrder:
        return [*found, Lack.SCOPE]
    except NoPrescription:
        return [*found, Lack.PRESCRIPTION]
    if kind == Kind.SUPERBILL and reservation is not None:
        copy = superbills.copy_of(visit, reservation)
        found += superbills.missing(copy, _asks(visit, reservation))
    return found


def _asks(visit: Visit, reservation: VisitReservation) -> list[str]:
    return superbills.not_valid(reservation.prescription, visit.appointment.local_date)


def _place(user: User, visit: Visit, lack: Lack) -> Place:
    where = WHERE[lack]
    if lack == Lack.PRESCRIPTION and where.may(user) and (order := covering.order_for(visit)):
        return Place(lack, reverse("treatment:cover", args=[visit.pk]), press=_press(order))
    reservation = receipts.covering(visit) if lack == Lack.VALID_CODE else None
    ask = " ".join(_asks(visit, reservation)) if reservation else ""
    if where.may(user):
        return Place(lack, where.page(visit), ask=ask)
    return Place(lack, who=where.who, ask=ask)


def _press(order: Prescription) -> StrOrPromise:
    words = _("Count it against the prescription by %(name)s (%(left)s left)")
    return words % {"name": order.prescriber_name, "left": authorization.bookable(order)}


def _client(visit: Visit) -> str:
    return reverse("client-details", args=[selectors.client_of(visit).pk])


def _clinic(visit: Visit) -> str:
    return reverse("admin:clinic_location_change", args=[visit.appointment.location_id])


def _therapist(visit: Visit) -> str:
    return reverse("diary:therapist", args=[visit.therapist_id])


def _label(visit: Visit) -> str:
    """The procedure without a label of its own, or the session that has no name."""
    lines = selectors.bill(visit).lines
    blank = next((one for one in lines if not one.description.strip()), None)
    if blank is not None and blank.procedure_id is not None:
        return reverse("billing:procedure", args=[blank.procedure_id])
    return reverse("diary:service", args=[visit.appointment.option.service_id])


def _correction(visit: Visit) -> str:
    return reverse("treatment:correct", args=[visit.pk])


def _visit(visit: Visit) -> str:
    return reverse("treatment:correct", args=[visit.pk])


def _procedures(_visit: Visit) -> str:
    return reverse("billing:procedures")


def _prescriptions(visit: Visit) -> str:
    return reverse("prescriptions:client-panel", args=[selectors.client_of(visit).pk])


MANAGER = _("a manager can add it in the clinic's settings")
DESK = _("the front desk can add it in the client's details")
REVIEWER = _("the front desk can add or approve the prescription")
TREATS = _("the therapist or a manager can correct the visit")

WHERE = {
    Lack.PATIENT: Where(access.works_at_desk, DESK, _client),
    Lack.LEGAL_NAME: Where(access.is_manager, MANAGER, _clinic),
    Lack.ADDRESS: Where(access.is_manager, MANAGER, _clinic),
    Lack.THERAPIST: Where(access.is_manager, MANAGER, _therapist),
    Lack.LICENSE: Where(access.is_manager, MANAGER, _therapist),
    Lack.DESCRIPTION: Where(access.is_manager, MANAGER, _label),
    Lack.PROCEDURE: Where(access.is_manager, MANAGER, _procedures),
    Lack.AMOUNT: Where(access.records_treatment, TREATS, _visit),
    Lack.PRESCRIPTION: Where(access.in_care_team, REVIEWER, _prescriptions),
    Lack.SCOPE: Where(access.records_treatment, TREATS, _correction),
    Lack.EIN: Where(access.is_manager, MANAGER, _clinic),
    Lack.THERAPIST_NPI: Where(access.is_manager, MANAGER, _therapist),
    Lack.BIRTH_DATE: Where(access.works_at_desk, DESK, _client),
    Lack.HOME_ADDRESS: Where(access.works_at_desk, DESK, _client),
    Lack.DIAGNOSIS: Where(access.in_care_team, REVIEWER, _prescriptions),
    Lack.VALID_CODE: Where(access.in_care_team, REVIEWER, _prescriptions),
    Lack.PRESCRIBER_NPI: Where(access.in_care_team, REVIEWER, _prescriptions),
}
