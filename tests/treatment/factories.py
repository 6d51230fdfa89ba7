"""Visits for anybody's tests, made through the real services."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import time_machine
from django.utils import timezone

from billing.models import Procedure
from booking.visits import services as booking
from clinic.models import Client, Role, Service, Technique, User
from tests import factories
from tests.booking.factories import booked_appointment
from tests.intake.factories import completed_intake
from tests.prescriptions.factories import approved_prescription, reviewer
from treatment import services

if TYPE_CHECKING:
    from collections.abc import Mapping

    from booking.models import Appointment
    from treatment.models import Visit

MANUAL, STROKES = "97140", "97124"


def make_procedures() -> dict[str, Procedure]:
    """Two procedures under the clinic's own labels; every technique belongs to one."""
    techniques = list(Technique.objects.all()) or factories.make_techniques()
    made = {}
    for place, (code, label) in enumerate(
        [(MANUAL, "Hands-on manual therapy"), (STROKES, "Massage, hands-on strokes")]
    ):
        procedure, _new = Procedure.objects.get_or_create(
            code=code, defaults={"label": label, "position": place}
        )
        ours = [one for one in techniques if ("strokes" in one.name) == (code == STROKES)]
        procedure.techniques.set(ours)
        made[code] = procedure
    return made


def techniques_named(minutes: Mapping[str, int]) -> dict[Technique, int]:
    return {Technique.objects.get(name=name): count for name, count in minutes.items()}


def mid_afternoon() -> time_machine.travel:
    """Three in the afternoon of today at the clinic, and the clock runs on from there."""
    zone = ZoneInfo("America/New_York")
    today = datetime.now(zone).date()
    return time_machine.travel(datetime.combine(today, time(15), zone), tick=True)


def earlier_today(hours: int = 2) -> datetime:
    """A start that is over by now; see `mid_afternoon`."""
    return timezone.now().replace(second=0, microsecond=0) - timedelta(hours=hours)


def ready_appointment(client: Client, **fields: Any) -> Appointment:
    """Today, with all that a visit needs: a signed intake and, for a medical one, a prescription.

    `ready=False` leaves both out, `answers` are those that differ, `order` what differs in the
    prescription; other fields are those of `booked_appointment`.
    """
    ready, answers = fields.pop("ready", True), fields.pop("answers", {})
    order = fields.pop("order", {})
    fields.setdefault("starts_at", earlier_today())
    appointment = booked_appointment(client, **fields)
    if ready and appointment.option.service.needs_intake:
        completed_intake(client, **answers)
    if ready and appointment.needs_prescription:
        approved_prescription(client, **order)
        booking.tie_prescription(appointment=appointment)
        appointment.refresh_from_db()
    return appointment


def hands_of(appointment: Appointment) -> User:
    """The therapist's login."""
    therapist = appointment.therapist
    if therapist.user is None:
        email = f"{therapist.pk}@clinic.test"
        therapist.user = factories.make_user(email, Role.THERAPIST)
        therapist.save(update_fields=["user"])
    return therapist.user


def started_visit(client: Client, **fields: Any) -> Visit:
    """Checked in and on the table."""
    appointment = ready_appointment(client, **fields)
    visit = services.check_in(actor=reviewer(), appointment=appointment)
    visit = services.start(actor=hands_of(appointment), visit=visit)
    # As if it began when it was booked for.
    visit.arrived_at = visit.started_at = appointment.starts_at
    visit.save(update_fields=["arrived_at", "started_at"])
    return visit


def finished_visit(
    client: Client, minutes: Mapping[str, int] | None = None, elapsed: int = 0, **fields: Any
) -> Visit:
    """Done. By default a medical hour of 40 and 13 hands-on minutes, that is 3 and 1 units.

    `minutes` by technique name, of which `outside` lie beyond the order; `regions` that were
    treated, `elapsed` minutes from start to stop; other fields as in `ready_appointment`. A
    consultation has no minutes.
    """
    regions, outside = fields.pop("regions", None), fields.pop("outside", {})
    make_procedures()
    visit = started_visit(client, **fields)
    appointment = visit.appointment
    is_free = appointment.option.service.kind == Service.Kind.CONSULTATION
    if minutes is None:
        minutes = {} if is_free else {"Neuromuscular": 40, "Relaxation strokes": 13}
    stop = appointment.starts_at + timedelta(minutes=elapsed or appointment.option.minutes - 2)
    assert visit.started_at is not None
    return services.finish(
        actor=hands_of(appointment),
        visit=visit,
        started_at=visit.started_at,
        stopped_at=stop,
        minutes=techniques_named(minutes),
        regions=regions,
        outside=techniques_named(outside),
    )
