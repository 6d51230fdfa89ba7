"""Visits that are booked but no longer fit the diary: each stays booked until someone moves it.

One rule for all: `find` says which visits do not fit the current diary. A change adds those
that fit before it and do not after it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from booking import selectors
from booking.models import Appointment, AppointmentStatus, TimeOff
from booking.times import timetable
from booking.times.availability import seconds
from clinic.models import Location, Room

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime
    from uuid import UUID

    from booking.times.timetable import Timetable


class Reason(models.TextChoices):
    HOURS = "hours", _("outside the hours")
    TIME_OFF = "time_off", _("during time off")
    CLOSED = "closed", _("on a closed date")
    THERAPIST = "therapist", _("the therapist is not taking bookings")
    TRAINING = "training", _("the therapist does not have the training")
    ROOM = "room", _("the room is out of use")
    ROOM_SUITS = "room_suits", _("the room is not set up for the service")
    ROOM_SMALL = "room_small", _("the room has too few tables")


Conflicts: TypeAlias = "dict[UUID, frozenset[Reason]]"


@dataclass(frozen=True, slots=True)
class Conflict:
    appointment: Appointment
    reasons: tuple[Reason, ...]

    @property
    def words(self) -> str:
        return ", ".join(str(reason.label) for reason in self.reasons)


COLUMNS = (
    *("therapist_id", "room_id", "location_id", "starts_at", "ends_at", "party", "booked_at"),
    *("override_reason", "option__service__training_id"),
)


def find(now: datetime | None = None) -> Conflicts:
    """Every upcoming visit that does not fit, and why; as many queries however many visits."""
    now = now or timezone.now()
    ahead = Appointment.objects.filter(status=AppointmentStatus.BOOKED, starts_at__gt=now)
    visits = list(ahead.order_by().select_related("option__service").only(*COLUMNS))
    if not visits:
        return {}
    last = max(visit.ends_at for visit in visits)
    rules = _Rules.read({visit.location_id for visit in visits}, now, last)
    together = Counter(visit.party for visit in visits)
    found = {visit.pk: frozenset(rules.broken_by(visit, together[visit.party])) for visit in visits}
    return {pk: reasons for pk, reasons in found.items() if reasons}


def added(before: Conflicts, after: Conflicts) -> Conflicts:
    """Visits that no longer fit, or that have one more reason not to."""
    return {pk: reasons for pk, reasons in after.items() if reasons - before.get(pk, frozenset())}


def listed(found: Conflicts) -> list[Conflict]:
    """With the names that pages show, soonest first; one query."""
    rows = selectors.appointments().filter(pk__in=found).order_by("starts_at")
    order = list(Reason)
    return [Conflict(row, tuple(sorted(found[row.pk], key=order.index))) for row in rows]


@dataclass(frozen=True, slots=True)
class _Rules:
    """All that a visit has to fit into."""

    timetables: dict[UUID, Timetable]  # by location
    off: dict[UUID, list[TimeOff]]  # by therapist; by location where it is for everyone
    rooms: dict[UUID, tuple[bool, set[UUID], int]]

    @classmethod
    def read(cls, locations: Iterable[UUID], now: datetime, last: datetime) -> _Rules:
        off: dict[UUID, list[TimeOff]] = defaultdict(list)
        for away in TimeOff.objects.filter(ends_at__gt=now, starts_at__lt=last):
            off[away.therapist_id or away.location_id].append(away)
        places = Location.objects.in_bulk(locations)
        return cls(
            timetables={pk: timetable.current(place) for pk, place in places.items()},
            off=off,
            rooms={
                row.pk: (row.is_active, {suits.pk for suits in row.services.all()}, row.capacity)
                for row in Room.objects.prefetch_related("services")
            },
        )

    def broken_by(self, visit: Appointment, together: int) -> Iterator[Reason]:
        rules, service = self.timetables[visit.location_id], visit.option.service
        day = visit.starts_at.astimezone(rules.zone).date()
        if visit.therapist_id not in rules.therapists:
            yield Reason.THERAPIST
        elif day in rules.closed:
            yield Reason.CLOSED
        # Staff booked it outside the hours on purpose and said why.
        elif not visit.override_reason and not _is_in_hours(rules, visit, day):
            yield Reason.HOURS
        if any(_keeps_away(off, visit) for off in self._off(visit)):
            yield Reason.TIME_OFF
        if not rules.is_trained(visit.therapist_id, service):
            yield Reason.TRAINING
        in_use, suits, tables = self.rooms[visit.room_id]
        if not in_use:
            yield Reason.ROOM
        if suits and service.pk not in suits:
            yield Reason.ROOM_SUITS
        if together > tables:
            yield Reason.ROOM_SMALL

    def _off(self, visit: Appointment) -> Iterable[TimeOff]:
        return [*self.off.get(visit.therapist_id, ()), *self.off.get(visit.location_id, ())]


def _is_in_hours(rules: Timetable, visit: Appointment, day: date) -> bool:
    start, end = seconds(visit.starts_at), seconds(visit.ends_at)
    hours = rules.hours.get(visit.therapist_id)
    shifts = hours.on(day) if hours else ()
    return any(begin <= start and end <= finish for _anchor, begin, finish in shifts)


def _keeps_away(off: TimeOff, visit: Appointment) -> bool:
    overlaps = off.starts_at < visit.ends_at and visit.starts_at < off.ends_at
    # Staff booked it into time off they knew about.
    agreed = bool(visit.override_reason and visit.booked_at and off.created_at <= visit.booked_at)
    return overlaps and not agreed
