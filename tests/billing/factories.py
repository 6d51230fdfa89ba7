"""Quick finished visits, written straight into the tables, where only the money matters."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from django.utils import timezone
from psycopg2.extras import DateTimeTZRange

from billing import services
from billing.correcting import refunds
from billing.correcting.services import Form
from billing.models import Payment
from booking.models import Appointment, AppointmentStatus
from clinic.models import ServiceOption, Technique
from clinic.web.form_page import version_of
from tests import factories
from tests.booking.factories import booked_appointment
from tests.treatment.factories import earlier_today
from treatment.models import Visit, VisitMinutes

if TYPE_CHECKING:
    from datetime import datetime

    from clinic.models import Client, User


def plain_visit(client: Client, hours_ago: int = 2) -> Visit:
    """A finished self-pay hour at $100."""
    option = ServiceOption.objects.filter(service__kind="therapeutic", minutes=60).first()
    if option is None:
        option = factories.make_services()["therapeutic"].options.get(minutes=60)
    start = earlier_today(hours_ago)
    appointment = booked_appointment(
        client, starts_at=start, option=option, status=AppointmentStatus.FULFILLED
    )
    visit = Visit.objects.create(
        appointment=appointment,
        therapist=appointment.therapist,
        status=Visit.Status.FINISHED,
        arrived_at=start,
        started_at=start,
        stopped_at=start + timedelta(minutes=58),
    )
    technique = Technique.objects.first() or factories.make_techniques()[0]
    VisitMinutes.objects.create(visit=visit, technique=technique, minutes=53)
    return visit


def plain_visits(count: int) -> list[Visit]:
    """Of as many people, one after the other."""
    return [
        plain_visit(factories.make_client(f"Client{uuid4().hex[:6]}", "Lima"), hours_ago=2 * n)
        for n in range(1, count + 1)
    ]


def moved(visit: Visit, start: datetime) -> Visit:
    """The same visit at another time."""
    start, hour = start.astimezone(UTC), timedelta(hours=1)
    Visit.objects.filter(pk=visit.pk).update(started_at=start, stopped_at=start + hour)
    rows = Appointment.objects.filter(pk=visit.appointment_id)
    blocked = DateTimeTZRange(start, start + hour)
    rows.update(starts_at=start, ends_at=start + hour, blocked=blocked)
    return visit


def paid(actor: User, visit: Visit, cents: int = 10000, method: str = "card") -> Payment:
    """A payment of a visit, taken as the desk takes it."""
    return services.take_payment(
        actor=actor, visit=visit, method=method, amount_cents=cents, form_token=uuid4()
    )


def given_back(actor: User, payment: Payment, cents: int, *, owed_again: bool) -> None:
    """A refund by the way the payment came."""
    refunds.refund(
        actor=actor,
        payment=payment,
        amount_cents=cents,
        method=payment.method,
        reason="The room was cold",
        owed_again=owed_again,
        form=form_for(payment),
    )


def form_for(payment: Payment) -> Form:
    """What a page that shows the payment now sends along with a correction."""
    return Form(uuid4(), version_of(Payment.everything.get(pk=payment.pk)))


def missed_visit(
    client: Client, cents: int = 4000, days: int = 3, status: str = "noshow"
) -> Appointment:
    """An appointment nobody came to, with its fee."""
    start = timezone.now() - timedelta(days=days)
    made = booked_appointment(client, starts_at=start, price_cents=10000)
    Appointment.objects.filter(pk=made.pk).update(status=status, fee_cents=cents)
    return Appointment.objects.with_names().get(pk=made.pk)
