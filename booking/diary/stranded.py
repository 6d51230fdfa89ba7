"""Visits that were agreed and no longer fit the diary: each stays booked until somebody moves it.

One rule for all: `find` says which visits do not fit the diary as it stands. What a change strands
is what does not fit after it and did before.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from booking import selectors, timetable
from booking.availability import Hours, seconds
from booking.models import Appointment, AppointmentStatus, ClosedDate, TimeOff
from clinic.models import Location, Room, Therapist

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime
    from uuid import UUID
    from zoneinfo import ZoneInfo


class Reason(models.TextChoices):
    HOURS = "hours", _("outside the hours")
    TIME_OFF = "time_off", _("in time off")
    CLOSED = "closed", _("on a closed date")
    THERAPIST = "therapist", _("the therapist takes no bookings")
    TRAINING = "training", _("the therapist lacks the training")
    ROOM = "room", _("the room is out of use")
    ROOM_SUITS = "room_suits", _("the room does not suit the service")
    ROOM_SMALL = "room_small", _("the room has too few tables")


Found: TypeAlias = "dict[UUID, frozenset[Reason]]"


@dataclass(frozen=True, slots=True)
class Stranded:
    appointment: Appointment
    reasons: tuple[Reason, ...]

    @property
    def words(self) -> str:
        return ", ".join(str(reason.label) for reason in self.reasons)


class _Visit(NamedTuple):
    pk: UUID
    therapist: UUID
    room: UUID
    location: UUID
    service: UUID
    training: UUID | None
    starts_at: datetime
    ends_at: datetime
    party: UUID
    override: str
    booked_at: datetime | None


COLUMNS = (
    *("pk", "therapist_id", "room_id", "location_id"),
    *("option__service_id", "option__service__training_id"),
    *("starts_at", "ends_at", "party", "override_reason", "booked_at"),
)


def find(now: datetime | None = None) -> Found:
    """Every upcoming visit that does not fit, and why; as many queries however many visits."""
    now = now or timezone.now()
    ahead = Appointment.objects.filter(status=AppointmentStatus.BOOKED, starts_at__gt=now)
    visits = [_Visit(*row) for row in ahead.order_by().values_list(*COLUMNS)]
    if not visits:
        return {}
    last = max(visit.ends_at for visit in visits)
    rules = _Rules.read({visit.location for visit in visits}, now, last)
    together = Counter(visit.party for visit in visits)
    found = {visit.pk: frozenset(rules.broken_by(visit, together[visit.party])) for visit in visits}
    return {pk: reasons for pk, reasons in found.items() if reasons}


def by_change(before: Found, after: Found) -> Found:
    """What does not fit any more, or does not for one reason more."""
    return {pk: reasons for pk, reasons in after.items() if reasons - before.get(pk, frozenset())}


def listed(found: Found) -> list[Stranded]:
    """With the names that pages show, soonest first; one query."""
    rows = selectors.appointments().filter(pk__in=found).order_by("starts_at")
    order = list(Reason)
    return [Stranded(row, tuple(sorted(found[row.pk], key=order.index))) for row in rows]


@dataclass(frozen=True, slots=True)
class _Rules:
    """All that a visit has to fit into."""

    zones: dict[UUID, ZoneInfo]
    hours: dict[tuple[UUID, UUID], Hours]  # by location and therapist
    closed: set[tuple[UUID, date]]
    off: dict[UUID, list[TimeOff]]  # by therapist; by location where it is for everybody
    therapists: dict[UUID, tuple[bool, set[UUID]]]
    rooms: dict[UUID, tuple[bool, set[UUID], int]]

    @classmethod
    def read(cls, locations: Iterable[UUID], now: datetime, last: datetime) -> _Rules:
        places = Location.objects.in_bulk(locations)
        off: dict[UUID, list[TimeOff]] = defaultdict(list)
        for away in TimeOff.objects.filter(ends_at__gt=now, starts_at__lt=last):
            off[away.therapist_id or away.location_id].append(away)
        return cls(
            zones={pk: place.zone for pk, place in places.items()},
            hours={
                (pk, therapist): hours
                for pk, place in places.items()
                for therapist, hours in timetable.current(place).hours.items()
            },
            closed=set(ClosedDate.objects.values_list("location_id", "day")),
            off=off,
            therapists={
                row.pk: (row.is_active, {training.pk for training in row.trainings.all()})
                for row in Therapist.objects.prefetch_related("trainings")
            },
            rooms={
                row.pk: (row.is_active, {suits.pk for suits in row.services.all()}, row.capacity)
                for row in Room.objects.prefetch_related("services")
            },
        )

    def broken_by(self, visit: _Visit, together: int) -> Iterator[Reason]:
        day = visit.starts_at.astimezone(self.zones[visit.location]).date()
        takes_bookings, trainings = self.therapists[visit.therapist]
        if not takes_bookings:
            yield Reason.THERAPIST
        elif (visit.location, day) in self.closed:
            yield Reason.CLOSED
        # Staff booked it outside the hours knowingly, and said why.
        elif not visit.override and not self._in_hours(visit, day):
            yield Reason.HOURS
        if any(_keeps_away(off, visit) for off in self._off(visit)):
            yield Reason.TIME_OFF
        if visit.training and visit.training not in trainings:
            yield Reason.TRAINING
        in_use, suits, tables = self.rooms[visit.room]
        if not in_use:
            yield Reason.ROOM
        if suits and visit.service not in suits:
            yield Reason.ROOM_SUITS
        if together > tables:
            yield Reason.ROOM_SMALL

    def _off(self, visit: _Visit) -> Iterable[TimeOff]:
        return [*self.off.get(visit.therapist, ()), *self.off.get(visit.location, ())]

    def _in_hours(self, visit: _Visit, day: date) -> bool:
        start, end = seconds(visit.starts_at), seconds(visit.ends_at)
        hours = self.hours.get((visit.location, visit.therapist))
        shifts = hours.on(day) if hours else ()
        return any(begin <= start and end <= finish for _anchor, begin, finish in shifts)


def _keeps_away(off: TimeOff, visit: _Visit) -> bool:
    overlaps = off.starts_at < visit.ends_at and visit.starts_at < off.ends_at
    # Staff booked it into time off that they knew of.
    agreed = bool(visit.override and visit.booked_at and off.created_at <= visit.booked_at)
    return overlaps and not agreed
