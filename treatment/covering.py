"""A prescription that came in after the session: the finished visit is counted against it.

Only if the order covers the day of the session, as for any other visit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from booking.visits import coverage
from clinic import access
from prescriptions import ledger
from prescriptions import selectors as prescriptions
from treatment import sessions
from treatment.errors import NoOrderYet
from treatment.models import Visit

if TYPE_CHECKING:
    from clinic.models import User
    from prescriptions.models import Prescription


def order_for(visit: Visit) -> Prescription | None:
    """The approved order with visits left that covers a finished visit without one."""
    appointment = visit.appointment
    if not _waits(visit) or appointment.client_id is None:
        return None
    return prescriptions.usable_for(appointment.client_id, appointment.local_date)


@transaction.atomic
def count(*, actor: User, visit: Visit) -> None:
    """Use a visit of the order for it. Of one that has its order already, nothing.

    Raises:
        PermissionDenied: the actor neither treats nor works at the front desk.
        InvalidTransition: the visit is not finished.
        NoOrderYet: no approved order with visits left covers its day.
    """
    access.require(actor, access.in_care_team)
    locked = sessions.lock(visit, Visit.Status.FINISHED)
    if not _waits(locked):
        return
    if not coverage.tie_finished(actor=actor, appointment=locked.appointment):
        raise NoOrderYet
    reservation = locked.appointment.reservation
    if reservation is not None:
        ledger.use_visit(actor=actor, reservation=reservation)


def _waits(visit: Visit) -> bool:
    appointment = visit.appointment
    needs = appointment.option.service.needs_prescription
    return needs and visit.status == Visit.Status.FINISHED and appointment.reservation_id is None
