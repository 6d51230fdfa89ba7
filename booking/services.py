"""Writes to the diary. Each is one transaction with its audit row; rules that the database cannot
hold are checked here. Lock order: prescription, therapist, room, client, appointment.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from booking import (
    covering,
    fees,
    notices,
    outside,
    owing,
    placing,
    readiness,
    selectors,
    steps,
    timetable,
    versions,
)
from booking.errors import (
    AlreadyBooked,
    FeePaid,
    HoldLapsed,
    NotBookable,
    NotReady,
    SlotTaken,
    TooLate,
)
from booking.models import TRANSITIONS, Appointment, AppointmentStatus, CancelCause, WaitlistOffer
from clinic import audit
from clinic import selectors as ground
from clinic.celery import enqueue
from clinic.errors import InvalidTransition
from clinic.models import Client, Room, ServiceOption, Therapist, User

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.contrib.auth.models import AnonymousUser

    Actor = User | AnonymousUser | None

Status = AppointmentStatus
WAITLIST = "booking.offer_freed"  # what came free is offered to who waits for it
GRACE = timedelta(minutes=30)  # a lapsed hold keeps its row for an owner who types slowly


def hold(
    *,
    actor: Actor,
    option: ServiceOption,
    start: datetime,
    therapist: Therapist | None = None,
    replaces: UUID | None = None,
    token: UUID | None = None,
) -> Appointment:
    """Keep a time while the form is filled in; gives up the hold it replaces, if it gets this one.

    `token` is what it shall be known by, where a form that may be sent twice knows it already.

    Raises:
        NotBookable: the session is not offered.
        SlotTaken: the time is not free, or not one that is offered at all.
    """
    stand = versions.read()
    rules = timetable.current(ground.location(), stand.rules)
    if option.pk not in rules.options:
        raise NotBookable
    minutes = rules.policy.hold_minutes

    @transaction.atomic
    def take(therapist_id: UUID) -> Appointment:
        held = steps.new(option, start, rules.policy)
        held.status, held.hold_token = Status.HELD, token or uuid4()
        held.held_until = timezone.now() + timedelta(minutes=minutes)
        return placing.place(held, therapist_id=therapist_id, start=start, instead_of=replaces)

    choices = selectors.who_is_free(
        option=option, start=start, therapist=therapist, own_hold=replaces, versions=stand
    )
    return steps.try_each(choices, take)


def book(*, actor: Actor, hold_token: UUID, client: Client) -> Appointment:
    """Turn a hold into an appointment. The same hold twice is one appointment.

    Raises:
        HoldLapsed: the hold is gone; the time may still be free (`hold` again).
        AlreadyBooked: the client has a visit at that time.
        SlotTaken: the clinic has closed the time since, or it is too near by now.
    """
    try:
        return _book(actor, hold_token, client)
    except (HoldLapsed, AlreadyBooked):
        # A second click, or a resent form: the first one made the appointment.
        if (visit := made(hold_token=hold_token, client=client)) is None:
            raise
        return visit


def made(*, hold_token: UUID, client: Client) -> Appointment | None:
    """What has become of a hold that was booked for this client."""
    return selectors.appointments().filter(hold_token=hold_token, client=client).first()


@transaction.atomic
def _book(actor: Actor, hold_token: UUID, client: Client) -> Appointment:
    known = selectors.hold_of(hold_token)
    if known is None:
        raise HoldLapsed
    reservation = covering.reserve(actor, client, known)
    placing.lock(known)
    placing.expect_offered([known])
    placing.expect_in_time([known])
    steps.expect_free(client, known, known.starts_at)
    booker = actor if isinstance(actor, User) else None
    steps.confirm(known, client=client, reservation=reservation, booked_by=booker)
    return steps.booked(actor, known)


def book_for_desk(
    *,
    actor: User,
    client: Client,
    option: ServiceOption,
    start: datetime,
    therapist: Therapist | None = None,
    room: Room | None = None,
    source: str = Appointment.Source.DESK,
    reason: str = "",
    breaks: Collection[str] | None = None,
) -> Appointment:
    """Book on somebody's behalf: with a reason outside hours and policy, never over an overlap.

    `breaks` are the codes of the rules that whoever gave the reason was shown; None: all of them.

    Raises:
        NeedsReason: the time is not offered, and no reason was given for what it breaks.
        SlotTaken, AlreadyBooked, NotBookable, InThePast.
    """
    if not selectors.bookable_options().filter(pk=option.pk).exists():
        raise NotBookable
    wish = outside.Wish(
        option, start, therapist, room, walk_in=source == Appointment.Source.WALK_IN
    )
    choices = outside.choices(wish, reason=reason, breaks=breaks)

    @transaction.atomic
    def take(therapist_id: UUID) -> Appointment:
        appointment = steps.new(option, start)
        appointment.client, appointment.source = client, source
        appointment.status = Status.BOOKED
        appointment.booked_by, appointment.booked_at = actor, timezone.now()
        appointment.override_reason = reason[:200] if choices[therapist_id] else ""
        appointment.reservation = covering.reserve(actor, client, appointment)
        check = partial(steps.expect_free, client, appointment, start)
        placing.place(
            appointment,
            therapist_id=therapist_id,
            start=start,
            room=room,
            check=check,
            outside=bool(choices[therapist_id]),
        )
        return steps.booked(actor, appointment, outside=choices[therapist_id])

    return steps.try_each(list(choices), take)


@transaction.atomic
def cancel(
    *,
    actor: Actor,
    appointment: Appointment,
    reason: str = "",
    cause: str = CancelCause.CLIENT,
    agreed_cents: int | None = None,
    waived_because: str = "",
    by_link: bool = False,
) -> Appointment:
    """Free the time, give the visit back to the prescription and tell the client.

    Whoever is not staff is the client, and agrees to the fee. Staff say whose doing it is: only
    the client's own change of mind costs something, and that they may waive with a reason. For
    them `agreed_cents` is the fee that their page showed; None: no page did.

    Raises:
        InvalidTransition: it has begun, is over, or was moved or cancelled already.
        TooLate: its time has come; only staff may say what became of it.
        FeeNotAgreed: cancelling costs something else than was agreed to.
        FeeNotShown: or than the desk was shown.
    """
    staff = _is_staff(actor)
    if not staff:
        cause, waived_because = CancelCause.CLIENT, ""
        if appointment.starts_at <= timezone.now():
            raise TooLate
    fee = owing.for_cancelling(appointment) if cause == CancelCause.CLIENT else 0
    owing.expect_agreed(actor, fee, agreed_cents)
    waived = bool(fee and waived_because)
    covering.release(actor, appointment)
    before = appointment.status
    _change(
        appointment,
        Status.CANCELLED,
        where={"sequence": appointment.sequence, "status": before},
        cancelled_at=timezone.now(),
        cancel_cause=cause,
        cancel_reason=reason[:120],
        fee_cents=fee,
        fee_waived_at=timezone.now() if waived else None,
        fee_waived_reason=waived_because[:120] if waived else "",
        sequence=F("sequence") + 1,
    )
    notices.withdraw(appointment)
    notices.cancelled(appointment)
    how: dict[str, Any] = {"by": "link"} if by_link else {}
    how |= {"changes": {"status": {"before": before, "after": Status.CANCELLED}}}
    audit.record(actor, "appointment.cancelled", appointment, cause=cause, fee_cents=fee, **how)
    enqueue(WAITLIST)
    return appointment


def reschedule(
    *,
    actor: Actor,
    appointment: Appointment,
    start: datetime,
    therapist: Therapist | None = None,
    room: Room | None = None,
    reason: str = "",
    breaks: Collection[str] | None = None,
    by_link: bool = False,
) -> Appointment:
    """Move a visit; the old time frees only if the new one holds. Staff: see `book_for_desk`.

    Raises:
        SlotTaken: the new time cannot be had; nothing has changed.
        NeedsReason, InThePast: as for `book_for_desk`.
        TooLate: past the hour until which clients may move it themselves.
        InvalidTransition: it has begun, is over, or somebody else moved it.
    """
    if appointment.status != Status.BOOKED:
        raise InvalidTransition
    option = appointment.option
    choices: dict[UUID, list[str]]
    if _is_staff(actor):
        wish = outside.Wish(option, start, therapist, room, moving=appointment)
        choices = outside.choices(wish, reason=reason, breaks=breaks)
    elif may_change(appointment):
        free = selectors.who_is_free(
            option=option, start=start, therapist=therapist, moving=appointment
        )
        choices = {pk: [] for pk in free}
    else:
        raise TooLate

    @transaction.atomic
    def take(therapist_id: UUID) -> Appointment:
        before = appointment.starts_at
        fresh = selectors.appointments().get(pk=appointment.pk)
        if fresh.status != Status.BOOKED or fresh.sequence != appointment.sequence:
            raise InvalidTransition
        still_covered = covering.move(actor, fresh, start)
        check = partial(steps.expect_free, fresh.client, fresh, start) if fresh.client else None
        placing.place(
            fresh,
            therapist_id=therapist_id,
            start=start,
            room=room,
            check=check,
            outside=bool(choices[therapist_id]),
        )
        if not still_covered:
            covering.untie(fresh)
        steps.note_override(fresh, reason if choices[therapist_id] else "")
        notices.withdraw(fresh)
        notices.moved(fresh)
        how: dict[str, Any] = {"by": "link"} if by_link else {}
        if choices[therapist_id]:
            how["outside"] = ", ".join(choices[therapist_id])
        when = {"starts_at": {"before": before, "after": fresh.starts_at}}
        audit.record(actor, "appointment.moved", fresh, changes=when, **how)
        enqueue(WAITLIST)
        return fresh

    return steps.try_each(list(choices), take)


@transaction.atomic
def mark(*, actor: Actor, appointment: Appointment, status: str) -> Appointment:
    """Write what has become of a visit; a missed one gives its prescribed visit back, and costs.

    Raises:
        InvalidTransition: it is not in a state from which that can be.
        SlotTaken: a missed visit cannot be taken back, its time is given to somebody else.
        AlreadyBooked: or its client has another visit at that time.
        FeePaid: nor can one whose fee is paid.
    """
    before = appointment.status
    changes: dict[str, Any] = {}
    where: dict[str, Any] = {"status": before}
    if status == Status.NO_SHOW:
        if appointment.starts_at > timezone.now():  # nobody is missing yet
            raise InvalidTransition
        covering.release(actor, appointment)
        changes["fee_cents"] = owing.for_missing(appointment)
        notices.withdraw(appointment)
    if appointment.status == Status.NO_SHOW:
        appointment.refresh_from_db(fields=["fee_paid_at"])
        if appointment.fee_paid_at is not None:
            raise FeePaid
        changes |= {"reservation": None, "fee_cents": 0}
        changes |= {"fee_waived_at": None, "fee_waived_reason": ""}
        where["fee_paid_at"] = None
        placing.lock(appointment)
        if appointment.client is not None:
            steps.expect_free(appointment.client, appointment, appointment.starts_at)
    clash = placing.attempt(lambda: _change(appointment, status, where=where, **changes))
    if clash is not None:
        raise SlotTaken
    audit.turned(actor, f"appointment.{status}", appointment, status=(before, status))
    return appointment


def claim(*, actor: User, client: Client) -> None:
    """Its owner has signed in: visits booked in their name are theirs, and may be covered."""
    covering.claim(actor, client)


def tie_prescription(*, appointment: Appointment, actor: Actor = None) -> bool:
    """Reserve a visit of the client's approved prescription for a booked medical session."""
    return covering.tie(actor, appointment)


