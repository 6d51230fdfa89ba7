"""Moves, cancellations, and what happened to a visit: each is one transaction with its audit rows.

Lock order: as in `services`, which gives these to their callers too.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from booking import selectors
from booking.errors import FeePaid, NotTogether, SlotTaken, TooLate, TooSoonForNoShow
from booking.models import TRANSITIONS, Appointment, AppointmentStatus, CancelCause
from booking.visits import (
    coverage,
    discounts,
    fees,
    late_fees,
    notices,
    parties,
    past_order,
    placement,
)
from booking.visits.past_order import NONE, Answer, Passed
from booking.visits.rule_breaks import AskedTime
from clinic import access
from clinic.audit import services as audit
from clinic.celery import enqueue
from clinic.errors import InvalidTransition

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from booking.visits.parties import Party
    from clinic.access import Actor
    from clinic.models import Room, Therapist

Status = AppointmentStatus
WAITLIST = "booking.offer_freed"  # freed time is offered to those waiting for it


def reschedule(
    *,
    actor: Actor,
    party: Party,
    start: datetime,
    therapist: Therapist | None = None,
    room: Room | None = None,
    reason: str = "",
    breaks: Collection[str] | None = None,
    past: Answer | None = None,
    by_link: bool = False,
) -> Party:
    """Move visits; the old time frees only if the new one holds for all. Staff: `book_for_desk`.

    `past`: what staff chose if the prescription does not reach that far; None: it was not asked, as
    for a client, who is told.

    Raises:
        SlotTaken: the new time is not available; nothing has changed.
        NeedsReason, PastOrder, InThePast: as for `book_for_desk`.
        TooLate: past the hour until which clients may move it themselves.
        NotTogether: the other visit of a couple was canceled or moved on its own.
        InvalidTransition: one has begun, is over, or someone else moved it.
    """
    if any(one.status != Status.BOOKED for one in party):
        raise InvalidTransition
    by_desk = access.works_here(actor)
    if not by_desk and not all(may_change(one) for one in party):
        raise TooLate
    asked = AskedTime(party[0].option, start, therapist, room, moving=party)
    choices = placement.choices(asked, len(party), reason, breaks, by_desk=by_desk)
    answer = (past or NONE) if by_desk else None
    return placement.first_of(choices, partial(_move, actor, asked, reason, by_link, answer))


@transaction.atomic
def _move(
    actor: Actor,
    asked: AskedTime,
    reason: str,
    by_link: bool,  # noqa: FBT001 - given by `partial`
    answer: Answer | None,
    who: Sequence[UUID],
    broken: list[str],
) -> Party:
    party = _unchanged(asked.moving)
    passed = _expect_within(party, asked, answer)
    before, start = party[0].starts_at, asked.start
    covered = {one.pk: coverage.move(actor, one, start) for one in parties.by_client(party)}
    check, outside = partial(placement.expect_all_free, party), bool(broken)
    placement.place(
        party, therapist_ids=who, start=start, room=asked.room, check=check, outside=outside
    )
    how: dict[str, Any] = {"by": "link"} if by_link else {}
    how |= {"outside": ", ".join(broken)} if broken else {}
    how |= {"together": True} if len(party) > 1 else {}
    for one in party:
        if not covered[one.pk]:
            coverage.untie(one)
        if str(one.client_id) in passed.answer.self_paying:
            coverage.switch_to_self_pay(actor=actor, appointment=one)
        _note_override(one, passed.reason(one.client_id, reason if broken else ""))
        notices.withdraw(one, by=actor)
        notices.moved(one, by=actor)
        when = {"starts_at": {"before": before, "after": one.starts_at}}
        audit.record(
            actor, "appointment.moved", one, changes=when, **how, **passed.detail(one.client_id)
        )
    enqueue(WAITLIST)
    return party


@transaction.atomic
def cancel(
    *,
    actor: Actor,
    party: Party,
    reason: str = "",
    cause: str = CancelCause.CLIENT,
    agreed_cents: int | None = None,
    waived_because: str = "",
    by_link: bool = False,
) -> Party:
    """Free the time, give visits back to their prescriptions and tell the clients: all or none.

    A user who is not staff is the client, and agrees to the fee. Staff give the cause: only the
    client's own change of mind costs money, and they may waive that with a reason; `agreed_cents`
    is the fee that their page showed for all, None if no page did.

    Raises:
        InvalidTransition: one has begun, is over, or was already moved or canceled.
        NotTogether: the other visit of a couple was canceled or moved on its own.
        TooLate: its time has come; only staff may say what happened.
        FeeNotAgreed: canceling costs a different amount than was agreed to.
        FeeNotShown: or a different amount than the desk was shown.
    """
    if not access.works_here(actor):
        cause, waived_because = CancelCause.CLIENT, ""
        _expect_ahead(party)
    _expect_together(party)
    owed = {one.pk: late_fees.for_cancelling(one, cause=cause) for one in party}
    late_fees.expect_agreed(actor, sum(owed.values()), agreed_cents)
    if len(party) > 1:
        coverage.lock(party)
    for one in parties.by_client(party):
        before = one.status
        how: dict[str, Any] = {"by": "link"} if by_link else {}
        how["changes"] = {"status": {"before": before, "after": Status.CANCELLED}}
        how |= {"cause": cause, "fee_cents": owed[one.pk]}
        _cancel(actor, one, owed[one.pk], waived_because, cause=cause, reason=reason)
        audit.record(actor, "appointment.cancelled", one, **how)
    enqueue(WAITLIST)
    return party


def _cancel(
    actor: Actor, appointment: Appointment, fee: int, waived: str, *, cause: str, reason: str
) -> None:
    coverage.release(actor, appointment)
    now = timezone.now()
    _change(
        appointment,
        Status.CANCELLED,
        where={"sequence": appointment.sequence, "status": appointment.status},
        cancelled_at=now,
        cancel_cause=cause,
        cancel_reason=reason[:120],
        fee_cents=fee,
        fee_waived_at=now if fee and waived else None,
        fee_waived_reason=waived[:120] if fee else "",
        sequence=F("sequence") + 1,
    )
    discounts.release(actor, appointment)
    notices.withdraw(appointment, by=actor)
    notices.cancelled(appointment, by=actor)


@transaction.atomic
def mark(*, actor: Actor, appointment: Appointment, status: str) -> Appointment:
    """Record what happened to a visit; a no-show gives its prescribed visit back and costs a fee.

    Raises:
        InvalidTransition: its current status does not allow that.
        TooSoonForNoShow: the client may still come.
        SlotTaken: a no-show cannot be undone because its time went to someone else.
        AlreadyBooked: or its client has another visit at that time.
        FeePaid: nor can one whose fee is paid.
    """
    before = appointment.status
    changes: dict[str, Any] = {}
    where: dict[str, Any] = {"status": before}
    if status == Status.NO_SHOW:
        if appointment.no_show_from > timezone.now():
            raise TooSoonForNoShow(appointment.no_show_from)
        coverage.release(actor, appointment)
        changes["fee_cents"] = late_fees.for_missing(appointment)
        notices.withdraw(appointment, by=actor)
    if appointment.status == Status.NO_SHOW:
        appointment.refresh_from_db(fields=["fee_paid_at"])
        if appointment.fee_paid_at is not None:
            raise FeePaid
        changes |= {"reservation": None, "fee_cents": 0}
        changes |= {"fee_waived_at": None, "fee_waived_reason": ""}
        where["fee_paid_at"] = None
        placement.lock([appointment])
        placement.expect_all_free([appointment])
    clash = placement.attempt(lambda: _change(appointment, status, where=where, **changes))
    if clash is not None:
        raise SlotTaken
    audit.turned(actor, f"appointment.{status}", appointment, status=(before, status))
    return appointment


def _expect_within(party: Party, asked: AskedTime, answer: Answer | None) -> Passed:
    """At the desk no visit moves past its prescription silently."""
    tied = [one for one in party if one.reservation_id is not None]
    if answer is None or not tied:
        return Passed(answer or NONE)
    clients = [one.client for one in tied if one.client is not None]
    on = asked.start.astimezone(party[0].location.zone).date()
    return past_order.expect_within(clients, tied[0].option, on, answer, moving=tied)


def may_change(appointment: Appointment) -> bool:
    """Whether the client may still move it; exactly at the cut-off, yes."""
    cutoff = selectors.policy_of(appointment.location).reschedule_cutoff
    return not fees.is_late(appointment.starts_at, timezone.now(), cutoff)


def _expect_together(party: Sequence[Appointment]) -> None:
    """Refuse what is meant for a couple that is none any more."""
    if len(party) == 1 or len({one.party for one in party}) > 1:
        return
    if {one.pk for one in parties.of(party[0])} != {one.pk for one in party}:
        raise NotTogether


def _expect_ahead(party: Party) -> None:
    if any(one.starts_at <= timezone.now() for one in party):
        raise TooLate


def _unchanged(party: Sequence[Appointment]) -> Party:
    """The same visits as they are now."""
    _expect_together(party)
    found = {one.pk: one for one in selectors.appointments().filter(pk__in=[p.pk for p in party])}
    fresh = [found[one.pk] for one in party if one.pk in found]
    now = [(one.status, one.sequence) for one in fresh]
    if now != [(Status.BOOKED, one.sequence) for one in party]:
        raise InvalidTransition
    return fresh


def _note_override(appointment: Appointment, reason: str) -> None:
    """Store why it is at this time; an offered time needs no explanation."""
    if appointment.override_reason != reason[:200]:
        appointment.override_reason = reason[:200]
        appointment.save(update_fields=["override_reason"])


def _change(
    appointment: Appointment, status: str, *, where: dict[str, Any] | None = None, **changes: Any
) -> None:
    """Move to a status from where that is allowed, in one conditional UPDATE.

    The reservation must still be the one we saw: it may be tied at this moment.
    """
    allowed = [before for before, after in TRANSITIONS.items() if status in after]
    changed = Appointment.objects.filter(
        pk=appointment.pk,
        status__in=allowed,
        reservation=appointment.reservation_id,
        **(where or {}),
    ).update(status=status, updated_at=timezone.now(), **changes)
    if not changed:
        raise InvalidTransition
    appointment.refresh_from_db(fields=["status", "updated_at", *changes])
