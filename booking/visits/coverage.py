"""What pays for a medical session: how far prescriptions reach, and their visits tied to ours.

The ledger locks the prescription's row, so these steps come first in every transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from booking import selectors
from booking.errors import NotBookable
from booking.models import Appointment, AppointmentStatus
from booking.times import timetable
from booking.visits import placement
from clinic import access
from clinic.audit import services as audit
from clinic.errors import DomainError, InvalidTransition
from clinic.format import day as show
from clinic.models import Client, Service, User
from prescriptions import authorization, ledger
from prescriptions import reach as order_reach
from prescriptions import selectors as prescriptions
from prescriptions.models import Prescription, VisitReservation
from prescriptions.reach import Short
from prescriptions.reviewing import queue

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from clinic.access import Actor
    from clinic.models import ServiceOption
    from prescriptions.reach import Measure

# Once a visit is in the room, what pays for it is settled.
MAY_BE_TIED = [
    AppointmentStatus.BOOKED,
    AppointmentStatus.ARRIVED,
]
WAITS = timedelta(hours=2)  # past its start a visit may still wait for its prescription


def reserve(actor: Actor, client: Client, appointment: Appointment) -> VisitReservation | None:
    """A visit on the prescription that covers the date; None if the prescription is still due.

    Only for someone who may act for the client: anyone can type a name and an address.
    """
    if not appointment.needs_prescription or not _speaks_for(actor, client, appointment):
        return None
    on = appointment.local_date
    prescription = prescriptions.usable_for(client.pk, on)
    if prescription is None:
        return None
    try:
        with transaction.atomic():
            return ledger.reserve_visit(actor=_user(actor), prescription=prescription, on=on)
    except DomainError:  # someone quicker got its last visit
        return None


def claim(*, actor: User, client: Client) -> None:
    """The client's own login claims visits booked in its name by someone who was not signed in."""
    if not access.may_act_for(actor, client):
        return
    waiting = Appointment.objects.unclaimed().with_names().order_by("starts_at")
    waiting = waiting.filter(client=client, status__in=MAY_BE_TIED, starts_at__gt=timezone.now())
    for appointment in waiting:
        with transaction.atomic():
            rows = Appointment.objects.unclaimed().filter(pk=appointment.pk, client=client)
            if rows.update(booked_by=actor, updated_at=timezone.now()):
                audit.record(actor, "appointment.claimed", appointment)
        tie_prescription(appointment=appointment, actor=actor)


@transaction.atomic
def tie_prescription(*, appointment: Appointment, actor: Actor = None) -> bool:
    """Reserve a visit for a session booked before there was a prescription to cover it."""
    return _tie(appointment, actor, MAY_BE_TIED)


@transaction.atomic
def tie_finished(*, appointment: Appointment, actor: Actor) -> bool:
    """As `tie_prescription`, for a session that is over. Its visit is then to be used."""
    return _tie(appointment, actor, [AppointmentStatus.FULFILLED])


def _tie(appointment: Appointment, actor: Actor, statuses: Collection[AppointmentStatus]) -> bool:
    fresh = selectors.appointments().get(pk=appointment.pk)
    if fresh.client is None or fresh.reservation_id is not None or fresh.status not in statuses:
        return False
    reservation = reserve(actor, fresh.client, fresh)
    if reservation is None:
        return False
    changed = Appointment.objects.filter(
        pk=fresh.pk, reservation=None, status__in=statuses, starts_at=fresh.starts_at
    ).update(reservation=reservation)
    if not changed:  # tied, moved or canceled in the meantime: give the visit back
        ledger.release_visit(actor=_user(actor), reservation=reservation)
        return False
    appointment.reservation = reservation
    audit.turned(actor, "appointment.covered", fresh, reservation=(None, reservation.pk))
    return True


def mark_needed() -> int:
    """Tell the prescription queue which visit each client is waiting for.

    Recomputed from the diary each time, whatever booked, moved, canceled or covered a visit: there
    is no way of changing one that could forget to say so.
    """
    waiting = Appointment.objects.filter(
        status__in=MAY_BE_TIED,
        starts_at__gt=timezone.now() - WAITS,
        reservation=None,
        option__service__kind=Service.Kind.MEDICAL,
        client__isnull=False,
    ).select_related("location")
    soonest: dict[UUID, date] = {}
    for visit in waiting.order_by("starts_at").only("client", "starts_at", "location__timezone"):
        if visit.client_id is not None:
            soonest.setdefault(visit.client_id, visit.local_date)
    return queue.mark_needed(soonest)


def release(actor: Actor, appointment: Appointment) -> None:
    """Give a reserved visit back; one already used or given back stays as it is."""
    appointment.refresh_from_db(fields=["reservation"])
    reservation = appointment.reservation
    if reservation is not None and reservation.status == VisitReservation.Status.RESERVED:
        ledger.release_visit(actor=_user(actor), reservation=reservation)


