"""A couple: two appointments of one party, two therapists, one room for two. All or nothing.

Lock order: prescriptions in the order of their clients, therapists, room, clients, appointments.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from booking import covering, notices, owing, placing, selectors, services, steps
from booking.couples import pairs
from booking.errors import (
    AlreadyBooked,
    HoldLapsed,
    NoRoomForTwo,
    NotBookable,
    NotTogether,
    SamePerson,
    SlotTaken,
    TooLate,
)
from booking.models import Appointment, AppointmentStatus, CancelCause
from clinic import access, audit
from clinic import selectors as ground
from clinic.errors import InvalidTransition
from clinic.models import Client, ServiceOption, Therapist, User

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from datetime import datetime

    from django.contrib.auth.models import AnonymousUser

    Actor = User | AnonymousUser | None

Couple: TypeAlias = tuple[Appointment, Appointment]
People: TypeAlias = tuple[Client, Client]
Status = AppointmentStatus


def hold(
    *,
    actor: Actor,
    option: ServiceOption,
    start: datetime,
    therapist: Therapist | None = None,
    replaces: UUID | None = None,
    token: UUID | None = None,
    only: Sequence[UUID] | None = None,
) -> Couple:
    """Keep a time for two under one token; gives up the hold it replaces, if it gets this one.

    `token` is as for one visit. `only` are the two therapists it has to be, in that order.

    Raises:
        NotBookable: the session is not offered for two.
        SlotTaken: no two therapists, or no room for two, are free then.
    """
    if not selectors.bookable_options().filter(pk=option.pk).exists() or not pairs.suits(option):
        raise NotBookable
    minutes = selectors.policy_of(ground.location()).hold_minutes

    @transaction.atomic
    def take(who: Sequence[UUID]) -> Couple:
        until, known_by = timezone.now() + timedelta(minutes=minutes), token or uuid4()
        pair = _new(option, start)
        for held in pair:
            held.status, held.hold_token, held.held_until = Status.HELD, known_by, until
        placing.place_together(pair, therapist_ids=who, start=start, instead_of=replaces)
        return pair

    free = pairs.who_is_free(option=option, start=start, therapist=therapist, own_hold=replaces)
    if only is not None:
        free = [pk for pk in only if pk in free]
    return _try_each(free, therapist, take)


def book(
    *, actor: Actor, hold_token: UUID, clients: People, self_paying: Collection[Client] = ()
) -> Couple:
    """Turn both halves of a hold into appointments. The same hold twice is one couple.

    Who is `self_paying` gets the self-pay session of the same length, at its price.

    Raises:
        NotBookable: no such session is offered; then nobody is booked.
        SamePerson: a couple is two people.
        HoldLapsed: half of the hold is gone, or all of it.
        AlreadyBooked: one of them has a visit at that time.
    """
    if clients[0] == clients[1]:
        raise SamePerson
    try:
        return _book(actor, hold_token, clients, self_paying)
    except (HoldLapsed, AlreadyBooked):
        if (pair := made(hold_token=hold_token, clients=clients)) is None:
            raise
        return pair


def made(*, hold_token: UUID, clients: People) -> Couple | None:
    """What has become of a hold that was booked for these two."""
    visits = selectors.appointments().filter(hold_token=hold_token, client__in=clients)
    pair = list(visits.order_by("seat"))
    return (pair[0], pair[1]) if len(pair) == len(clients) else None


@transaction.atomic
def _book(
    actor: Actor, hold_token: UUID, clients: People, self_paying: Collection[Client]
) -> Couple:
    pair = pairs.held(hold_token)
    if pair is None:
        raise HoldLapsed
    both = list(zip(pair, clients, strict=True))
    in_order = sorted(both, key=lambda one: one[1].pk)
    reserved = {
        held.pk: None if client in self_paying else covering.reserve(actor, client, held)
        for held, client in in_order
    }
    placing.lock_together(pair)
    placing.expect_offered(pair)
    placing.expect_in_time(pair)
    for held, client in in_order:
        steps.expect_free(client, held, held.starts_at)
    for held, client in both:
        steps.confirm(
            held, client=client, reservation=reserved[held.pk], booked_by=_vouches(actor, client)
        )
        if client in self_paying:
            covering.switch_to_self_pay(actor, held)
    return steps.booked(actor, pair[0]), steps.booked(actor, pair[1])


def book_for_desk(
    *,
    actor: User,
    clients: People,
    option: ServiceOption,
    start: datetime,
    therapist: Therapist | None = None,
) -> Couple:
    """Book two people at once on their behalf: inside the notice, never over an overlap.

    Raises:
        SamePerson, NotBookable, SlotTaken, AlreadyBooked.
    """
    if clients[0] == clients[1]:
        raise SamePerson
    if not selectors.bookable_options().filter(pk=option.pk).exists() or not pairs.suits(option):
        raise NotBookable

    @transaction.atomic
    def take(who: Sequence[UUID]) -> Couple:
        pair = _new(option, start)
        both = list(zip(pair, clients, strict=True))
        for one, client in sorted(both, key=lambda one: one[1].pk):
            one.client, one.source, one.status = client, Appointment.Source.DESK, Status.BOOKED
            one.booked_by, one.booked_at = actor, timezone.now()
            one.reservation = covering.reserve(actor, client, one)
        placing.place_together(
            pair, therapist_ids=who, start=start, check=lambda: _expect_free(pair, start)
        )
        return steps.booked(actor, pair[0]), steps.booked(actor, pair[1])

    free = pairs.who_is_free(option=option, start=start, therapist=therapist, by_desk=True)
    return _try_each(free, therapist, take)


def reschedule(
    *,
    actor: User,
    appointment: Appointment,
    start: datetime,
    therapist: Therapist | None = None,
) -> Couple:
    """Move both visits; the old time frees only if the new one holds for both.

    Raises:
        NotTogether: the other visit was cancelled or moved by itself.
        SlotTaken: the new time cannot be had for two; nothing has changed.
        TooLate: past the hour until which clients may move them themselves.
        InvalidTransition: one has begun, is over, or somebody else moved it.
    """
    pair = _expect(appointment)
    if any(one.status != Status.BOOKED for one in pair):
        raise InvalidTransition
    if not actor.is_clinic_staff and not all(services.may_change(one) for one in pair):
        raise TooLate

    @transaction.atomic
    def take(who: Sequence[UUID]) -> Couple:
        fresh = _expect(appointment)
        if [one.sequence for one in fresh] != [one.sequence for one in pair]:
            raise InvalidTransition
        before = fresh[0].starts_at
        covered = {one.pk: covering.move(actor, one, start) for one in _by_client(fresh)}
        placing.place_together(
            fresh,
            therapist_ids=_keeping(fresh, who),
            start=start,
            check=lambda: _expect_free(fresh, start),
        )
        for one in fresh:
            if not covered[one.pk]:
                covering.untie(one)
            notices.withdraw(one)
            notices.moved(one)
            when = {"starts_at": {"before": before, "after": one.starts_at}}
            audit.record(actor, "appointment.moved", one, changes=when, together=True)
        return fresh

    free = pairs.who_is_free(
        option=appointment.option,
        start=start,
        therapist=therapist,
        by_desk=actor.is_clinic_staff,
        moving=pair,
    )
    return _try_each(free, therapist, take, prefer=[one.therapist_id for one in pair])


def fee_for_cancelling(pair: Couple) -> int:
    """Cents it costs to cancel both now."""
    return sum(owing.for_cancelling(one) for one in pair)


@transaction.atomic
def cancel(
    *,
    actor: User,
    appointment: Appointment,
    agreed_cents: int | None = None,
    cause: str = CancelCause.CLIENT,
    **how: Any,
) -> Couple:
    """Cancel both visits, or neither. To cancel one alone, cancel that one: the other stays.

    `agreed_cents` is for both; `how` is as for one visit: reason, waived_because.

    Raises:
        NotTogether, InvalidTransition, TooLate.
        FeeNotAgreed, FeeNotShown: cancelling both costs something else than was agreed to.
    """
    pair = _expect(appointment)
    if cause == CancelCause.CLIENT or not actor.is_clinic_staff:
        owing.expect_agreed(actor, fee_for_cancelling(pair), agreed_cents)
    covering.lock(_by_client(pair))
    for one in _by_client(pair):
        own = owing.for_cancelling(one)
        services.cancel(actor=actor, appointment=one, agreed_cents=own, cause=cause, **how)
    return pair


def _expect(appointment: Appointment) -> Couple:
    pair = pairs.of(appointment)
    if pair is None:
        raise NotTogether
    return pair


def _expect_free(pair: Couple, start: datetime) -> None:
    for one in _by_client(pair):
        if one.client is not None:
            steps.expect_free(one.client, one, start)


def _new(option: ServiceOption, start: datetime) -> Couple:
    pair = steps.new(option, start), steps.new(option, start)
    party = uuid4()
    for seat, appointment in enumerate(pair):
        appointment.party, appointment.seat = party, seat
    return pair


def _try_each(
    free: list[UUID],
    therapist: Therapist | None,
    take: Callable[[Sequence[UUID]], Couple],
    prefer: Sequence[UUID] = (),
) -> Couple:
    """The first two therapists whose time can be had together."""
    free = sorted(free, key=lambda pk: pk not in prefer)
    for who in combinations(free, 2):
        if therapist is not None and therapist.pk not in who:
            continue
        try:
            return take(who)
        except NoRoomForTwo:
            break
        except SlotTaken:
            continue
    raise SlotTaken


def _keeping(pair: Couple, who: Sequence[UUID]) -> list[UUID]:
    """The two therapists in the order of the two visits; whoever can keeps the one they have."""
    first, second = who
    swap = pair[0].therapist_id == second or pair[1].therapist_id == first
    return [second, first] if swap else [first, second]


def _by_client(pair: Iterable[Appointment]) -> list[Appointment]:
    return sorted(pair, key=lambda one: str(one.client_id))


def _vouches(actor: Actor, client: Client) -> User | None:
    """Whoever is signed in speaks for the people of their own login only."""
    if isinstance(actor, User) and (actor.is_clinic_staff or access.may_act_for(actor, client)):
        return actor
    return None
