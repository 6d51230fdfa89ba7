"""Good-faith estimates: given when someone who pays books ahead, or when asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.estimates import rules
from billing.issuing import copies
from billing.models import Estimate
from booking.models import Appointment, AppointmentStatus
from clinic import access
from clinic import selectors as clinic_selectors
from clinic.audit import services as audit
from clinic.messaging import links, outbox
from clinic.models import Payer
from clinic.people import services as people
from prescriptions import selectors as prescriptions

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from clinic.models import Client, ServiceOption, User
    from prescriptions.models import Prescription

MOST = 200  # at a time; the sweep comes again
Reason = Estimate.Reason
SELF_PAY = Q(client__payer=None) | Q(client__payer__kind=Payer.Kind.SELF_PAY)


def waiting() -> QuerySet[Appointment]:
    """Visits of those who pay for themselves that no estimate covers, booked far enough ahead."""
    same = Estimate.objects.filter(option=OuterRef("option"), each_cents=OuterRef("price_cents"))
    of_order = same.filter(prescription=OuterRef("reservation__prescription"))
    booked = Appointment.objects.filter(
        SELF_PAY,
        status=AppointmentStatus.BOOKED,
        starts_at__gt=timezone.now(),
        # At least; `rules` counts business days.
        booked_at__lt=F("starts_at") - timedelta(days=rules.SOON - 1),
        price_cents__gt=0,
    )
    mine = Estimate.objects.filter(appointment=OuterRef("pk"))
    rows = booked.exclude(Exists(mine)).exclude(Exists(of_order))
    return rows.select_related(
        "client", "location", "therapist", "option__service", "reservation__prescription"
    ).order_by("booked_at")


def give_waiting() -> int:
    """Give every estimate that is due; returns how many."""
    return sum(give_for(one) is not None for one in waiting()[:MOST])


@transaction.atomic
def give_for(appointment: Appointment) -> Estimate | None:
    """The estimate of a booked visit: of all visits on its order, or of itself.

    None if it is so soon that none is required, or another worker was faster.
    """
    client, booked_at = appointment.client, appointment.booked_at
    if client is None or booked_at is None:
        return None
    booked_on = booked_at.astimezone(appointment.location.zone).date()
    due = rules.due_on(booked_on, appointment.local_date)
    if due is None:
        return None
    order = appointment.reservation.prescription if appointment.reservation else None
    made = _new(client, appointment.option, order.authorized if order else 1, order)
    made.each_cents = appointment.price_cents
    made.reason, made.appointment, made.due_on = Reason.SCHEDULED, appointment, due
    made.copy |= {"therapist": copies.of_therapist(appointment.therapist)}
    made.copy |= {"first_visit": appointment.local_date.isoformat()}
    try:
        with transaction.atomic():
            _keep(None, made)
    except IntegrityError:
        return None
    _tell(made)
    return made


@transaction.atomic
def ask(
    *, actor: User, client: Client, option: ServiceOption, visits: int, form_token: UUID
) -> Estimate:
    """Give the estimate that was asked for, at once. Sent twice, it is one.

    Raises:
        PermissionDenied: neither staff who handle money nor someone who acts for the client.
    """
    access.require(actor, lambda who: access.handles_money(who) or _acts(who, client))
    if known := Estimate.objects.filter(form_token=form_token, client=client).first():
        return known
    today = clinic_selectors.clinic_today()
    order = None
    if option.service.needs_prescription:
        order = prescriptions.usable_for(client.pk, today)
    made = _new(client, option, visits, order)
    made.reason, made.form_token = Reason.REQUESTED, form_token
    made.due_on = rules.after(today, rules.SOON)
    _keep(actor, made)
    return made


def _acts(who: Any, client: Client) -> bool:
    return access.may_act_for(who, client)


def _new(
    client: Client, option: ServiceOption, visits: int, order: Prescription | None
) -> Estimate:
    place = clinic_selectors.location()
    copy = {
        "clinic": copies.of_clinic(place) | {"npi": place.npi},
        "patient": copies.of_patient(client)
        | {"born": client.birth_date.isoformat() if client.birth_date else ""},
        "service": option.service.name,
        "minutes": option.minutes,
        "diagnoses": _diagnoses(order),
        "through": order.through_on.isoformat() if order and order.through_on else "",
    }
    made = Estimate(client=client, option=option, visits=visits, prescription=order, copy=copy)
    made.each_cents = option.price_cents
    return made


def _diagnoses(order: Prescription | None) -> list[str]:
    if order is None:
        return []
    found = order.diagnoses.select_related("code").order_by("position")
    return [f"{one.code.code} {one.code.description}" for one in found]


def _keep(actor: User | None, made: Estimate) -> None:
    made.total_cents = made.visits * made.each_cents
    made.given_by = actor
    made.save(force_insert=True)
    audit.record(actor, "estimate.given", made, why=made.reason)


def _tell(made: Estimate) -> None:
    client = made.client
    outbox.queue(
        kind="estimate",
        key=f"estimate:{made.pk}",
        recipient=people.notify_address(client),
        subject=_("A document is ready in your account"),
        template="messages/billing_receipt.txt",
        context={
            "first_name": client.first_name,
            "url": links.absolute(reverse("billing:estimate", args=[made.pk])),
        },
        client=client,
        about=made.pk,
    )