def move(actor: Actor, appointment: Appointment, start: datetime) -> bool:
    """Move the reserved visit to a new date, or give it back: whether it is still covered."""
    if appointment.reservation is None:
        return True
    on: date = start.astimezone(appointment.location.zone).date()
    try:
        with transaction.atomic():
            ledger.move_visit(actor=_user(actor), reservation=appointment.reservation, on=on)
    except DomainError:
        ledger.release_visit(actor=_user(actor), reservation=appointment.reservation)
        return False
    return True


def lock(appointments: Iterable[Appointment]) -> None:
    """Queue for the prescriptions of several visits, before any of them is changed."""
    reserved = [one.reservation_id for one in appointments if one.reservation_id is not None]
    if reserved:
        tied = VisitReservation.objects.filter(pk__in=reserved).values("prescription")
        orders = Prescription.objects.filter(pk__in=tied).order_by("client", "pk")
        list(orders.select_for_update(no_key=True).values_list("pk", flat=True))


def untie(appointment: Appointment) -> None:
    """Its visit was given back; the next prescription that covers it may pay for it."""
    Appointment.objects.filter(pk=appointment.pk).update(reservation=None)
    appointment.reservation = None


@transaction.atomic
def switch_to_self_pay(*, actor: Actor, appointment: Appointment) -> Appointment:
    """Make a prescribed session a self-pay one of the same length, at its price.

    Raises:
        NotBookable: no such session is offered.
        InvalidTransition: the visit is in progress or over.
    """
    option = selectors.self_pay_option(appointment.option, timetable.current(appointment.location))
    if option is None:
        raise NotBookable
    release(actor, appointment)
    placement.lock([appointment])
    blocked = placement.blocked_as(appointment, option)

    def write() -> None:
        changed = Appointment.objects.filter(
            pk=appointment.pk,
            status__in=MAY_BE_TIED,
            option=appointment.option,
            starts_at=appointment.starts_at,
            reservation=appointment.reservation_id,
        ).update(
            option=option,
            price_cents=option.price_cents,
            blocked=blocked,
            reservation=None,
            updated_at=timezone.now(),
        )
        if not changed:
            raise InvalidTransition

    if placement.attempt(write) is not None:  # it would block more than is free around it
        raise NotBookable
    price = (appointment.price_cents, option.price_cents)
    appointment.blocked = blocked
    appointment.option, appointment.price_cents = option, option.price_cents
    appointment.reservation = None
    audit.turned(actor, "appointment.self_pay", appointment, price_cents=price)
    return appointment


def _speaks_for(actor: Actor, client: Client, appointment: Appointment) -> bool:
    if appointment.status != AppointmentStatus.HELD and not appointment.is_unclaimed:
        return True
    user = _user(actor)
    return user is not None and (access.works_here(user) or access.may_act_for(user, client))


def _user(actor: Actor) -> User | None:
    return actor if isinstance(actor, User) else None


class Reach(StrEnum):
    """How far the client's prescriptions reach."""

    COVERED = "covered"
    NONE = "none"  # none was ever approved
    USED_UP = "used_up"
    ENDED = "ended"
    NOT_YET = "not_yet"


@dataclass(frozen=True, slots=True)
class PrescriptionReach:
    reach: Reach
    prescription: Prescription | None = None
    measure: Measure | None = None  # of that prescription, with this visit

    @property
    def over_rate(self) -> bool:
        """Whether it is covered, and more than the prescription allows in its week."""
        return self.is_covered and self.measure is not None and Short.PACE in self.measure.short

    @property
    def is_covered(self) -> bool:
        return self.reach == Reach.COVERED

    @property
    def falls_short(self) -> bool:
        """There is a prescription, but not for this visit: the client must be told first."""
        return self.reach in {Reach.USED_UP, Reach.ENDED, Reach.NOT_YET}

    @property
    def text(self) -> str:
        """Only for the client it belongs to and for staff."""
        order = self.prescription
        if order is None or order.through_on is None or order.starts_on is None:
            return ""
        values = {
            "left": authorization.bookable(order),
            "total": order.authorized,
            "until": show(order.through_on),
            "since": show(order.starts_on),
        }
        lines = {
            Reach.COVERED: _("On the prescription: %(left)s of %(total)s left, use by %(until)s."),
            Reach.USED_UP: _(
                "All %(total)s visits on the prescription are already used or booked."
            ),
            Reach.ENDED: _("The prescription ends on %(until)s, before this visit."),
            Reach.NOT_YET: _("The prescription begins on %(since)s, after this visit."),
        }
        return lines[self.reach] % values

    @property
    def rate_text(self) -> str:
        if not self.over_rate or self.prescription is None:
            return ""
        rate = self.prescription.visits_per_week
        text = _("More than the %(rate)s a week on the prescription. You can book it anyway.")
        return text % {"rate": f"{rate.normalize():f}" if rate else ""}

    @property
    def warnings(self) -> list[str]:
        short = [self.text] if self.falls_short else []
        return [*short, self.rate_text] if self.over_rate else short


