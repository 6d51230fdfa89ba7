"""The diary shaped for the page on which a time is chosen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from booking import selectors, timetable, versions
from booking.availability import Opening, moment
from booking.couples import pairs
from clinic import selectors as ground

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from booking.models import Appointment
    from booking.selectors import FreeTimes
    from clinic.models import Location, ServiceOption, Therapist

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
    suits_best: bool = False  # the clinic would rather have this one taken than others

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
    notes: list[str] = field(default_factory=list)  # what else to know about the chosen date
    two: bool = False
    # The page's own address up to where the days go; whoever knows the request fills it in.
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
    therapist: Therapist | None,
    begin: date | None = None,
    day: date | None = None,
    own_hold: UUID | None = None,
    moving: Appointment | Sequence[Appointment] | None = None,
    by_desk: bool = False,
    location: Location | None = None,
    two: bool = False,
) -> TimeScreen:
    """Two weeks of days with their counts, and the times of the chosen one."""
    location = location or ground.location()
    ask = pairs.free_times if two else selectors.free_times
    stand = versions.read()
    rules = timetable.current(location, stand.rules)
    today = timezone.localdate(timezone=location.zone)
    horizon = today + timedelta(days=rules.policy.horizon_days)
    by_id = rules.therapists

    def look(first_day: date, last_day: date) -> FreeTimes:
        return ask(
            option=option,
            start=first_day,
            end=last_day,
            therapist=therapist,
            location=location,
            own_hold=own_hold,
            moving=moving,
            by_desk=by_desk,
            versions=stand,
        )

    free = look(today, _end(today, horizon))
    soonest = (free.openings or look(_end(today, horizon) + DAY, horizon).openings)[:1]
    first = _choice(soonest[0], location.zone, by_id) if soonest else None
    begin = _within(begin or day or (first.start.date() if first else today), today, horizon)
    begin -= timedelta(days=(begin - today).days % STRIP)
    end = _end(begin, horizon)
    if begin != today:
        free = look(begin, end)
    by_day = free.by_day()
    if day is None or not begin <= day <= end:
        day = min(by_day, default=None)
    return TimeScreen(
        option=option,
        zone_name=zone_name(location.zone),
        therapist=therapist,
        therapists=list(rules.therapists.values()),
        days=_strip(free, by_day, begin, end, day),
        chosen=day,
        groups=_groups(by_day.get(day, []) if day else [], free),
        first=first,
        earlier=begin - STRIP * DAY if begin > today else None,
        later=end + DAY if end < horizon else None,
        two=two,
    )


def alternatives(
    option: ServiceOption,
    near: datetime,
    therapist: Therapist | None,
    own_hold: UUID | None = None,
    *,
    two: bool = False,
) -> list[TimeChoice]:
    """What to offer instead of a time that somebody else took."""
    zone = ground.location().zone
    by_id = {person.pk: person for person in selectors.therapists()}
    ask = pairs.alternatives if two else selectors.alternatives
    found = ask(option=option, near=near, therapist=therapist, own_hold=own_hold)
    return [_choice(opening, zone, by_id) for opening in found]


def zone_name(zone: ZoneInfo) -> str:
    """Eastern, for America/New_York: its name without Standard or Daylight; else the city."""
    names = {"EST": _("Eastern"), "CST": _("Central"), "MST": _("Mountain"), "PST": _("Pacific")}
    winter = datetime(timezone.now().year, 1, 1, tzinfo=zone).tzname() or ""
    return names.get(winter, zone.key.rpartition("/")[2].replace("_", " "))


def _end(begin: date, horizon: date) -> date:
    return min(begin + timedelta(days=STRIP - 1), horizon)


def _within(day: date, first: date, last: date) -> date:
    return min(max(day, first), last)


def _choice(opening: Opening, zone: ZoneInfo, by_id: dict[UUID, Therapist]) -> TimeChoice:
    return TimeChoice(moment(opening.start).astimezone(zone), by_id.get(opening.therapist_ids[0]))


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
    if 2 * len(tidy) > len(openings):  # a label on nearly every one says nothing
        tidy = set()
    for opening in openings:
        start = moment(opening.start).astimezone(free.zone)
        part = 0 if start.hour < NOON else 1 if start.hour < EVENING else 2
        parts[names[part]].append(TimeChoice(start, suits_best=opening.start in tidy))
    return [(name, times) for name, times in parts.items() if times]
