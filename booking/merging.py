"""What this app says about its rows when two records are merged: `clinic.people.merging`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking.models import TAKES_TIME, Appointment, AppointmentStatus, WaitlistEntry
from clinic.errors import DomainError
from clinic.format import when
from clinic.people.merging.registry import Dependent, Fact, MergeRules

if TYPE_CHECKING:
    from clinic.models import Client
    from clinic.people.merging.changes import Changes

HERE = (AppointmentStatus.ARRIVED, AppointmentStatus.CHECKED_IN)
Waits = WaitlistEntry.Status


class BothHere(DomainError):
    message = gettext_lazy(
        "Both are here for a visit right now. Merge the records when it is over."
    )


class AtTwoPlaces(DomainError):
    message = gettext_lazy(
        "Both have a visit at the same time. If they are the same person,"
        " cancel or move one of them first."
    )


def facts(client: Client) -> list[Fact]:
    agreed = client.appointments.agreed()
    ahead = agreed.filter(starts_at__gt=timezone.now(), status=AppointmentStatus.BOOKED)
    coming = ahead.order_by("starts_at").first()
    return [
        Fact(_("Visits, including canceled ones"), str(agreed.count())),
        Fact(_("Next visit"), when(coming.starts_at) if coming else ""),
    ]


def objection(one: Client, other: Client) -> DomainError | None:
    now = timezone.now()
    if all(client.appointments.filter(status__in=HERE).exists() for client in (one, other)):
        return BothHere()
    there = Appointment.objects.filter(
        TAKES_TIME,
        client=other,
        starts_at__lt=OuterRef("ends_at"),
        ends_at__gt=OuterRef("starts_at"),
    )
    ahead = one.appointments.taking_time(now).filter(ends_at__gt=now)
    return AtTwoPlaces() if ahead.filter(Exists(there)).exists() else None


def prepare(kept: Client, merged: Client, changes: Changes) -> None:
    """A client who waits twice for the same thing keeps the better place in line."""
    waiting = kept.waitlist.filter(status=Waits.WAITING)
    first = {entry.option_id: entry for entry in waiting}
    for entry in merged.waitlist.filter(status=Waits.WAITING, option__in=first):
        twin = first[entry.option_id]
        later = max(entry, twin, key=lambda one: one.created_at)
        changes.make(later, status=Waits.WITHDRAWN)


RULES = MergeRules(
    facts=facts,
    objection=objection,
    prepare=prepare,
    # A visit is never separated from the prescription it counts on.
    dependents=[
        Dependent(Appointment, "offer__entry__client"),
        Dependent(Appointment, "reservation__prescription__client"),
    ],
)
