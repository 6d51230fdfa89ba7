from __future__ import annotations

from typing import TYPE_CHECKING

from booking import readiness
from booking.models import FREE, Appointment, AppointmentStatus
from clinic import selectors as ground
from clinic.models import Technique
from treatment.models import Visit

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet

    from booking.readiness import Readiness
    from clinic.models import Therapist


def visits() -> QuerySet[Visit]:
    """Visits with all that a page about one says."""
    return Visit.objects.select_related(
        "therapist",
        "appointment__client",
        "appointment__option__service",
        "appointment__location",
        "appointment__reservation__prescription",
    ).prefetch_related("minutes__technique")


def visit_of(appointment: Appointment) -> Visit | None:
    return visits().filter(appointment=appointment).first()


def techniques_for(therapist: Therapist) -> list[Technique]:
    """What this therapist does; everything in use when nothing is said of them."""
    own = list(therapist.techniques.filter(is_active=True))
    return own or list(Technique.objects.filter(is_active=True))


def day_of(therapist: Therapist, day: date) -> list[tuple[Appointment, Readiness]]:
    """A therapist's visits of a clinic-local date, in order, each with its lights."""
    rows = list(
        Appointment.objects.on(day, ground.location().zone)
        .with_names()
        .filter(therapist=therapist)
        .exclude(status__in=[*FREE, AppointmentStatus.HELD])
        .select_related("visit")
        .order_by("starts_at")
    )
    lights = readiness.of_all(rows)
    return [(row, lights[row.pk]) for row in rows]
