"""What a front desk puts right in a month: a wrong button, money given back, cash counted."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid5

from billing.closing import services as closing
from billing.correcting import refunds
from billing.correcting import services as correcting
from billing.coupons import services as coupons
from billing.issuing import services as issuing
from billing.issuing.statements import Span
from billing.models import BillingDocument, Drawer, Kind, Method, Payment
from booking.models import Appointment, AppointmentStatus
from clinic.models import Client
from clinic.prices.coupons import CouponRefused
from clinic.web.form_page import version_of
from demo.moments import at
from demo.people import LOGIN
from demo.places import COUPON, FIRST_MINUTES

if TYPE_CHECKING:
    from datetime import datetime

    from demo.places import Clinic

FLOAT = 20000  # cents in the drawer in the morning


def put_right(clinic: Clinic, now: datetime) -> None:
    with at(now):
        wrong_button(clinic)
        given_back(clinic)
        for_the_insurer(clinic, now)
        newcomer(clinic, now)
    close_yesterday(clinic, now)


def wrong_button(clinic: Clinic) -> None:
    """A card payment was keyed as cash; the receipt is issued again."""
    payment = Payment.objects.filter(method=Method.CASH, visit__isnull=False).last()
    if payment is not None and payment.visit is not None:
        correcting.change_method(
            actor=clinic.desk,
            payment=payment,
            method=Method.CARD,
            reference="4417",
            reason="Wrong button pressed",
            form=form_for(payment),
        )
        issuing.bring_up_to_date(actor=clinic.desk, visit=payment.visit)


def given_back(clinic: Clinic) -> None:
    """A session began late, and was made cheaper: back to the card it was paid with."""
    payment = Payment.objects.filter(method=Method.HSA, visit__isnull=False).last()
    if payment is not None and payment.visit is not None:
        refunds.refund(
            actor=clinic.desk,
            payment=payment,
            amount_cents=payment.amount_cents // 4,
            method=Method.HSA,
            reference=payment.reference,
            reason="Session began 15 minutes late",
            owed_again=False,
            form=form_for(payment),
        )
        issuing.bring_up_to_date(actor=clinic.desk, visit=payment.visit)


def for_the_insurer(clinic: Clinic, now: datetime) -> None:
    """The client of the tour has one of each document."""
    client = Client.objects.get(user__email=LOGIN)
    receipts = BillingDocument.objects.filter(client=client, kind=Kind.RECEIPT, status="issued")
    covered = receipts.filter(needs_prescription=True).exclude(visit__therapist__npi="")
    newest = covered.order_by("service_on").last()
    if newest is not None and newest.visit is not None:
        issuing.issue(Kind.SUPERBILL, actor=clinic.desk, visit=newest.visit)
    if receipts:
        today = now.astimezone(clinic.location.zone).date()
        span = Span(client, today.replace(month=1, day=1), today)
        for kind in (Kind.STATEMENT, Kind.PACKET):
            issuing.issue_range(kind, actor=clinic.desk, span=span)


def newcomer(clinic: Clinic, now: datetime) -> None:
    """One of those who come for the first time has typed the new clients' code."""
    ahead = Appointment.objects.filter(
        status=AppointmentStatus.BOOKED,
        starts_at__gt=now,
        option__minutes=FIRST_MINUTES,
        client__payer=None,
    )
    for appointment in ahead.order_by("starts_at"):
        with suppress(CouponRefused):
            coupons.give(actor=clinic.desk, appointment=appointment, code=COUPON)
            return


def close_yesterday(clinic: Clinic, now: datetime) -> None:
    drawer = Drawer.objects.of(clinic.location)
    yesterday = now.astimezone(clinic.location.zone).date() - timedelta(days=1)
    expected = FLOAT + sum(
        payment.amount_cents
        for payment in drawer.payments.filter(voided_at=None)
        if payment.paid_at.astimezone(clinic.location.zone).date() == yesterday
    )
    with at(now):
        closing.close(
            actor=clinic.desk,
            drawer=drawer,
            day=yesterday,
            opening_cents=FLOAT,
            counted_cents=expected - 100,
            reason="A dollar too much in change",
            form_token=uuid5(drawer.pk, str(yesterday)),
        )


def form_for(payment: Payment) -> correcting.Form:
    now = Payment.objects.get(pk=payment.pk)
    return correcting.Form(uuid5(now.pk, "demo"), version_of(now))
