from __future__ import annotations

from typing import TYPE_CHECKING

from booking.models import FREE, Appointment, AppointmentStatus
from booking.visits import readiness
from clinic import selectors as clinic_selectors
from clinic.models import Technique, Therapist, User
from treatment import history
from treatment.models import Visit

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet

    from booking.visits.readiness import Readiness
    from clinic.access import Actor
    from treatment.history import Entry


def plain_visits() -> QuerySet[Visit]:
    """Visits with whom and what they are of."""
    return Visit.objects.select_related(
        "therapist",
        "appointment__client__payer",
        "appointment__option__service",
        "appointment__location",
    )


def visits() -> QuerySet[Visit]:
    """Visits with everything a visit page shows."""
    # Whether its note is signed, never its words.
    rows = plain_visits().defer("note__said", "note__figures")
    return rows.select_related(
        "note", "late_by", "appointment__reservation__prescription"
    ).prefetch_related("minutes__technique", "appointment__reservation__prescription__regions")


def visit_of(appointment: Appointment) -> Visit | None:
    return visits().filter(appointment=appointment).first()


def techniques_for(therapist: Therapist) -> list[Technique]:
    """This therapist's techniques; all active ones if none are listed."""
    own = list(therapist.techniques.filter(is_active=True))
    return own or list(Technique.objects.filter(is_active=True))


def techniques() -> list[Technique]:
    return list(Technique.objects.filter(is_active=True))


def techniques_of(visit: Visit) -> list[Technique]:
    """What may be recorded for a visit, and what is: a technique may be retired since."""
    offered = techniques_for(visit.therapist)
    recorded = [row.technique for row in visit.minutes.all()]
    return offered + [one for one in recorded if one not in offered]


def own_therapist(user: Actor) -> Therapist | None:
    """The therapist that a login is."""
    return Therapist.objects.filter(user=user.pk).first() if isinstance(user, User) else None


def history_of(visit: Visit | None) -> list[Entry]:
    """The corrections of a visit, newest first."""
    if visit is None:
        return []
    return history.entries(visit.corrections.select_related("by"))


def day_of(therapist: Therapist, day: date) -> list[tuple[Appointment, Readiness]]:
    """A therapist's visits on a clinic-local date, in order, each with its readiness lights."""
    rows = list(
        Appointment.objects.on(day, clinic_selectors.location().zone)
        .with_names()
        .filter(therapist=therapist)
        .exclude(status__in=[*FREE, AppointmentStatus.HELD])
        .select_related("visit__note", "reservation")
        .defer("visit__note__said", "visit__note__figures")
        .order_by("starts_at")
    )
    lights = readiness.of_all(rows)
    return [(row, lights[row.pk]) for row in rows]
