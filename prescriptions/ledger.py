"""The visits of a prescription: reserved, used, given back. Nothing else changes its totals.

The prescription's row lock serializes concurrent writers; the CHECK constraint
`prescription_visits_not_overdrawn` guarantees it. Always (`accounts`): authorized = used +
reserved + left + expired, and the totals equal the entries (`VisitReservation`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from clinic.audit import services as audit
from clinic.errors import InvalidTransition
from prescriptions import authorization
from prescriptions.authorization import accounts
from prescriptions.errors import NotCovered, NoVisitsLeft
from prescriptions.models import Prescription, VisitReservation

if TYPE_CHECKING:
    from datetime import date

    from clinic.models import User

__all__ = [
    "accounts",
    "move_visit",
    "release_visit",
    "reserve_visit",
    "unuse_visit",
    "use_visit",
]

RESERVED, USED, RELEASED = (
    VisitReservation.Status.RESERVED,
    VisitReservation.Status.USED,
    VisitReservation.Status.RELEASED,
)


@transaction.atomic
def reserve_visit(*, actor: User | None, prescription: Prescription, on: date) -> VisitReservation:
    """Reserve one visit for a day.

    Raises:
        NotCovered: not approved, or the day is outside its dates.
        NoVisitsLeft: every visit is used or booked.
    """
    locked = _lock(prescription)
    if not authorization.covers(locked, on):
        raise NotCovered
    if authorization.bookable(locked) < 1:
        raise NoVisitsLeft
    _add(locked, reserved=1)
    reservation = VisitReservation.objects.create(prescription=locked, visit_on=on)
    audit.record(actor, "visit.reserved", reservation, client=locked.client)
    return reservation


@transaction.atomic
def release_visit(*, actor: User | None, reservation: VisitReservation) -> None:
    """Give a booked visit back: it was cancelled, missed, or switched to self-pay."""
    _move(actor, reservation, RESERVED, RELEASED, "visit.released", reserved=-1)


@transaction.atomic
def use_visit(*, actor: User | None, reservation: VisitReservation) -> None:
    """The visit took place."""
    _move(actor, reservation, RESERVED, USED, "visit.used", reserved=-1, used=1)


@transaction.atomic
def unuse_visit(*, actor: User | None, reservation: VisitReservation) -> None:
    """The record of a visit was voided: it counts as booked again; the order may reopen."""
    _move(actor, reservation, USED, RESERVED, "visit.unused", reserved=1, used=-1)


@transaction.atomic
def move_visit(*, actor: User | None, reservation: VisitReservation, on: date) -> None:
    """Move the booked visit to another day; a replaced prescription keeps its visits.

    Raises:
        NotCovered: the day is outside the prescription's dates.
        InvalidTransition: the visit was used or given back.
    """
    locked = _lock(reservation.prescription)
    if not authorization.in_window(locked, on):
        raise NotCovered
    waiting = VisitReservation.objects.filter(pk=reservation.pk, status=RESERVED)
    if not waiting.update(visit_on=on):
        raise InvalidTransition
    before, reservation.visit_on = reservation.visit_on, on
    audit.turned(actor, "visit.moved", reservation, client=locked.client, visit_on=(before, on))


def _lock(prescription: Prescription) -> Prescription:
    return (
        Prescription.objects.select_for_update(no_key=True, of=("self",))
        .select_related("client")
        .get(pk=prescription.pk)
    )


def _add(prescription: Prescription, *, reserved: int = 0, used: int = 0) -> None:
    Prescription.objects.filter(pk=prescription.pk).update(
        reserved=F("reserved") + reserved, used=F("used") + used
    )


def _move(
    actor: User | None,
    reservation: VisitReservation,
    source: VisitReservation.Status,
    target: VisitReservation.Status,
    action: str,
    *,
    reserved: int,
    used: int = 0,
) -> None:
    """Move one entry from one state to another, and update the totals.

    Raises:
        InvalidTransition: someone else has already moved it.
    """
    locked = _lock(reservation.prescription)
    entry = VisitReservation.objects.filter(pk=reservation.pk, status=source)
    if not entry.update(status=target):
        raise InvalidTransition
    _add(locked, reserved=reserved, used=used)
    reservation.status = target
    audit.turned(actor, action, reservation, client=locked.client, status=(source, target))
