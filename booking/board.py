"""Where things stand on the day board. Pure: rows of five minutes from the first hour shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from booking.daysheet import DaySheet, Sheet
    from booking.models import Appointment
    from booking.readiness import Readiness
    from clinic.models import Therapist

ROW = 5  # minutes
ROWS_AN_HOUR = 60 // ROW
SHORTEST, LONGEST = 4, 14  # hours that the style sheet knows
USUAL = (9, 18)
LANES, WIDE = 24, 9  # the most there are, and from how many on the board scrolls sideways
LATE = 5  # minutes after the start, from which on somebody is late


@dataclass(frozen=True, slots=True)
class Place:
    """Rows from the top, and how many."""

    at: int
    rows: int


@dataclass(frozen=True, slots=True)
class Off:
    """Where nobody is booked as a rule; outside the hours there is nothing more to say."""

    place: Place
    reason: str = ""


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
    is_couple: bool = False
    late_minutes: int = 0  # not here yet
    is_private: bool = False  # whose visit it is does not concern the reader

    @property
    def what(self) -> str:
        option = self.appointment.option
        return f"{KINDS.get(option.service.kind, option.service.name)} {option.minutes}"


@dataclass(slots=True)
class Lane:
    therapist: Therapist
    off: list[Off]
    tiles: list[Tile]
    works: bool

    @property
    def visits(self) -> int:
        """How many come; a time that is only held is nobody's visit yet."""
        return sum(tile.appointment.status != "held" for tile in self.tiles)


@dataclass(slots=True)
class Board:
    day: date
    first_hour: int
    hours: int
    lanes: list[Lane] = field(default_factory=list)
    now: int | None = None  # the row of the present moment, if it is on the board
    closed: str = ""  # why nobody works that day

    @property
    def is_wide(self) -> bool:
        return len(self.lanes) >= WIDE

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
    sheet: DaySheet,
    appointments: Sequence[Appointment],
    ready: dict[UUID, Readiness],
    now: datetime,
) -> Board:
    """One lane for each therapist who works, or has somebody, on the day; all when nobody does."""
    busy = {appointment.therapist_id for appointment in appointments}
    shown = [t for t in therapists if sheet.of(t.pk).work or t.pk in busy] or list(therapists)
    spans = [(work.start, work.end) for t in shown for work in sheet.of(t.pk).work]
    spans += [(appointment.starts_at, appointment.ends_at) for appointment in appointments]
    first_hour, hours = _hours(spans, day, zone)
    scale = _Scale(day, first_hour, hours, zone)
    board = Board(day, first_hour, hours)
    if sheet.closed is not None:
        board.closed = sheet.closed.name or str(_("Closed"))
    together = Counter(appointment.party for appointment in appointments)
    for therapist in shown[:LANES]:
        tiles = [
            tile
            for appointment in appointments
            if appointment.therapist_id == therapist.pk
            and (tile := _tile(appointment, ready.get(appointment.pk), scale, now))
        ]
        for tile in tiles:
            tile.is_couple = together[tile.appointment.party] > 1
        own = sheet.of(therapist.pk)
        board.lanes.append(Lane(therapist, _off(own, scale), tiles, bool(own.work)))
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


def _off(own: Sheet, scale: _Scale) -> list[Off]:
    """Outside the working hours; and breaks, time off and other calendars, each with its reason."""
    opening = datetime.combine(scale.day, time(scale.first_hour), scale.zone)
    closing = opening + timedelta(hours=scale.hours)
    gaps: list[tuple[datetime, datetime, str]] = []
    at = opening
    for work in own.work:
        gaps.append((at, work.start, ""))
        at = max(at, work.end)
    gaps.append((at, closing, ""))
    gaps += [(away.start, away.end, away.reason) for away in own.away]
    return [Off(place, reason) for start, end, reason in gaps if (place := scale.place(start, end))]


def _tile(
    appointment: Appointment, ready: Readiness | None, scale: _Scale, now: datetime
) -> Tile | None:
    place = scale.place(appointment.starts_at, appointment.ends_at)
    if place is None:
        return None
    style, late = "", 0
    if appointment.status == "held":
        style = "held"
    elif appointment.status == "fulfilled":
        style = "done"
    elif ready is not None and appointment.status in {"booked", "arrived"}:
        style = {"ok": "", "warn": "warn", "stop": "stop"}[ready.tone]
    if appointment.status == "booked":
        waited = int((now - appointment.starts_at).total_seconds()) // 60
        late = waited if waited >= LATE else 0
    return Tile(appointment, place, ready, style, late_minutes=late)
