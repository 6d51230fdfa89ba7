"""Reads of the diary: what is offered, and who comes when. Free times: `booking.times.search`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone

from booking.models import OPEN, Appointment, AppointmentStatus, BookingPolicy
from booking.times import timetable
from booking.times.timetable import bookable_options as bookable_options
from booking.times.timetable import therapists as therapists
from clinic import selectors as clinic_selectors
from clinic.dates import bounds, months_before
from clinic.models import Client, Location, Service, ServiceOption

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from booking.times.timetable import Timetable
    from clinic.models import User


def policy_of(location: Location) -> BookingPolicy:
    return BookingPolicy.objects.filter(location=location).first() or BookingPolicy(
        location=location
    )


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Until when a client may act on a visit; None: that moment has passed."""

    free_until: datetime | None  # to cancel
    move_until: datetime | None
    prescription_due: datetime | None


def deadlines(starts_at: datetime, policy: BookingPolicy, now: datetime) -> Deadlines:
    leads = (policy.cancel_cutoff, policy.reschedule_cutoff, policy.prescription_lead)
    moments = (starts_at - timedelta(minutes=lead) for lead in leads)
    return Deadlines(*(moment if moment >= now else None for moment in moments))


def appointments() -> QuerySet[Appointment]:
    """Everything but holds, with the names that pages show."""
    return Appointment.objects.agreed().with_names()


def treated_by(user: User) -> QuerySet[Client]:
    """Clients a therapist treats or has treated: an appointment that was not canceled, ahead or
    as far back as the clinic lets a therapist read (ADR 17).

    It is read from the diary, so it changes with every visit booked, moved or canceled.
    """
    given = Appointment.objects.agreed().filter(therapist__user=user)
    given = given.exclude(status=AppointmentStatus.CANCELLED)
    here = clinic_selectors.location_or_none()  # known to the request: no query of its own
    if here is not None and here.therapist_reads_for:
        first = months_before(timezone.localdate(timezone=here.zone), here.therapist_reads_for)
        given = given.filter(starts_at__gte=bounds(first, here.zone)[0])
    return Client.objects.filter(pk__in=given.values("client"))


def upcoming(client: Client) -> QuerySet[Appointment]:
    """A client's upcoming visits, soonest first, including one in progress."""
    return (
        appointments()
        .filter(
            client=client,
            ends_at__gt=timezone.now() - timedelta(hours=2),
            status__in=OPEN,
        )
        .order_by("starts_at")
    )


def past(client: Client) -> QuerySet[Appointment]:
    """Past visits, newest first, including canceled ones."""
    ahead = upcoming(client).values("pk")
    return appointments().filter(client=client).exclude(pk__in=ahead).order_by("-starts_at")


def in_series(client_id: UUID | None, series: UUID | None) -> QuerySet[Appointment]:
    """All visits that were booked together, in order; none when they are another client's."""
    found = appointments().filter(client=client_id, series=series, series__isnull=False)
    return found.order_by("starts_at")


def left_of_series(client_id: UUID | None, series: UUID | None) -> QuerySet[Appointment]:
    """Those of them that can still be canceled."""
    still = in_series(client_id, series)
    return still.filter(status=AppointmentStatus.BOOKED, starts_at__gt=timezone.now())


def next_visit(client: Client) -> Appointment | None:
    return upcoming(client).first()


def option(pk: UUID | str | None, rules: Timetable | None = None) -> ServiceOption | None:
    """A session that can be booked, with its service; the rules are read unless given."""
    try:
        wanted = pk if isinstance(pk, UUID) else UUID(pk or "")
    except ValueError:
        return None
    rules = rules or timetable.current(clinic_selectors.location())
    return rules.options.get(wanted)


def self_pay_option(of: ServiceOption | None, rules: Timetable) -> ServiceOption | None:
    """The same session without a prescription, where it needs one and the clinic offers that."""
    if of is None or not of.service.needs_prescription:
        return None
    same = [one for one in rules.options.values() if one.minutes == of.minutes]
    return next((one for one in same if one.service.kind == Service.Kind.THERAPEUTIC), None)
