"""Putting right what was recorded of a finished visit. Each change is an entry beside the old one.

What hangs on the figures (charges, documents) is a floor above: billing registers a function that
is called in the same transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from booking.visits import ending
from clinic import access
from clinic.audit import services as audit
from treatment import sessions
from treatment.errors import NeedsReason, NothingChanged
from treatment.models import Visit, VisitCorrection

if TYPE_CHECKING:
    from clinic.models import User
    from treatment.sessions import Session

Kind = VisitCorrection.Kind
ACTIONS = {
    Kind.CORRECTED: "visit.corrected",
    Kind.TAKEN_BACK: "visit.taken_back",
    Kind.RECORDED: "visit.recorded",
}


class After(Protocol):
    def __call__(self, *, actor: User, visit: Visit) -> object: ...


_after: list[After] = []


def register(after: After) -> None:
    """Register what follows when the figures of a visit change, in the same transaction.

    It is called as `after(actor=..., visit=...)`, the visit locked and as it is now: corrected, or
    taken back (without times or minutes), or recorded again after that.
    """
    if after not in _after:
        _after.append(after)


def tell(actor: User, visit: Visit) -> None:
    for after in _after:
        after(actor=actor, visit=visit)


def known(visit: Visit, form_token: UUID) -> bool:
    """Whether this form was saved already."""
    return VisitCorrection.objects.filter(visit=visit, form_token=form_token).exists()


@transaction.atomic
def correct(
    *, actor: User, visit: Visit, session: Session, reason: str, form_token: UUID
) -> VisitCorrection:
    """Replace times and minutes of a finished visit, with a reason. The same form twice is one.

    Raises:
        PermissionDenied: the actor does not record treatment.
        InvalidTransition: the visit is not finished (any more).
        NeedsReason: no reason was given.
        NothingChanged: nothing is different.
        As for `sessions.write`.
    """
    access.require(actor, access.records_treatment)
    locked = sessions.lock(visit, Visit.Status.FINISHED)
    if entry := locked.corrections.filter(form_token=form_token).first():
        return entry
    if not (why := reason.strip()[: sessions.LONGEST_REASON]):
        raise NeedsReason
    before = sessions.figures(locked)
    sessions.write(actor, locked, session, corrects=True)
    after = sessions.figures(locked)
    if before == after:
        raise NothingChanged
    ending.fit(actor=actor, appointment=locked.appointment, stopped_at=locked.stopped_at)
    entry = write(actor, locked, Kind.CORRECTED, before, after, why, form_token)
    tell(actor, locked)
    return entry


def note_recorded_again(actor: User, visit: Visit) -> None:
    """A visit that was taken back is recorded after all: the chain of its entries goes on."""
    last = visit.corrections.order_by("-number").first()
    if last is not None and last.kind == Kind.TAKEN_BACK:
        why = visit.late_reason or visit.times_reason
        write(actor, visit, Kind.RECORDED, last.after, sessions.figures(visit), why, uuid4())
        tell(actor, visit)


def write(
    actor: User,
    visit: Visit,
    kind: Kind,
    before: dict[str, Any],
    after: dict[str, Any],
    reason: str,
    form_token: UUID,
) -> VisitCorrection:
    """One more entry of a locked visit, and its audit row with both sides."""
    last = visit.corrections.order_by("-number").values_list("number", flat=True).first()
    sessions.act_as(actor)
    entry = VisitCorrection.objects.create(
        visit=visit,
        number=(last or 0) + 1,
        kind=kind,
        by=actor,
        at=timezone.now(),
        reason=reason,
        before=before,
        after=after,
        form_token=form_token,
    )
    sides = {name: (before.get(name), after.get(name)) for name in {**before, **after}}
    # The log says that the treated area changed, not which it is.
    changed = {
        name: pair for name, pair in sides.items() if pair[0] != pair[1] and name != "regions"
    }
    client = visit.appointment.client
    audit.turned(actor, ACTIONS[kind], visit, client=client, **changed)
    return entry