def switch_to_self_pay(*, actor: User, appointment: Appointment) -> Appointment:
    """Make a prescribed session a self-pay one of the same length, at its price.

    Raises:
        NotBookable: no such session is offered.
        InvalidTransition: the visit is in progress or over.
    """
    return covering.switch_to_self_pay(actor, appointment)


def expect_ready(appointment: Appointment) -> None:
    """Refuse to begin a visit that something is missing for.

    Raises:
        NotReady: names what is missing.
    """
    state = readiness.of(appointment)
    if state.missing:
        raise NotReady(state.missing)


def may_change(appointment: Appointment) -> bool:
    """Whether the client may still move it; exactly at the cut-off, yes."""
    cutoff = selectors.policy_of(appointment.location).reschedule_cutoff
    return not fees.is_late(appointment.starts_at, timezone.now(), cutoff)


def let_go(hold_token: UUID | None) -> None:
    """Give a held time back before it lapses."""
    placing.discard(Appointment.objects.filter(hold_token=hold_token))


def expire_holds() -> int:
    """Clear away holds that lapsed a while ago; returns how many."""
    late = Appointment.objects.filter(status=Status.HELD, held_until__lte=timezone.now() - GRACE)
    # Those of the waitlist end with their offers (`waitlist.sweep`).
    late = late.exclude(pk__in=WaitlistOffer.objects.filter(status="open").values("appointment"))
    with transaction.atomic():
        # Who holds a row now is about to book it or to clear it away: leave it to them.
        free = late.select_for_update(no_key=False, skip_locked=True)
        found = list(free.values_list("pk", flat=True))
        Appointment.objects.filter(pk__in=found).delete()
    return len(found)


def _is_staff(actor: Actor) -> bool:
    return isinstance(actor, User) and actor.is_clinic_staff


def _change(
    appointment: Appointment, status: str, *, where: dict[str, Any] | None = None, **changes: Any
) -> None:
    """Move to a status from where that is allowed, in one conditional UPDATE.

    The reservation must still be the one we saw: it may be tied at this very moment.
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
