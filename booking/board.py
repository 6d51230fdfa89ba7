"""Where things stand on the day board. Pure: rows of five minutes from the first hour shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from booking.availability import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from booking.availability import Span
    from booking.models import Appointment
    from booking.readiness import Readiness
    from clinic.models import Therapist

ROW = 5  # minutes
ROWS_AN_HOUR = 60 // ROW
SHORTEST, LONGEST = 4, 14  # hours that the style sheet knows
USUAL = (9, 18)
LANES = 8


@dataclass(frozen=True, slots=True)
class Place:
    """Rows from the top, and how many."""

    at: int
    rows: int


KINDS = {
    "medical": _("medical"),
    "therapeutic": _("therapeutic"),
    "consultation": _("consultation"),
}


@dataclass(slots=True)
class Tile:
    appointment: Appointment
    place: Place
    readiness: Readiness | None
    style: str

    @property
    def what(self) -> str:
        option = self.appointment.option
        return f"{KINDS.get(option.service.kind, option.service.name)} {option.minutes}"


@dataclass(slots=True)
class Lane:
    therapist: Therapist
    off: list[Place]
    tiles: list[Tile]
    works: bool


@dataclass(slots=True)
class Board:
    day: date
    first_hour: int
    hours: int
    lanes: list[Lane] = field(default_factory=list)
    now: int | None = None  # the row of the present moment, if it is on the board

    @property
    def marks(self) -> list[tuple[int, str]]:
        """Row and label of each hour."""
        return [
            (hour * ROWS_AN_HOUR, str((self.first_hour + hour - 1) % 12 + 1))
            for hour in range(self.hours)
        ]


@dataclass(frozen=True, slots=True)
class _Scale:
    day: date
    first_hour: int
    hours: int
    zone: ZoneInfo

    def minutes(self, at: datetime) -> int:
        """Wall-clock minutes since the board's first hour."""
        local = at.astimezone(self.zone).replace(tzinfo=None)
        opening = datetime.combine(self.day, time(self.first_hour))
        return int((local - opening).total_seconds()) // 60

    def place(self, start: datetime, end: datetime) -> Place | None:
        last = self.hours * 60
        begin, finish = max(0, self.minutes(start)), min(last, self.minutes(end))
        if finish <= begin:
            return None
        at = begin // ROW
        return Place(at, max(1, -(-finish // ROW) - at))


def build(
    *,
    day: date,
    zone: ZoneInfo,
    therapists: Sequence[Therapist],
    working: dict[UUID, list[Span]],
    away: dict[UUID, list[Span]],
    appointments: Sequence[Appointment],
    ready: dict[UUID, Readiness],
    now: datetime,
) -> Board:
    """One lane for each therapist who works, or has somebody, on the day; all when nobody does."""
    busy = {appointment.therapist_id for appointment in appointments}
    shown = [t for t in therapists if working.get(t.pk) or t.pk in busy] or list(therapists)
    spans = [span for t in shown for span in working.get(t.pk, [])]
    ends = [(moment(start), moment(end)) for start, end in spans]
    ends += [(appointment.starts_at, appointment.ends_at) for appointment in appointments]
    first_hour, hours = _hours(ends, day, zone)
    scale = _Scale(day, first_hour, hours, zone)
    board = Board(day, first_hour, hours)
    for therapist in shown[:LANES]:
        mine = [a for a in appointments if a.therapist_id == therapist.pk]
        board.lanes.append(
            Lane(
                therapist,
                _off(working.get(therapist.pk, []), away.get(therapist.pk, []), scale),
                [tile for a in mine if (tile := _tile(a, ready.get(a.pk), scale))],
                bool(working.get(therapist.pk)),
            )
        )
    if now.astimezone(zone).date() == day and 0 <= scale.minutes(now) < hours * 60:
        board.now = scale.minutes(now) // ROW
    return board


def _hours(
    spans: Iterable[tuple[datetime, datetime]], day: date, zone: ZoneInfo
) -> tuple[int, int]:
    """The first hour to show and how many, so that everything fits."""
    midnight = datetime.combine(day, time())
    begin, end = USUAL[0] * 60, USUAL[1] * 60
    known = [
        (
            int((start.astimezone(zone).replace(tzinfo=None) - midnight).total_seconds()) // 60,
            int((stop.astimezone(zone).replace(tzinfo=None) - midnight).total_seconds()) // 60,
        )
        for start, stop in spans
    ]
    if known:
        begin = max(0, min(start for start, _stop in known))
        end = min(24 * 60, max(stop for _start, stop in known))
    first = begin // 60
    hours = min(max(-(-end // 60) - first, SHORTEST), LONGEST)
    return min(first, 24 - hours), hours


def _off(working: Sequence[Span], away: Sequence[Span], scale: _Scale) -> list[Place]:
    """Where nobody can be booked: outside the working hours, and time off."""
    opening = datetime.combine(scale.day, time(scale.first_hour), scale.zone)
    closing = opening + timedelta(hours=scale.hours)
    gaps: list[tuple[datetime, datetime]] = []
    at = opening
    for start, end in sorted(working):
        gaps.append((at, moment(start)))
        at = max(at, moment(end))
    gaps.append((at, closing))
    gaps += [(moment(start), moment(end)) for start, end in away]
    return [place for start, end in gaps if (place := scale.place(start, end))]


def _tile(appointment: Appointment, ready: Readiness | None, scale: _Scale) -> Tile | None:
    place = scale.place(appointment.starts_at, appointment.ends_at)
    if place is None:
        return None
    style = ""
    if appointment.status == "held":
        style = "held"
    elif appointment.status == "fulfilled":
        style = "done"
    elif ready is not None and appointment.status in {"booked", "arrived"}:
        style = {"ok": "", "warn": "warn", "stop": "stop"}[ready.tone]
    return Tile(appointment, place, ready, style)
