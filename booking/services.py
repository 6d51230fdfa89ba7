"""Writes to the diary. Each is one transaction with its audit row; rules that the database cannot
hold are checked here. Lock order: prescription, therapist, room, client, appointment.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from booking import covering, notices, placing, readiness, selectors, steps
from booking.errors import AlreadyBooked, HoldLapsed, NotBookable, NotReady, SlotTaken, TooLate
from booking.models import TRANSITIONS, Appointment, AppointmentStatus
from clinic import audit
from clinic import selectors as ground
from clinic.errors import InvalidTransition
from clinic.models import Client, ServiceOption, Therapist, User

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import AnonymousUser

    Actor = User | AnonymousUser | None

Status = AppointmentStatus
GRACE = timedelta(minutes=30)  # a lapsed hold keeps its row for an owner who types slowly


def hold(
    *,
    actor: Actor,
    option: ServiceOption,
    start: datetime,
    therapist: Therapist | None = None,
    replaces: UUID | None = None,
) -> Appointment:
    """Keep a time while the form is filled in; gives up the hold it replaces, if it gets this one.

    Raises:
        NotBookable: the session is not offered.
        SlotTaken: the time is not free, or not one that is offered at all.
    """
    if not selectors.bookable_options().filter(pk=option.pk).exists():
        raise NotBookable
    minutes = selectors.policy_of(ground.location()).hold_minutes

    @transaction.atomic
    def take(therapist_id: UUID) -> Appointment:
        held = steps.new(option, start)
        held.status, held.hold_token = Status.HELD, uuid4()
        held.held_until = timezone.now() + timedelta(minutes=minutes)
        return placing.place(held, therapist_id=therapist_id, start=start, instead_of=replaces)

    choices = selectors.who_is_free(
        option=option, start=start, therapist=therapist, own_hold=replaces
    )
    return steps.try_each(choices, take)


def book(*, actor: Actor, hold_token: UUID, client: Client) -> Appointment:
    """Turn a hold into an appointment. The same hold twice is one appointment.

    Raises:
        HoldLapsed: the hold is gone; the time may still be free (`hold` again).
        AlreadyBooked: the client has a visit at that time.
    """
    try:
        return _book(actor, hold_token, client)
    except (HoldLapsed, AlreadyBooked):
        # A second click, or a resent form: the first one made the appointment.
        made = selectors.appointments().filter(hold_token=hold_token, client=client).first()
        if made is None:
            raise
        return made


@transaction.atomic
def _book(actor: Actor, hold_token: UUID, client: Client) -> Appointment:
    known = selectors.hold_of(hold_token)
    if known is None:
        raise HoldLapsed
    reservation = covering.reserve(actor, client, known)
    placing.lock(known)
    steps.expect_free(client, known, known.starts_at)
    changed = Appointment.objects.filter(pk=known.pk, status=Status.HELD).update(
        status=Status.BOOKED,
        client=client,
        reservation=reservation,
        booked_by=actor if isinstance(actor, User) else None,
        booked_at=timezone.now(),
        held_until=None,
        updated_at=timezone.now(),
    )
    if not changed:  # a second click won, or the hold was given up
        raise HoldLapsed
    return steps.booked(actor, known.pk)


def book_for_desk(
    *,
    actor: User,
    client: Client,
    option: ServiceOption,
    start: datetime,
    therapist: Therapist | None = None,
    source: str = Appointment.Source.DESK,
) -> Appointment:
    """Book on somebody's behalf: inside the notice, never over an overlap.

    Raises:
        SlotTaken, AlreadyBooked, NotBookable.
    """
    if not selectors.bookable_options().filter(pk=option.pk).exists():
        raise NotBookable

    @transaction.atomic
    def take(therapist_id: UUID) -> Appointment:
        appointment = steps.new(option, start)
        appointment.client, appointment.source = client, source
        appointment.status = Status.BOOKED
        appointment.booked_by, appointment.booked_at = actor, timezone.now()
        appointment.reservation = covering.reserve(actor, client, appointment)
        placing.place(appointment, therapist_id=therapist_id, start=start)
        steps.expect_free(client, appointment, start)
        return steps.booked(actor, appointment.pk)

    choices = selectors.who_is_free(option=option, start=start, therapist=therapist, by_desk=True)
    return steps.try_each(choices, take)


@transaction.atomic
def cancel(*, actor: Actor, appointment: Appointment, reason: str = "") -> Appointment:
    """Free the time, give the visit back to the prescription and tell the client.

    Raises:
        InvalidTransition: it has begun, is over, or was cancelled already.
        TooLate: its time has come; only staff may say what became of it.
    """
    if not _is_staff(actor) and appointment.starts_at <= timezone.now():
        raise TooLate
    covering.release(actor, appointment)
    _change(
        appointment,
        Status.CANCELLED,
        cancelled_at=timezone.now(),
        cancel_reason=reason[:120],
        sequence=F("sequence") + 1,
    )
    notices.withdraw(appointment)
    notices.cancelled(appointment)
    audit.record(actor, "appointment.cancelled", appointment)
    return appointment


def reschedule(
    *,
    actor: User,
    appointment: Appointment,
    start: datetime,
    therapist: Therapist | None = None,
) -> Appointment:
    """Move a visit; the old time frees only if the new one holds.

    Raises:
        SlotTaken: the new time cannot be had; nothing has changed.
        TooLate: past the hour until which clients may move it themselves.
        InvalidTransition: it has begun, is over, or somebody else moved it.
    """
    if appointment.status != Status.BOOKED:
        raise InvalidTransition
    if not actor.is_clinic_staff and not may_change(appointment):
        raise TooLate

    @transaction.atomic
    def take(therapist_id: UUID) -> Appointment:
        before = appointment.starts_at
        fresh = selectors.appointments().get(pk=appointment.pk)
        if fresh.status != Status.BOOKED or fresh.sequence != appointment.sequence:
            raise InvalidTransition
        still_covered = covering.move(actor, fresh, start)
        placing.place(fresh, therapist_id=therapist_id, start=start)
        if fresh.client is not None:
            steps.expect_free(fresh.client, fresh, start)
        if not still_covered:
            covering.untie(fresh)
        notices.withdraw(fresh)
        notices.moved(fresh)
        audit.record(actor, "appointment.moved", fresh, before=before.isoformat())
        return fresh

    choices = selectors.who_is_free(
        option=appointment.option,
        start=start,
        therapist=therapist,
        by_desk=actor.is_clinic_staff,
        moving=appointment,
    )
    return steps.try_each(choices, take)


@transaction.atomic
def mark(*, actor: Actor, appointment: Appointment, status: str) -> Appointment:
    """Write what has become of a visit; a missed one gives its prescribed visit back.

    Raises:
        InvalidTransition: it is not in a state from which that can be.
        SlotTaken: a missed visit cannot be taken back, its time is given to somebody else.
    """
    changes: dict[str, Any] = {}
    if status == Status.NO_SHOW:
        if appointment.starts_at > timezone.now():  # nobody is missing yet
            raise InvalidTransition
        covering.release(actor, appointment)
        notices.withdraw(appointment)
    if appointment.status == Status.NO_SHOW:
        changes["reservation"] = None
        placing.lock(appointment)
    clash = placing.attempt(lambda: _change(appointment, status, **changes))
    if clash is not None:
        raise SlotTaken
    audit.record(actor, f"appointment.{status}", appointment)
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
    """Whether the client may still move it, or cancel it free of charge (exactly 24 h is free)."""
    cutoff = selectors.policy_of(appointment.location).cancel_cutoff
    return timezone.now() <= appointment.starts_at - timedelta(minutes=cutoff)


def let_go(hold_token: UUID | None) -> None:
    """Give a held time back before it lapses."""
    Appointment.objects.filter(hold_token=hold_token, status=Status.HELD).delete()


def expire_holds() -> int:
    """Clear away holds that lapsed a while ago; returns how many."""
    late = Appointment.objects.filter(status=Status.HELD, held_until__lte=timezone.now() - GRACE)
    with transaction.atomic():
        # Who holds a row now is about to book it or to clear it away: leave it to them.
        free = late.select_for_update(no_key=False, skip_locked=True)
        found = list(free.values_list("pk", flat=True))
        Appointment.objects.filter(pk__in=found).delete()
    return len(found)


def _is_staff(actor: Actor) -> bool:
    return isinstance(actor, User) and actor.is_clinic_staff


def _change(appointment: Appointment, status: str, **changes: Any) -> None:
    """Move to a status from where that is allowed, in one conditional UPDATE.

    The reservation must still be the one we saw: it may be tied at this very moment.
    """
    allowed = [before for before, after in TRANSITIONS.items() if status in after]
    changed = Appointment.objects.filter(
        pk=appointment.pk, status__in=allowed, reservation=appointment.reservation_id
    ).update(status=status, updated_at=timezone.now(), **changes)
    if not changed:
        raise InvalidTransition
    appointment.refresh_from_db(fields=["status", "updated_at", *changes])
