"""Quick finished visits, written straight into the tables, where only the money matters."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from booking.models import AppointmentStatus
from clinic.models import ServiceOption, Technique
from tests import factories
from tests.booking.factories import booked_appointment
from tests.treatment.factories import earlier_today
from treatment.models import Visit, VisitMinutes

if TYPE_CHECKING:
    from clinic.models import Client


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
