"""Writes of a whole series: all of its visits in one transaction, or none.

Lock order: prescription, therapists in order of their keys, rooms date by date in the clinic's
order, client, appointments. Every room of the place is locked on each of the dates: which visit
takes which room is found out one by one, and two series may not wait for each other's rooms.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from booking import minors, notices, owing, placing, selectors, services, steps
from booking.availability import seconds
from booking.errors import FeeNotAgreed, NotBookable, PriceChanged, SlotTaken
from booking.models import Appointment, AppointmentStatus, CancelCause
from booking.series import selectors as series_reads
from booking.series.errors import (
    NoPlan,
    NotEnoughLeft,
    OutsideDates,
    PrescriptionDue,
    SeriesTaken,
    TooManyAtOnce,
    TwoOnOneDay,
)
from clinic import access, messages, people
from clinic import selectors as ground
from clinic.errors import InvalidTransition
from clinic.models import Client, Room, ServiceOption, Therapist, User
from prescriptions import authorization, ledger
from prescriptions.models import Prescription

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
) -> list[Appointment]:
    """Book every visit of a plan, or none. The same token twice is one series.

    `price_cents` is what the page showed for each.

    Raises:
        SeriesTaken: names the times that cannot be had; nothing is booked.
        NotEnoughLeft, OutsideDates, PrescriptionDue: the prescription does not cover the plan.
        NoPlan, TooManyAtOnce, TwoOnOneDay, NotBookable: it is no plan that could be booked.
        NeedsAdult: a minor's own login.
        PriceChanged: nobody is booked at a price they did not see.
    """
    made = list(series_reads.visits(client.pk, token))
    if made:
        return made
    location = ground.location()
    in_order = sorted(wanted, key=lambda one: one.start)
    _expect_plan(actor, client, option, in_order, location)
    if price_cents is not None and price_cents != option.price_cents:
        raise PriceChanged
    if not option.service.needs_prescription:
        prescription = None
    elif prescription is None or prescription.client_id != client.pk:
        raise PrescriptionDue
    return _book(actor, client, option, in_order, token, prescription)


@transaction.atomic
def _book(
    actor: User,
    client: Client,
    option: ServiceOption,
    wanted: Sequence[Wanted],
    token: UUID,
    prescription: Prescription | None,
) -> list[Appointment]:
    location = ground.location()
    covering = _lock_prescription(prescription) if prescription else None
    days = [_day(one, location) for one in wanted]
    _lock_places({one.therapist_id for one in wanted}, location, days)
    people.lock(client)
    made = list(series_reads.visits(client.pk, token))
    if made:  # the same form came twice, and the first one was quicker
        return made
    if covering is not None:
        _expect_covered(covering, wanted, location)
    if lost := _lost(actor, client, option, wanted):
        raise SeriesTaken(lost)
    for one in wanted:
        appointment = steps.new(option, one.start)
        appointment.client, appointment.series = client, token
        appointment.status = AppointmentStatus.BOOKED
        staff = actor.is_clinic_staff
        appointment.source = Appointment.Source.DESK if staff else Appointment.Source.ONLINE
        appointment.booked_by, appointment.booked_at = actor, timezone.now()
        if covering is not None:
            on = appointment.local_date
            appointment.reservation = ledger.reserve_visit(
                actor=actor, prescription=covering, on=on
            )
        try:
            placing.place(appointment, therapist_id=one.therapist_id, start=one.start)
        except SlotTaken as error:
            raise SeriesTaken([one.start]) from error
        steps.booked(actor, appointment, tell=False)
    made = list(series_reads.visits(client.pk, token))
    notices.series_booked(made)
    return made


@transaction.atomic
def cancel(
    *,
    actor: User,
    client: Client,
    chosen: Sequence[Appointment],
    agreed: Mapping[UUID, int] | None = None,
    reason: str = "",
    cause: str = CancelCause.CLIENT,
    waived_because: str = "",
) -> list[Appointment]:
    """Cancel several visits of one client's series at once, with one message for all of them.

    `agreed` is what the page showed each visit to cost; None: staff who had no page. Cause and
    waiving are as for one visit, and hold for all.

    Raises:
        FeeNotAgreed, FeeNotShown: what one costs by now is not what the page showed; names the sum.
        InvalidTransition: one of them has begun, or was moved or cancelled meanwhile.
    """
    pks = [appointment.pk for appointment in chosen]
    found = selectors.appointments().filter(pk__in=pks, client=client, series__isnull=False)
    visits = list(found.select_related("reservation").order_by("starts_at"))
    if not visits or len(visits) != len(pks) or len({visit.series for visit in visits}) > 1:
        raise InvalidTransition
    fees = {visit.pk: owing.for_cancelling(visit) for visit in visits}
    if cause == CancelCause.CLIENT or not actor.is_clinic_staff:
        try:
            for pk, fee in fees.items():
                shown = None if agreed is None else agreed.get(pk, 0)
                owing.expect_agreed(actor, fee, shown)
        except FeeNotAgreed as refusal:
            raise type(refusal)(sum(fees.values())) from None
    covered_by = {visit.reservation.prescription_id for visit in visits if visit.reservation}
    _lock_prescriptions(covered_by)
    days = [visit.local_date for visit in visits]
    _lock_places({visit.therapist_id for visit in visits}, visits[0].location, days)
    series = visits[0].series
    waiting = series and messages.withdraw(about=series, kinds=[notices.SERIES])
    for visit in sorted(visits, key=lambda one: one.pk):
        services.cancel(
            actor=actor,
            appointment=visit,
            reason=reason,
            cause=cause,
            agreed_cents=fees[visit.pk],
            waived_because=waived_because,
        )
    if waiting:
        notices.series_booked(list(series_reads.remaining(client.pk, series)))
    notices.series_cancelled(visits)
    return visits


def _expect_plan(
    actor: User,
    client: Client,
    option: ServiceOption,
    wanted: Sequence[Wanted],
    location: Location,
) -> None:
    if not (actor.is_clinic_staff or access.may_act_for(actor, client)):
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


def _expect_covered(
    prescription: Prescription, wanted: Sequence[Wanted], location: Location
) -> None:
    days = [_day(one, location) for one in wanted]
    outside = [day for day in days if not authorization.covers(prescription, day)]
    if outside:
        raise OutsideDates(outside)
    left = authorization.bookable(prescription)
    if left < len(wanted):
        raise NotEnoughLeft(left)


def _lock_prescription(prescription: Prescription) -> Prescription:
    return Prescription.objects.select_for_update(no_key=True).get(pk=prescription.pk)


def _lock_prescriptions(pks: Iterable[UUID]) -> None:
    locked = Prescription.objects.select_for_update(no_key=True).filter(pk__in=set(pks))
    list(locked.order_by("pk").values_list("pk", flat=True))


def _lock_places(therapist_ids: Iterable[UUID], location: Location, days: Iterable[date]) -> None:
    therapists = Therapist.objects.select_for_update(no_key=True).filter(pk__in=set(therapist_ids))
    list(therapists.order_by("pk").values_list("pk", flat=True))
    rooms = Room.objects.filter(location=location, is_active=True).values_list("pk", flat=True)
    placing.lock_rooms(list(rooms), days)


def _lost(
    actor: User, client: Client, option: ServiceOption, wanted: Sequence[Wanted]
) -> list[datetime]:
    """The times that cannot be had: not free or not offered, or the client is elsewhere then."""
    location = ground.location()
    free = selectors.free_times(
        option=option,
        start=_day(wanted[0], location),
        end=_day(wanted[-1], location),
        location=location,
        by_desk=actor.is_clinic_staff,
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
