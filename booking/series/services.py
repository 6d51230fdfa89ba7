"""Writes of a whole series: all of its visits in one transaction, or none.

Lock order: prescription, therapists in order of their keys, rooms date by date in the clinic's
order, client, appointments. Every room of the place is locked on each of the dates: which visit
takes which room is decided one by one, and two series must not wait for each other's rooms.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from booking import selectors
from booking.errors import FeeNotAgreed, NotBookable, PriceChanged, SlotTaken
from booking.models import Appointment, CancelCause
from booking.series.errors import (
    NeedsPaceReason,
    NoPlan,
    NotEnoughLeft,
    OutsideDates,
    PrescriptionDue,
    SeriesTaken,
    TooManyAtOnce,
    TwoOnOneDay,
)
from booking.times import search
from booking.times.availability import seconds
from booking.visits import coverage, late_fees, minors, notices, placement, services
from booking.visits.past_order import Answer, Choice, Passed
from clinic import access
from clinic import selectors as clinic_selectors
from clinic.errors import InvalidTransition
from clinic.messaging import outbox
from clinic.models import Client, Room, ServiceOption, Therapist, User
from clinic.people import services as people
from prescriptions import authorization, ledger
from prescriptions.models import Prescription, VisitReservation
from prescriptions.reach import Short, WeekRule, measure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from clinic.models import Location

MOST = 60  # visits of one plan


@dataclass(frozen=True, slots=True)
class Wanted:
    """One time of a plan, with the therapist it was proposed with."""

    start: datetime
    therapist_id: UUID


def book(
    *,
    actor: User,
    client: Client,
    option: ServiceOption,
    wanted: Sequence[Wanted],
    token: UUID,
    prescription: Prescription | None = None,
    price_cents: int | None = None,
    past_reason: str = "",
) -> list[Appointment]:
    """Book every visit of a plan, or none. The same token twice is one series.

    `price_cents` is what the page showed for each. `past_reason`: why staff book more in a week
    than prescribed.

    Raises:
        SeriesTaken: names the times that are not available; nothing is booked.
        NotEnoughLeft, OutsideDates, PrescriptionDue: the prescription does not cover the plan.
        NeedsPaceReason: staff go past the prescribed pace without saying why.
        NoPlan, TooManyAtOnce, TwoOnOneDay, NotBookable: the plan cannot be booked.
        NeedsAdult: a minor's own login.
        PriceChanged: no one is booked at a price they did not see.
    """
    made = list(selectors.in_series(client.pk, token))
    if made:
        return made
    location = clinic_selectors.location()
    in_order = sorted(wanted, key=lambda one: one.start)
    _expect_plan(actor, client, option, in_order, location)
    if price_cents is not None and price_cents != option.price_cents:
        raise PriceChanged
    if not option.service.needs_prescription:
        prescription = None
    elif prescription is None or prescription.client_id != client.pk:
        raise PrescriptionDue
    return _book(actor, client, option, in_order, token, prescription, past_reason.strip())


@transaction.atomic
def _book(
    actor: User,
    client: Client,
    option: ServiceOption,
    wanted: Sequence[Wanted],
    token: UUID,
    prescription: Prescription | None,
    past_reason: str,
) -> list[Appointment]:
    location = clinic_selectors.location()
    order = _lock_prescription(prescription) if prescription else None
    days = [_day(one, location) for one in wanted]
    _lock_places({one.therapist_id for one in wanted}, location, days)
    people.lock(client)
    made = list(selectors.in_series(client.pk, token))
    if made:  # the same form came twice, and the first one won
        return made
    over = _over_pace(order, days) if order is not None else set()
    if over and access.works_here(actor) and not past_reason:
        raise NeedsPaceReason(sorted(over))
    if lost := _lost(actor, client, option, wanted):
        raise SeriesTaken(lost)
    by_desk = access.works_here(actor)
    source = Appointment.Source.DESK if by_desk else Appointment.Source.ONLINE
    past = Passed(Answer(Choice.ANYWAY, past_reason), {client.pk: (Short.PACE,)})
    for one, on in zip(wanted, days, strict=True):
        (visit,) = party = services.new(option, one.start)
        visit.series = token
        if order is not None:
            visit.reservation = ledger.reserve_visit(actor=actor, prescription=order, on=on)
        try:
            how: dict[str, Any] = {"source": source, "tell": False}
            how["passed"] = past if by_desk and on in over else None
            services.write(actor, party, [client], [one.therapist_id], **how)
        except SlotTaken as error:
            raise SeriesTaken([one.start]) from error
    made = list(selectors.in_series(client.pk, token))
    notices.series_booked(made, by=actor)
    return made


@transaction.atomic
def cancel(
    *,
    actor: User,
    client: Client,
    chosen: Sequence[Appointment],
    agreed: Mapping[UUID, int] | None = None,
    cause: str = CancelCause.CLIENT,
    **how: Any,
) -> list[Appointment]:
    """Cancel several visits of one client's series at once, with one message for all of them.

    `agreed` is the fee the page showed for each visit; None: staff without a page. `cause` and
    `how` (reason, waived_because) are as for `services.cancel`, and apply to all.

    Raises:
        FeeNotAgreed, FeeNotShown: a fee is no longer what the page showed; names the sum.
        InvalidTransition: one of them has begun, or was moved or canceled in the meantime.
    """
    pks = [appointment.pk for appointment in chosen]
    found = selectors.appointments().filter(pk__in=pks, client=client, series__isnull=False)
    visits = list(found.order_by("starts_at"))
    if not visits or len(visits) != len(pks) or len({visit.series for visit in visits}) > 1:
        raise InvalidTransition
    cause = cause if access.works_here(actor) else CancelCause.CLIENT
    owed = _expect_agreed(actor, visits, cause, agreed)
    coverage.lock(visits)
    days = [visit.local_date for visit in visits]
    _lock_places({visit.therapist_id for visit in visits}, visits[0].location, days)
    series = visits[0].series
    waiting = series and outbox.withdraw(about=series, kinds=[notices.SERIES])
    services.cancel(actor=actor, party=visits, cause=cause, agreed_cents=owed, **how)
    if waiting:
        notices.series_booked(list(selectors.left_of_series(client.pk, series)), by=actor)
    notices.series_cancelled(visits, by=actor)
    return visits


def _expect_agreed(
    actor: User, visits: Sequence[Appointment], cause: str, agreed: Mapping[UUID, int] | None
) -> int:
    """What canceling costs, if that is what the page said for each visit."""
    owed = {visit.pk: late_fees.for_cancelling(visit, cause=cause) for visit in visits}
    total = sum(owed.values())
    try:
        for pk, fee in owed.items():
            shown = None if agreed is None else agreed.get(pk, 0)
            late_fees.expect_agreed(actor, fee, shown)
    except FeeNotAgreed as refusal:
        raise type(refusal)(total) from None
    return total


def _expect_plan(
    actor: User,
    client: Client,
    option: ServiceOption,
    wanted: Sequence[Wanted],
    location: Location,
) -> None:
    if not (access.works_here(actor) or access.may_act_for(actor, client)):
        raise NotBookable
    if not selectors.bookable_options().filter(pk=option.pk).exists():
        raise NotBookable
    if not wanted:
        raise NoPlan
    if len(wanted) > MOST:
        raise TooManyAtOnce
    minors.expect_guarded(actor, client, _day(wanted[0], location))
    days = Counter(_day(one, location) for one in wanted)
    twice = [day for day, count in days.items() if count > 1]
    if twice:
        raise TwoOnOneDay(twice)


def _expect_covered(prescription: Prescription, days: Sequence[date]) -> None:
    outside = [day for day in days if not authorization.covers(prescription, day)]
    if outside:
        raise OutsideDates(outside)
    left = authorization.bookable(prescription)
    if left < len(days):
        raise NotEnoughLeft(left)


def _over_pace(order: Prescription, days: Sequence[date]) -> set[date]:
    """The days of a plan that make more in a week than its order says."""
    _expect_covered(order, days)
    payer = order.client.payer
    rule = payer.week_rule if payer else WeekRule.FROM_FIRST_DAY
    kept = order.reservations.exclude(status=VisitReservation.Status.RELEASED)
    visits = list(kept.values_list("visit_on", flat=True))
    over = set()
    for day in days:
        if Short.PACE in measure(order, visits, day, rule=rule).short:
            over.add(day)
        visits.append(day)
    return over


def _lock_prescription(prescription: Prescription) -> Prescription:
    rows = Prescription.objects.select_related("client__payer")
    return rows.select_for_update(no_key=True, of=("self",)).get(pk=prescription.pk)


def _lock_places(therapist_ids: Iterable[UUID], location: Location, days: Iterable[date]) -> None:
    therapists = Therapist.objects.select_for_update(no_key=True).filter(pk__in=set(therapist_ids))
    list(therapists.order_by("pk").values_list("pk", flat=True))
    rooms = Room.objects.filter(location=location, is_active=True).values_list("pk", flat=True)
    placement.lock_rooms(list(rooms), days)


def _lost(
    actor: User, client: Client, option: ServiceOption, wanted: Sequence[Wanted]
) -> list[datetime]:
    """Times that cannot be booked: not free, not offered, or the client has a visit then."""
    location = clinic_selectors.location()
    free = search.free_times(
        option=option,
        start=_day(wanted[0], location),
        end=_day(wanted[-1], location),
        location=location,
        by_desk=access.works_here(actor),
    )
    who = {opening.start: opening.therapist_ids for opening in free.openings}
    length = timedelta(minutes=option.minutes)
    last = wanted[-1].start + length
    elsewhere = list(
        Appointment.objects.taking_time(timezone.now())
        .filter(client=client, starts_at__lt=last, ends_at__gt=wanted[0].start)
        .values_list("starts_at", "ends_at")
    )
    return [
        one.start
        for one in wanted
        if one.start.microsecond
        or one.therapist_id not in who.get(seconds(one.start), ())
        or any(start < one.start + length and one.start < end for start, end in elsewhere)
    ]


def _day(one: Wanted, location: Location) -> date:
    return one.start.astimezone(location.zone).date()
