"""Reads for the managers' pages."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Prefetch, QuerySet
from django.utils import timezone

from booking.models import ClosedDate, DateHours, TimeOff, WorkingHours
from booking.setup import week
from booking.visits import requests
from clinic.models import Location, Room, Service, ServiceOption, Therapist

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

    from booking.setup.week import Pattern

SHORTLY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class TherapistWeek:
    """The week that applies today, and the next one if another is planned."""

    therapist: Therapist
    now: Pattern
    following: Pattern | None
    dates: int  # upcoming, with special hours


def places() -> list[Location]:
    return list(Location.objects.order_by("position", "name"))


def place(request: HttpRequest, known: list[Location]) -> Location:
    """The location that the URL names; otherwise the first one.

    Raises:
        Location.DoesNotExist: nothing is set up yet.
    """
    wanted = requests.uuid_or_none(request.GET.get("location"))
    found = next((one for one in known if one.pk == wanted), None) or next(iter(known), None)
    if found is None:
        raise Location.DoesNotExist
    return found


def today_at(location: Location) -> date:
    return timezone.now().astimezone(location.zone).date()


def weeks(location: Location) -> list[TherapistWeek]:
    """Everyone's week at a place; those not taking bookings last; four queries."""
    today = today_at(location)
    rows: dict[UUID, list[WorkingHours]] = defaultdict(list)
    known = WorkingHours.objects.filter(location=location).prefetch_related("breaks")
    for row in known.order_by("weekday", "starts"):
        rows[row.therapist_id].append(row)
    dated = dict(
        DateHours.objects.filter(location=location, day__gte=today)
        .order_by()
        .values_list("therapist_id")
        .annotate(Count("day", distinct=True))
    )
    people = sorted(Therapist.objects.all(), key=lambda person: not person.is_active)
    found = []
    for person in people:
        patterns = week.patterns(rows[person.pk])
        now = week.on(patterns, today)
        later = [p for p in patterns if p.first and p.first > today]
        found.append(
            TherapistWeek(person, now, later[0] if later else None, dated.get(person.pk, 0))
        )
    return found


def time_off(location: Location) -> QuerySet[TimeOff]:
    """What is not over yet."""
    here = TimeOff.objects.filter(location=location, ends_at__gt=timezone.now())
    return here.select_related("therapist", "location").order_by("starts_at")


def past_time_off(location: Location) -> QuerySet[TimeOff]:
    here = TimeOff.objects.filter(location=location, ends_at__lte=timezone.now())
    return here.select_related("therapist", "location").order_by("-starts_at")[:20]


def closed_dates(location: Location) -> QuerySet[ClosedDate]:
    return ClosedDate.objects.filter(location=location, day__gte=today_at(location))


def rooms(location: Location) -> QuerySet[Room]:
    here = Room.objects.filter(location=location).prefetch_related("services")
    return here.order_by("-is_active", "capacity", "position", "name")


def therapists() -> QuerySet[Therapist]:
    people = Therapist.objects.prefetch_related("trainings")
    return people.order_by("-is_active", "position", "name")


def services() -> QuerySet[Service]:
    options = ServiceOption.objects.order_by("minutes")
    return (
        Service.objects.select_related("training")
        .prefetch_related(Prefetch("options", queryset=options))
        .order_by("-is_active", "position", "name")
    )
