"""The thread from a prescription to an appointment: reserve, move and give back its visits.

The ledger locks the prescription's row, so these steps come first in every transaction.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from booking import placing, selectors
from booking.errors import NotBookable
from booking.models import Appointment, AppointmentStatus
from booking.outlook import warnings, warnings_at
from clinic import access, audit
from clinic.errors import DomainError, InvalidTransition
from clinic.models import Client, Service, User
from prescriptions import ledger, queue
from prescriptions import selectors as prescriptions
from prescriptions.models import Prescription, VisitReservation

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime
    from uuid import UUID

    from django.contrib.auth.models import AnonymousUser

    Actor = User | AnonymousUser | None

__all__ = [
    "claim",
    "lock",
    "mark_needed",
    "move",
    "release",
    "reserve",
    "switch_to_self_pay",
    "tie",
    "warnings",
    "warnings_at",
]

# Once a visit is in the room, what pays for it is settled.
MAY_BE_TIED = [
    AppointmentStatus.BOOKED,
    AppointmentStatus.ARRIVED,
]
WAITS = timedelta(hours=2)  # past its start a visit may still wait for its prescription


def reserve(actor: Actor, client: Client, appointment: Appointment) -> VisitReservation | None:
    """A visit of the prescription that covers the date; None: the prescription is still due.

    Only for who may speak for the client: anybody can type a name and an address.
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
    except DomainError:  # its last visit went to somebody quicker
        return None


def claim(actor: User, client: Client) -> None:
    """The client's own login takes on the visits booked in its name by who was not signed in."""
    if not access.may_act_for(actor, client):
        return
    waiting = Appointment.objects.unclaimed().with_names().order_by("starts_at")
    waiting = waiting.filter(client=client, status__in=MAY_BE_TIED, starts_at__gt=timezone.now())
    for appointment in waiting:
        with transaction.atomic():
            rows = Appointment.objects.unclaimed().filter(pk=appointment.pk, client=client)
            if rows.update(booked_by=actor, updated_at=timezone.now()):
                audit.record(actor, "appointment.claimed", appointment)
        tie(actor, appointment)


@transaction.atomic
def tie(actor: Actor, appointment: Appointment) -> bool:
    """Reserve a visit for a session booked before there was a prescription to cover it."""
    fresh = selectors.appointments().get(pk=appointment.pk)
    if fresh.client is None or fresh.reservation_id is not None or fresh.status not in MAY_BE_TIED:
        return False
    reservation = reserve(actor, fresh.client, fresh)
    if reservation is None:
        return False
    changed = Appointment.objects.filter(
        pk=fresh.pk, reservation=None, status__in=MAY_BE_TIED, starts_at=fresh.starts_at
    ).update(reservation=reservation)
    if not changed:  # tied, moved or cancelled meanwhile: give the visit back
        ledger.release_visit(actor=_user(actor), reservation=reservation)
        return False
    appointment.reservation = reservation
    audit.turned(actor, "appointment.covered", fresh, reservation=(None, reservation.pk))
    return True


def mark_needed() -> int:
    """Tell the queue of prescriptions which visit each client has waiting.

    All anew from the diary, whatever booked, moved, cancelled or covered a visit meanwhile: there
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
    """Give a reserved visit back; one that was used or given back already stays as it is."""
    appointment.refresh_from_db(fields=["reservation"])
    reservation = appointment.reservation
    if reservation is not None and reservation.status == VisitReservation.Status.RESERVED:
        ledger.release_visit(actor=_user(actor), reservation=reservation)


def move(actor: Actor, appointment: Appointment, start: datetime) -> bool:
    """Take the reserved visit along to a new date, or give it back: whether it is still covered."""
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
    """Queue for the prescriptions of several visits, in the order given, before any is changed."""
    for appointment in appointments:
        if appointment.reservation is not None:
            Prescription.objects.select_for_update(no_key=True).get(
                pk=appointment.reservation.prescription_id
            )


def untie(appointment: Appointment) -> None:
    """Its visit was given back; the next prescription that covers it may be tied to it."""
    Appointment.objects.filter(pk=appointment.pk).update(reservation=None)
    appointment.reservation = None


@transaction.atomic
def switch_to_self_pay(actor: Actor, appointment: Appointment) -> Appointment:
    option = (
        selectors.bookable_options()
        .filter(service__kind=Service.Kind.THERAPEUTIC, minutes=appointment.option.minutes)
        .first()
    )
    if option is None or not appointment.needs_prescription:
        raise NotBookable
    release(actor, appointment)
    placing.lock(appointment)
    blocked = placing.blocked_as(appointment, option)

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

    if placing.attempt(write) is not None:  # it would block more than is free around it
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
    return user is not None and (user.is_clinic_staff or access.may_act_for(user, client))


def _user(actor: Actor) -> User | None:
    return actor if isinstance(actor, User) else None
