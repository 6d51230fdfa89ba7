"""A visit that was finished by mistake: the client never came, or it was the wrong one.

The entry stays (`corrections`); the visit is booked again, its prescribed visit with it. What was
issued or paid for it must be voided first: billing, a floor above, registers who says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from django.db import transaction

from booking.visits import ending
from clinic import access
from prescriptions import ledger
from treatment import corrections, sessions
from treatment.errors import NeedsReason, StandsBehind
from treatment.models import Visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from booking.models import Appointment
    from clinic.models import User

_behind: list[Callable[[Visit], str]] = []


def register(behind: Callable[[Visit], str]) -> None:
    """Register who says what must be voided before a visit is taken back; "" if nothing."""
    if behind not in _behind:
        _behind.append(behind)


def in_the_way(visit: Visit) -> str:
    """What must be voided first, in a sentence; "" if nothing."""
    return " ".join(filter(None, (behind(visit) for behind in _behind)))


@transaction.atomic
def take_back(*, actor: User, visit: Visit, reason: str) -> Appointment:
    """Undo what was recorded; the visit is booked again and uses none of its prescription's.

    Raises:
        PermissionDenied: the actor does not record treatment.
        InvalidTransition: the visit is not finished (any more).
        NeedsReason: no reason was given.
        StandsBehind: something was paid or issued for it; says what to void first.
    """
    access.require(actor, access.records_treatment)
    locked = sessions.lock(visit, Visit.Status.FINISHED)
    if not (why := reason.strip()[: sessions.LONGEST_REASON]):
        raise NeedsReason
    if text := in_the_way(locked):
        raise StandsBehind(text)
    appointment = locked.appointment
    before = sessions.figures(locked)
    if appointment.reservation is not None:
        ledger.unuse_visit(actor=actor, reservation=appointment.reservation)
    ending.reopen(actor=actor, appointment=appointment)
    locked.minutes.all().delete()
    _clear(locked)
    kind = corrections.Kind.TAKEN_BACK
    corrections.write(actor, locked, kind, before, {}, why, uuid4())
    corrections.tell(actor, locked)  # nothing is charged for it any more
    return appointment


def _clear(visit: Visit) -> None:
    """Nothing is recorded of it any more; what was is in the entry."""
    visit.status = Visit.Status.ARRIVED
    visit.started_at = visit.stopped_at = visit.finished_by = None
    visit.late_by = visit.late_at = None
    visit.late_reason = visit.late_missing = visit.times_reason = ""
    visit.regions = []
    visit.times_checked, visit.therapist = False, visit.appointment.therapist
    visit.save()
