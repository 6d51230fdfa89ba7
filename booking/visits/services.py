"""Writes to the diary. Each is one transaction with its audit rows; rules the database cannot
enforce are checked here. Visits are written as a party, a list of one or more.

Lock order: prescriptions in the order of their clients, therapists, rooms, clients, appointments,
coupons.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from booking import selectors
from booking.errors import (
    AlreadyBooked,
    HoldLapsed,
    NotBookable,
    NotReady,
    SamePerson,
    TooManyAhead,
)
from booking.models import (
    TAKES_TIME,
    Appointment,
    AppointmentStatus,
    WaitlistOffer,
)
from booking.times import search, timetable, versions
from booking.visits import (
    caps,
    coverage,
    discounts,
    notices,
    parties,
    past_order,
    placement,
    readiness,
)
from booking.visits.changes import cancel as cancel
from booking.visits.changes import mark as mark
from booking.visits.changes import may_change as may_change
from booking.visits.changes import reschedule as reschedule
from booking.visits.coverage import claim as claim
from booking.visits.coverage import switch_to_self_pay as switch_to_self_pay
from booking.visits.coverage import tie_prescription as tie_prescription
from booking.visits.past_order import NONE, Answer, Passed
from booking.visits.rule_breaks import AskedTime
from clinic import access
from clinic import selectors as clinic_selectors
from clinic.audit import services as audit
from clinic.models import Client, Room, ServiceOption, Therapist, User

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from booking.models import BookingPolicy
    from booking.times.search import Asked
    from booking.times.versions import Versions
    from booking.visits.caps import Holder
    from booking.visits.parties import Party
    from clinic.access import Actor
    from prescriptions.models import VisitReservation


Status = AppointmentStatus
GRACE = timedelta(minutes=30)  # a lapsed hold keeps its row for a slow typist


def hold(
    *,
    option: ServiceOption,
    start: datetime,
    seats: int = 1,
    therapist: Therapist | None = None,
    only: Sequence[UUID] | None = None,
    replaces: UUID | None = None,
    token: UUID | None = None,
    diary: Versions | None = None,
    holder: Holder | None = None,
) -> Party:
    """Hold a time while the form is filled in; gives up the hold it replaces if it gets this one.

    `token` identifies the hold, if a form that may be sent twice already knows it. `therapist` is
    one of those who give it; with `only`, no one else does. `diary`: its versions, if just read.
    `holder`: who asks; whatever else their browser holds is given up too.

    Raises: NotBookable, SlotTaken: not offered. TooManyHeld, TooManyHeldNearby: they hold enough.
    """
    diary = diary or versions.read()
    rules = timetable.current(clinic_selectors.location(), diary.rules)
    if option.pk not in rules.options or (seats > 1 and not parties.suits(option)):
        raise NotBookable
    asked: Asked = {"therapist": therapist, "seats": seats, "own_hold": replaces}
    asked["versions"] = diary
    free = search.who_is_free(option=option, start=start, **asked)
    free = free if only is None else [pk for pk in only if pk in free]

    @transaction.atomic
    def take(who: Sequence[UUID], _broken: list[str]) -> Party:
        party, known_by = new(option, start, seats, rules.policy), token or uuid4()
        holds_more = holder is not None and caps.expect_few_held(holder, replaces)
        _mark_held(party, rules.policy.hold_minutes, known_by, holder)
        placement.place(party, therapist_ids=who, start=start, instead_of=replaces)
        if holder is not None and holds_more:
            caps.keep_one(holder, known_by)
        return party

    return placement.first_of(placement.together(free, seats, therapist), take)


def _mark_held(party: Party, minutes: int, token: UUID, holder: Holder | None) -> None:
    until = timezone.now() + timedelta(minutes=minutes)
    for one in party:
        one.status, one.hold_token, one.held_until = Status.HELD, token, until
    caps.sign(party, holder)


def book(
    *,
    actor: Actor,
    hold_token: UUID,
    clients: Sequence[Client],
    self_paying: Collection[Client] = (),
    held: Party | None = None,
    holder: Holder | None = None,
    codes: Sequence[str] = (),
) -> Party:
    """Turn a hold into appointments, one for each client. The same hold twice is booked once.

    Clients in `self_paying` get the self-pay session of the same length, at its price. `held` is
    the hold, if it was just read: only while it is still held is it booked. `holder`: who books
    online, and may do so only so often. `codes`: of their coupons, in the order of the clients.

    Raises:
        SamePerson: a couple is two people.
        HoldLapsed: the hold, or part of it, is gone; the time may still be free (`hold` again).
        AlreadyBooked: one of the clients has a visit at that time.
        NotBookable: no such self-pay session is offered.
        SlotTaken: the clinic has since closed the time, or it is now too soon.
        TooManyAhead: they have booked enough online since yesterday.
        CouponRefused: a coupon is not given, so nothing is booked.
    """
    _expect_different(clients)
    try:
        party = held or parties.held(hold_token, len(clients))
        return _book(actor, party, clients, self_paying, holder, codes)
    except (HoldLapsed, AlreadyBooked, TooManyAhead):
        # A second click, or a resent form: the first one made the appointments.
        if not (party := made(hold_token=hold_token, clients=clients)):
            raise
        return party


def made(*, hold_token: UUID | None, clients: Sequence[Client]) -> Party:
    """What a hold that was booked for these clients has become; empty if it was not."""
    if hold_token is None:
        return []
    booked = selectors.appointments().filter(hold_token=hold_token, client__in=clients)
    party = list(booked.order_by("seat"))
    return party if len(party) == len(clients) else []


@transaction.atomic
def _book(
    actor: Actor,
    party: Party,
    clients: Sequence[Client],
    self_paying: Collection[Client],
    holder: Holder | None,
    codes: Sequence[str],
) -> Party:
    if not party:
        raise HoldLapsed
    if holder is not None:
        caps.expect_few_ahead(holder)
    caps.sign(party, holder)
    seats = list(zip(party, clients, strict=True))
    in_order = sorted(seats, key=lambda one: str(one[1].pk))
    reserved = {
        held.pk: None if client in self_paying else coverage.reserve(actor, client, held)
        for held, client in in_order
    }
    placement.lock(party)
    rules = timetable.current(party[0].location)
    placement.expect_offered(party, rules)
    placement.expect_in_time(party, rules)
    is_first = {held.pk: placement.expect_free(client, held) for held, client in in_order}
    for held, client in seats:
        if client in self_paying:
            _confirm(actor, held, client)
            switch_to_self_pay(actor=actor, appointment=held)
            placement.extend(held, _extra(held) if is_first[held.pk] else 0)
        else:
            extra = _extra(held) if is_first[held.pk] else 0
            _confirm(actor, held, client, reserved[held.pk], extra)
    for held, code in zip(party, codes, strict=False):
        discounts.take(actor=actor, appointment=held, code=code)
    for held in party:
        _record(actor, held)
    return party


def book_for_desk(
    *,
    actor: User,
    clients: Sequence[Client],
    option: ServiceOption,
    start: datetime,
    therapist: Therapist | None = None,
    room: Room | None = None,
    source: str = Appointment.Source.DESK,
    reason: str = "",
    breaks: Collection[str] | None = None,
    past: Answer = NONE,
) -> Party:
    """Book for clients: outside hours and policy with a reason, never over an overlap.

    `breaks` are the codes of the rules shown when the reason was given; None: all of them. Two at
    once are booked when that is offered. Only the source LATE may be on a day that is over.

    Raises:
        NeedsReason: the time is not offered, and no reason was given for what it breaks.
        PastOrder: the prescription does not reach this far, and nobody chose what then.
        SamePerson, SlotTaken, AlreadyBooked, NotBookable, InThePast.
    """
    _expect_different(clients)
    offered = selectors.bookable_options().filter(pk=option.pk).exists()
    if not offered or (len(clients) > 1 and not parties.suits(option)):
        raise NotBookable
    sessions = past_order.sessions(clients, option, past)
    late = source == Appointment.Source.LATE
    asked = AskedTime(sessions[0], start, therapist, room, late=late)

    @transaction.atomic
    def take(who: Sequence[UUID], broken: list[str]) -> Party:
        party = _fresh(option, start, sessions)
        check = partial(placement.expect_all_free, party)
        how: dict[str, Any] = {"source": source, "outside": broken, "reason": reason, "room": room}
        how["passed"] = past_order.expect_within(clients, option, party[0].local_date, past)
        return write(actor, party, clients, who, check=check, tell=not late, **how)

    return placement.first_of(placement.choices(asked, len(clients), reason, breaks), take)


def _fresh(option: ServiceOption, start: datetime, sessions: Sequence[ServiceOption]) -> Party:
    """New visits, each of its own session at its price."""
    party = new(option, start, len(sessions))
    for one, session in zip(party, sessions, strict=True):
        one.option, one.price_cents = session, session.price_cents
    return party


def write(
    actor: User,
    party: Party,
    clients: Sequence[Client],
    therapist_ids: Sequence[UUID],
    *,
    source: str,
    outside: Sequence[str] = (),
    reason: str = "",
    passed: Passed | None = None,
    tell: bool = True,
    **place: Any,
) -> Party:
    """Write new visits for clients, in a transaction; `place` is as for `placement.place`."""
    passed = passed or Passed(NONE)
    for one, client in zip(party, clients, strict=True):
        one.client, one.source, one.status = client, source, Status.BOOKED
        one.booked_by, one.booked_at = actor, timezone.now()
        one.override_reason = passed.reason(client.pk, reason if outside else "")[:200]
    for one in parties.by_client(party):
        if one.reservation is None and one.client is not None:
            one.reservation = coverage.reserve(actor, one.client, one)
    place |= {"therapist_ids": therapist_ids, "start": party[0].starts_at}
    placement.place(party, outside=bool(outside), **place)
    for one in party:
        extra = _extra(one)
        placement.extend(one, extra if extra and _is_first(one) else 0)
        how = passed.detail(one.client_id)
        _record(actor, one, tell=tell, outside=outside, **how)
    return party


def expect_ready(appointment: Appointment) -> None:
    """Refuse to begin a visit that is not ready.

    Raises:
        NotReady: names what is missing.
    """
    if missing := readiness.of(appointment).missing:
        raise NotReady(missing)


def let_go(hold_token: UUID | None) -> None:
    """Give a held time back before it lapses."""
    placement.discard(Appointment.objects.filter(hold_token=hold_token))


def expire_holds() -> int:
    """Clear holds that lapsed a while ago; returns how many."""
    late = Appointment.objects.filter(status=Status.HELD, held_until__lte=timezone.now() - GRACE)
    # Those of the waitlist end with their offers (`waitlist.sweep`).
    late = late.exclude(
        pk__in=WaitlistOffer.objects.filter(status=WaitlistOffer.Status.OPEN).values("appointment")
    )
    with transaction.atomic():
        # Anyone who has a row locked is about to book or clear it: leave it to them.
        free = late.select_for_update(no_key=False, skip_locked=True)
        found = list(free.values_list("pk", flat=True))
        Appointment.objects.filter(pk__in=found).delete()
    return len(found)


def new(
    option: ServiceOption, start: datetime, seats: int = 1, policy: BookingPolicy | None = None
) -> Party:
    """Visits at the price and on the terms of today; the policy is read unless given."""
    location = clinic_selectors.location()
    policy = policy or timetable.current(location).policy
    party = uuid4()
    return [
        Appointment(
            option=option,
            location=location,
            starts_at=start,
            party=party,
            seat=seat,
            price_cents=option.price_cents,
            cancel_cutoff=policy.cancel_cutoff,
            late_cancel_percent=policy.late_cancel_percent,
            no_show_percent=policy.no_show_percent,
        )
        for seat in range(seats)
    ]


def _record(
    actor: Actor,
    appointment: Appointment,
    *,
    tell: bool = True,
    outside: Sequence[str] = (),
    **how: Any,
) -> None:
    """What follows every booking: the message and the record.

    `outside` are the rules that staff booked it against.
    """
    if tell:
        notices.confirmed(appointment, by=actor)
    how |= {"outside": ", ".join(outside)} if outside else {}
    audit.record(actor, "appointment.booked", appointment, **how)


def _expect_different(clients: Sequence[Client]) -> None:
    if len({client.pk for client in clients}) != len(clients):
        raise SamePerson


def _confirm(
    actor: Actor,
    held: Appointment,
    client: Client,
    reservation: VisitReservation | None = None,
    extra: int = 0,
) -> None:
    """Turn a hold into an appointment, with extra minutes after it where they are free.

    Raises:
        HoldLapsed: a second click won, or the hold was given up or cleared away.
    """
    now = timezone.now()
    changes = {
        "status": Status.BOOKED,
        "client": client,
        "reservation": reservation,
        "booked_by": _vouching(actor, client),
        "booked_at": now,
        "held_until": None,
        "held_by": held.held_by,
        "updated_at": now,
    }

    def write(**changes: Any) -> None:
        if not Appointment.objects.filter(pk=held.pk, status=Status.HELD).update(**changes):
            raise HoldLapsed

    longer = changes | {"blocked": placement.extended(held, extra)}
    if extra and placement.attempt(partial(write, **longer)) is None:
        changes = longer
    else:
        write(**changes)
    for name, value in changes.items():
        setattr(held, name, value)


def _vouching(actor: Actor, client: Client) -> User | None:
    """A signed-in user acts only for the people on their own login."""
    if isinstance(actor, User) and (access.works_here(actor) or access.may_act_for(actor, client)):
        return actor
    return None


def _extra(appointment: Appointment) -> int:
    """Minutes that a client's first visit needs after it."""
    option = appointment.option
    return option.first_visit_extra if option.service.needs_intake else 0


def _is_first(appointment: Appointment) -> bool:
    other = Appointment.objects.filter(TAKES_TIME, client=appointment.client)
    return not other.exclude(pk=appointment.pk).exists()
