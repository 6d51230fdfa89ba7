"""Where things go on the day board. Pure: rows of five minutes from the first hour shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from booking.models import AppointmentStatus
from booking.visits.readiness import OK
from clinic.people.owed import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from django_stubs_ext import StrOrPromise

    from booking.models import Appointment
    from booking.times.daysheet import DaySheet, TherapistDay
    from booking.visits.readiness import Readiness
    from clinic.models import Therapist
    from clinic.people.owed import Owed

ROW = 5  # minutes
ROWS_AN_HOUR = 60 // ROW
SHORTEST, LONGEST = 4, 14  # hours the style sheet supports
USUAL = (9, 18)
LANES, WIDE = 24, 9  # the maximum, and the count at which the board starts to scroll sideways
LATE = 5  # minutes after the start before a client counts as late


@dataclass(frozen=True, slots=True)
class Place:
    """Rows from the top, and how many."""

    at: int
    rows: int


@dataclass(frozen=True, slots=True)
class Off:
    """Where no one is normally booked; outside working hours no reason is given."""

    place: Place
    reason: str = ""


KINDS = {
    "medical": _("medical"),
    "therapeutic": _("therapeutic"),
    "consultation": _("consultation"),
}


class State(StrEnum):
    """What a card says with its color, its shape and a word; the value is its class."""

    HELD = "is-held"
    BOOKED = "is-booked"
    ARRIVED = "is-arrived"
    ROOM = "is-in-room"
    TO_PAY = "is-to-pay"
    DONE = "is-done"
    MISSED = "is-missed"

    @property
    def word(self) -> StrOrPromise:
        return STATES[self][0]

    @property
    def icon(self) -> str:
        return STATES[self][1]


# In the order of the legend, each with its word and its icon.
STATES: dict[State, tuple[StrOrPromise, str]] = {
    State.BOOKED: (_("Booked"), "circle"),
    State.ARRIVED: (_("Arrived"), "door"),
    State.ROOM: (_("In the room"), "play"),
    State.TO_PAY: (_("To pay"), "dollar"),
    State.DONE: (_("Done"), "checks"),
    State.MISSED: (_("No-show"), "missed"),
    State.HELD: (_("Held"), "clock"),
}
OF_STATUS = {
    AppointmentStatus.HELD: State.HELD,
    AppointmentStatus.BOOKED: State.BOOKED,
    AppointmentStatus.ARRIVED: State.ARRIVED,
    AppointmentStatus.CHECKED_IN: State.ROOM,
    AppointmentStatus.FULFILLED: State.DONE,
    AppointmentStatus.NO_SHOW: State.MISSED,
    AppointmentStatus.CANCELLED: State.MISSED,  # its time is free: not read for the board
}


@dataclass(slots=True)
class Tile:
    appointment: Appointment
    place: Place
    readiness: Readiness | None
    state: State
    owed_cents: int = 0  # all that the client owes, this visit included
    is_couple: bool = False
    late_minutes: int = 0  # not here yet
    is_private: bool = False  # the reader may not see whose visit it is

    @property
    def what(self) -> str:
        option = self.appointment.option
        return f"{KINDS.get(option.service.kind, option.service.name)} {option.minutes}"

    @property
    def tone(self) -> str:
        """What is wrong with a visit that is still ahead: "", "warn" or "stop"."""
        tone = self.readiness.tone if self.readiness and self.appointment.is_open else OK
        return "" if tone == OK else tone

    @property
    def note(self) -> str:
        """What the desk wrote about the client."""
        client = self.appointment.client
        return client.note if client else ""


@dataclass(slots=True)
class Lane:
    therapist: Therapist
    off: list[Off]
    tiles: list[Tile]
    works: bool

    @property
    def visits(self) -> int:
        """How many clients come; a time that is only held is not a visit yet."""
        return sum(tile.state not in {State.HELD, State.MISSED} for tile in self.tiles)

    @property
    def waiting(self) -> int:
        return sum(tile.state == State.ARRIVED for tile in self.tiles)


@dataclass(slots=True)
class Board:
    day: date
    first_hour: int
    hours: int
    lanes: list[Lane] = field(default_factory=list)
    now: int | None = None  # the row of the present moment, if it is on the board
    closed: str = ""  # why no one works that day
    only: State | None = None  # the state that is looked for; the others step back

    @property
    def legend(self) -> list[tuple[State, int]]:
        """The states that are on the board, each with how many."""
        counted = Counter(tile.state for lane in self.lanes for tile in lane.tiles)
        return [(state, counted[state]) for state in STATES if counted[state]]

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
    owed: Mapping[UUID, Owed] | None = None,
) -> Board:
    """One lane for each therapist who works or has a visit that day; all of them if no one does."""
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
            and (tile := _tile(appointment, ready.get(appointment.pk), scale, now, owed or {}))
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


def _off(own: TherapistDay, scale: _Scale) -> list[Off]:
    """Time outside working hours, and breaks, time off and other calendars with their reasons."""
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
    appointment: Appointment,
    ready: Readiness | None,
    scale: _Scale,
    now: datetime,
    owed: Mapping[UUID, Owed],
) -> Tile | None:
    place = scale.place(appointment.starts_at, appointment.ends_at)
    if place is None:
        return None
    due = owed.get(appointment.client_id, NOTHING) if appointment.client_id else NOTHING
    state = OF_STATUS[AppointmentStatus(appointment.status)]
    if state == State.DONE and any(one.appointment_id == appointment.pk for one in due.dues):
        state = State.TO_PAY
    late = 0
    if state == State.BOOKED:
        waited = int((now - appointment.starts_at).total_seconds()) // 60
        late = waited if waited >= LATE else 0
    return Tile(appointment, place, ready, state, due.cents, late_minutes=late)
