"""The diary, shaped for the page where a time is chosen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from booking.times import search, timetable, versions
from clinic import selectors as clinic_selectors

if TYPE_CHECKING:
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from booking.times.availability import Opening
    from booking.times.search import Asked, FreeTimes
    from booking.times.timetable import Timetable
    from clinic.models import ServiceOption, Therapist

STRIP = 14  # days
DAY = timedelta(days=1)
NOON, EVENING = 12, 17
FULL, CLOSED = "full", "closed"


@dataclass(frozen=True, slots=True)
class DayCell:
    day: date
    count: int
    state: str  # "" when there are free times
    is_chosen: bool

    @property
    def iso(self) -> str:
        return self.day.isoformat()

    @property
    def weekday(self) -> str:
        """Tue"""
        return str(WEEKDAYS_ABBR[self.day.weekday()])


@dataclass(frozen=True, slots=True)
class TimeChoice:
    start: datetime
    therapist: Therapist | None = None
    suits_best: bool = False  # the clinic prefers this one to the others

    @property
    def value(self) -> str:
        return self.start.isoformat()


@dataclass(slots=True)
class TimeScreen:
    option: ServiceOption
    zone_name: str
    therapist: Therapist | None
    therapists: list[Therapist]
    days: list[DayCell]
    chosen: date | None
    groups: list[tuple[str, list[TimeChoice]]]
    first: TimeChoice | None
    earlier: date | None
    later: date | None
    lost: list[TimeChoice] = field(default_factory=list)  # in place of a time that was taken
    notes: list[str] = field(default_factory=list)  # other notes about the chosen date
    told: list[Any] = field(default_factory=list)  # to staff: how far prescriptions reach with it
    seats: int = 1
    # The page's own URL up to where the days go; the view fills it in.
    address: str = "?"

    @property
    def begin(self) -> str:
        """The first of the days."""
        return self.days[0].iso if self.days else ""

    @property
    def some_suit_best(self) -> bool:
        return any(choice.suits_best for _name, choices in self.groups for choice in choices)


def time_screen(
    *,
    option: ServiceOption,
    begin: date | None = None,
    day: date | None = None,
    **asked: Unpack[Asked],
) -> TimeScreen:
    """Two weeks of days with their counts, and the times of the chosen one."""
    asked["versions"] = diary = versions.read()
    rules = timetable.current(asked.get("location") or clinic_selectors.location(), diary.rules)
    asked["location"] = rules.location
    today = timezone.localdate(timezone=rules.zone)
    horizon = today + timedelta(days=rules.policy.horizon_days)
    look = partial(search.free_times, option=option, **asked)
    free = look(start=today, end=_end(today, horizon))
    soonest = free.openings or look(start=_end(today, horizon) + DAY, end=horizon).openings
    first = _choice(soonest[0], rules) if soonest else None
    begin = _within(begin or day or (first.start.date() if first else today), today, horizon)
    begin -= timedelta(days=(begin - today).days % STRIP)
    end = _end(begin, horizon)
    if begin != today:
        free = look(start=begin, end=end)
    by_day = free.by_day()
    if day is None or not begin <= day <= end:
        day = min(by_day, default=None)
    return TimeScreen(
        option=option,
        zone_name=zone_name(rules.zone),
        therapist=asked.get("therapist"),
        therapists=list(rules.therapists.values()),
        days=_strip(free, by_day, begin, end, day),
        chosen=day,
        groups=_groups(by_day.get(day, []) if day else [], free),
        first=first,
        earlier=begin - STRIP * DAY if begin > today else None,
        later=end + DAY if end < horizon else None,
        seats=asked.get("seats", 1),
    )


def alternatives(
    option: ServiceOption,
    near: datetime,
    therapist: Therapist | None,
    own_hold: UUID | None = None,
    *,
    seats: int = 1,
) -> list[TimeChoice]:
    """What to offer instead of a time that someone else took."""
    rules = timetable.current(clinic_selectors.location())
    found = search.alternatives(
        option=option, near=near, therapist=therapist, own_hold=own_hold, seats=seats
    )
    return [_choice(opening, rules) for opening in found]


def zone_name(zone: ZoneInfo) -> str:
    """Eastern, for America/New_York: its name without Standard or Daylight; otherwise the city."""
    names = {"EST": _("Eastern"), "CST": _("Central"), "MST": _("Mountain"), "PST": _("Pacific")}
    winter = datetime(timezone.now().year, 1, 1, tzinfo=zone).tzname() or ""
    return names.get(winter, zone.key.rpartition("/")[2].replace("_", " "))


def _end(begin: date, horizon: date) -> date:
    return min(begin + timedelta(days=STRIP - 1), horizon)


def _within(day: date, first: date, last: date) -> date:
    return min(max(day, first), last)


def _choice(opening: Opening, rules: Timetable) -> TimeChoice:
    therapist = rules.therapists.get(opening.therapist_ids[0])
    return TimeChoice(search.local(opening, rules.zone), therapist)


def _strip(
    free: FreeTimes,
    by_day: dict[date, list[Opening]],
    begin: date,
    end: date,
    chosen: date | None,
) -> list[DayCell]:
    everyone = [diary.hours for diary in free.busy.diaries.values()]
    cells = []
    for offset in range((end - begin).days + 1):
        day = begin + timedelta(days=offset)
        count = len(by_day.get(day, []))
        state = "" if count else FULL if any(hours.on(day) for hours in everyone) else CLOSED
        cells.append(DayCell(day, count, state, day == chosen))
    return cells


def _groups(openings: list[Opening], free: FreeTimes) -> list[tuple[str, list[TimeChoice]]]:
    parts: dict[str, list[TimeChoice]] = {_("Morning"): [], _("Afternoon"): [], _("Evening"): []}
    names = list(parts)
    tidy = {opening.start for opening in openings if free.is_tidy(opening)}
    if 2 * len(tidy) > len(openings):  # a label on nearly all of them says nothing
        tidy = set()
    for opening in openings:
        start = search.local(opening, free.zone)
        part = 0 if start.hour < NOON else 1 if start.hour < EVENING else 2
        parts[names[part]].append(TimeChoice(start, suits_best=opening.start in tidy))
    return [(name, times) for name, times in parts.items() if times]
