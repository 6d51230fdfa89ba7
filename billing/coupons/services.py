"""Coupons of the clinic, and who uses them. Booking asks through `clinic.prices.coupons`.

Lock order: the visit, its appointment, and last the coupon, so that all who use one queue there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from billing import services
from billing.coupons import rules
from billing.coupons.rules import NoSuchCode, UsedUp
from billing.errors import CouponCodeTaken
from billing.models import Coupon, CouponUse
from booking.models import FREE, TAKES_TIME, Appointment, AppointmentStatus
from clinic import access
from clinic import selectors as clinic_selectors
from clinic.audit import services as audit
from clinic.errors import InvalidTransition
from clinic.prices.coupons import Discount
from treatment.models import Visit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from uuid import UUID

    from django.contrib.auth.models import AnonymousUser

    from clinic.models import ServiceOption, User

PLAIN = (
    *("code", "label", "off_cents", "first_visit_only"),
    *("valid_from", "valid_through", "max_uses", "is_active"),
)


@transaction.atomic
def save(*, actor: User, coupon: Coupon, options: Iterable[ServiceOption], **values: Any) -> None:
    """Add a coupon, or change it: what was taken off a visit already stays as it was agreed.

    Raises:
        CouponCodeTaken: another one has that code.
    """
    access.require(actor, access.is_manager)
    adding = coupon._state.adding
    before = {} if adding else audit.snapshot(coupon, PLAIN)
    for name, value in values.items():
        setattr(coupon, name, value)
    try:
        with transaction.atomic():
            coupon.save()
    except IntegrityError as error:  # the form checked, but someone was quicker
        raise CouponCodeTaken from error
    coupon.options.set(list(options))
    if adding:
        audit.record(actor, "setup.coupon_added", coupon)
    else:
        audit.changed(actor, "setup.coupon_changed", coupon, before)


def any_in_use() -> bool:
    return Coupon.objects.filter(is_active=True).exists()


def quote(code: str, option: ServiceOption, *, again: bool = False) -> Discount:
    """What a code takes off a session, no matter who comes. `again`: whether or not it is used up.

    Raises:
        CouponRefused: as in `rules.expect_good`, or it is used up.
    """
    coupon = _good(Coupon.objects.filter(code=rules.spelled(code)).first(), option)
    if not again:
        rules.next_number(_numbers(coupon), coupon.max_uses)
    off = rules.taken_off(option.price_cents, coupon.off_cents)
    return Discount(coupon.code, coupon.label, option.price_cents, off, coupon.first_visit_only)


def _good(coupon: Coupon | None, option: ServiceOption) -> Coupon:
    allowed = list(coupon.options.select_related("service")) if coupon else []
    return rules.expect_good(coupon, option, clinic_selectors.clinic_today(), allowed)


def _numbers(coupon: Coupon) -> set[int]:
    return set(coupon.uses.filter(released_at=None).values_list("number", flat=True))


@transaction.atomic
def take(*, actor: User | AnonymousUser | None, code: str, appointment_id: UUID) -> Discount:
    """Take a coupon off a visit that is booked. Twice the same is once.

    Raises:
        CouponRefused: it is not given; which one says why.
    """
    appointment = _lock(appointment_id)
    coupon = Coupon.objects.select_for_update(no_key=True).filter(code=rules.spelled(code)).first()
    if coupon is None:
        raise NoSuchCode
    known = appointment.coupon_uses.filter(released_at=None).first()
    if known is not None and known.coupon_id == coupon.pk:
        return discount_of(known, coupon, appointment)
    _good(coupon, appointment.option)
    rules.expect_for(coupon, _person(coupon, appointment, known))
    made = CouponUse(
        coupon=coupon,
        client=appointment.client,
        appointment=appointment,
        off_cents=rules.taken_off(appointment.price_cents, coupon.off_cents),
        number=rules.next_number(_numbers(coupon), coupon.max_uses),
        limit=coupon.max_uses,
        given_by=actor if access.works_here(actor) else None,
    )
    try:
        with transaction.atomic():  # savepoint: what is booked may go on without it
            made.save(force_insert=True)
    except IntegrityError as error:  # the locks queue everyone: only someone without them is here
        raise UsedUp from error
    audit.record(actor, "coupon.used", made, code=coupon.code, off_cents=made.off_cents)
    return discount_of(made, coupon, appointment)


def _lock(appointment_id: UUID) -> Appointment:
    rows = Appointment.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("client__payer", "option__service", "location").get(
        pk=appointment_id
    )


def _person(coupon: Coupon, appointment: Appointment, known: CouponUse | None) -> rules.Person:
    client = appointment.client
    if client is None:  # the constraint `appointment_has_a_client` rules it out
        raise InvalidTransition
    others = Appointment.objects.filter(TAKES_TIME, client=client, price_cents__gt=0)
    earlier = others.exclude(status=AppointmentStatus.HELD).exclude(pk=appointment.pk)
    visit = Visit.objects.filter(appointment=appointment).first()
    return rules.Person(
        payer_kind=client.payer.kind if client.payer else "",
        has_used_it=coupon.uses.filter(client=client, released_at=None).exists(),
        had_a_visit=earlier.filter(starts_at__lt=appointment.starts_at).exists(),
        has_a_discount=known is not None
        or (visit is not None and services.forgiven_cents(visit) > 0),
    )


def discount_of(use: CouponUse, coupon: Coupon, appointment: Appointment) -> Discount:
    return Discount(coupon.code, coupon.label, appointment.price_cents, use.off_cents)


def of(appointment_ids: Collection[UUID]) -> Mapping[UUID, Discount]:
    """One query."""
    uses = CouponUse.objects.counting().filter(appointment__in=appointment_ids)
    found = uses.select_related("coupon", "appointment")
    return {one.appointment_id: discount_of(one, one.coupon, one.appointment) for one in found}


@transaction.atomic
def release(*, actor: User | AnonymousUser | None, appointment_ids: Collection[UUID]) -> None:
    """Give the coupons of visits back."""
    uses = CouponUse.objects.counting().filter(appointment__in=appointment_ids)
    for use in uses.select_for_update(no_key=True, of=("self",)).select_related("coupon"):
        use.released_at = timezone.now()
        use.save(update_fields=["released_at", "updated_at"])
        audit.record(actor, "coupon.released", use, code=use.coupon.code)


@transaction.atomic
def give(*, actor: User, appointment: Appointment, code: str) -> Discount:
    """The desk gives a coupon; a visit that is charged already is charged again.

    Raises:
        InvalidTransition: the visit was canceled or missed.
        CouponRefused: as for `take`.
    """
    access.require(actor, access.handles_money)
    visit = _expect_taking_place(appointment)
    given = take(actor=actor, code=code, appointment_id=appointment.pk)
    if visit is not None:
        services.recharge(actor=actor, visit=visit)
    return given


@transaction.atomic
def take_back(*, actor: User, appointment: Appointment) -> None:
    """It was given by mistake: the visit costs its list price again.

    Raises:
        InvalidTransition: as for `give`.
    """
    access.require(actor, access.handles_money)
    visit = _expect_taking_place(appointment)
    release(actor=actor, appointment_ids=[appointment.pk])
    if visit is not None:
        services.recharge(actor=actor, visit=visit)


def _expect_taking_place(appointment: Appointment) -> Visit | None:
    """Lock the visit, if it has begun, and then its appointment."""
    visit = Visit.objects.select_for_update(no_key=True).filter(appointment=appointment).first()
    if _lock(appointment.pk).status in (*FREE, AppointmentStatus.HELD):
        raise InvalidTransition
    return visit