def of_all(
    client_ids: Collection[UUID], on: date, *, moving: Iterable[Appointment] = ()
) -> dict[UUID, PrescriptionReach]:
    """By client, in two queries. Visits in `moving` keep their reserved visit."""
    kept = {one.reservation_id for one in moving if one.reservation_id is not None}
    orders, entries = _orders(client_ids)
    return {client_id: _of(found, entries, kept, on) for client_id, found in orders.items()}


def on_days(client_id: UUID, days: Iterable[date]) -> dict[date, PrescriptionReach]:
    """By day, for one more visit of a client; two queries for any number of days."""
    orders, entries = _orders([client_id])
    return {on: _of(orders[client_id], entries, set(), on) for on in days}


def _orders(
    client_ids: Collection[UUID],
) -> tuple[dict[UUID, list[Prescription]], dict[UUID, list[VisitReservation]]]:
    """Each client's orders, and each order's visits."""
    orders = prescriptions.coverage(client_ids)
    known = [order.pk for found in orders.values() for order in found]
    entries: dict[UUID, list[VisitReservation]] = {}
    if known:
        rows = VisitReservation.objects.filter(prescription__in=known)
        for entry in rows.exclude(status=VisitReservation.Status.RELEASED):
            entries.setdefault(entry.prescription_id, []).append(entry)
    return orders, entries


def on_order(
    order: Prescription, on: date, *, moving: Iterable[Appointment] = ()
) -> PrescriptionReach:
    """How far one order reaches that a visit is counted on, whatever else the client has."""
    kept = {one.reservation_id for one in moving if one.reservation_id is not None}
    rows = VisitReservation.objects.filter(prescription=order)
    entries = rows.exclude(status=VisitReservation.Status.RELEASED)
    measure = _measure(order, entries, kept, on)
    which = Reach.COVERED
    if not authorization.in_window(order, on):
        which = Reach.ENDED if Short.ENDED in measure.short else Reach.NOT_YET
    return PrescriptionReach(which, order, measure)


def warnings(
    clients: Sequence[Client],
    option: ServiceOption,
    on: date,
    *,
    moving: Sequence[Appointment] = (),
    named: bool = False,
) -> list[str]:
    """What to say before a medical session is booked or moved to a date; usually nothing."""
    if option.service.kind != Service.Kind.MEDICAL or not clients:
        return []
    found = of_all([client.pk for client in clients], on, moving=moving)
    lines = [(client, line) for client in clients for line in found[client.pk].warnings]
    named = named or len(clients) > 1
    return [f"{client.first_name}: {line}" if named else line for client, line in lines]


def warnings_at(on: date | None, moving: Sequence[Appointment]) -> list[str]:
    """The same for visits that would move to a date; for two, each with the client's name."""
    medical = [one for one in moving if one.needs_prescription and one.client is not None]
    if on is None or not medical:
        return []
    clients = [one.client for one in medical if one.client is not None]
    return warnings(clients, medical[0].option, on, moving=medical, named=len(moving) > 1)


def _of(
    orders: Sequence[Prescription],
    entries: dict[UUID, list[VisitReservation]],
    kept: set[UUID],
    on: date,
) -> PrescriptionReach:
    inside = [order for order in orders if authorization.covers(order, on)]
    for order in inside:
        measure = _measure(order, entries.get(order.pk, []), kept, on)
        if Short.NO_VISIT not in measure.short:
            return PrescriptionReach(Reach.COVERED, order, measure)
    ended = [order for order in orders if order.through_on and order.through_on < on]
    if inside:
        which, order = Reach.USED_UP, inside[-1]
    elif ended:
        which, order = Reach.ENDED, ended[-1]
    elif orders:
        which, order = Reach.NOT_YET, orders[0]
    else:
        return PrescriptionReach(Reach.NONE)
    return PrescriptionReach(which, order, _measure(order, entries.get(order.pk, []), kept, on))


def _measure(
    order: Prescription, entries: Iterable[VisitReservation], kept: set[UUID], on: date
) -> Measure:
    payer = order.client.payer
    rule = payer.week_rule if payer else order_reach.WeekRule.FROM_FIRST_DAY
    others, own = [], None
    for entry in entries:
        if entry.pk in kept:
            own = entry.visit_on
        else:
            others.append(entry.visit_on)
    return order_reach.measure(order, others, on, rule=rule, moved_from=own)
