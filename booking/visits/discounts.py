"""Coupons of visits as booking sees them: taken when booked, given back when canceled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic import access
from clinic.audit import services as audit
from clinic.prices import coupons
from clinic.prices.coupons import CouponRefused

if TYPE_CHECKING:
    from booking.models import Appointment
    from clinic.access import Actor


def take(*, actor: Actor, appointment: Appointment, code: str) -> None:
    """Take a coupon off a visit that was just booked, in the same transaction.

    Who only typed a client's name must not learn from the answer whether that client was here
    before: then what the coupon asks of the client is not said, and the visit is booked without it.

    Raises:
        CouponRefused: it is not given; with the seat it was for.
    """
    if not code:
        return
    try:
        coupons.take(actor=actor, code=code, appointment_id=appointment.pk)
    except CouponRefused as refusal:
        if refusal.is_personal and not may_know(actor, appointment):
            audit.record(actor, "coupon.not_given", appointment, why=refusal.code)
            return
        refusal.seat = appointment.seat
        raise


def may_know(actor: Actor, appointment: Appointment) -> bool:
    client = appointment.client
    return client is not None and (access.works_here(actor) or access.may_act_for(actor, client))


def release(actor: Actor, appointment: Appointment) -> None:
    """The visit does not take place."""
    coupons.release(actor=actor, appointment_ids=[appointment.pk])
