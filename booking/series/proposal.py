"""The page of a series: the limits, the suggested plan, and the alternatives."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking.models import FREE, Appointment, AppointmentStatus
from booking.series import planning as series
from booking.series import why as series_why
from booking.series.forms import ANYONE
from booking.series.planning import Pace, Part, PlanRequest
from booking.series.services import MOST, Wanted
from booking.times import search
from booking.times.availability import moment, seconds
from booking.times.picker import EVENING, NOON, DayCell
from clinic.format import day as day_text
from clinic.models import Service
from prescriptions import authorization, reach

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from booking.series.ask import PlanFor
    from booking.series.forms import SeriesForm
    from booking.series.planning import Plan
    from booking.series.why import Over
    from booking.times.availability import Opening
    from booking.times.search import FreeTimes
    from clinic.models import ServiceOption, Therapist
    from prescriptions.models import Prescription

DAY = timedelta(days=1)
STRIP = 7  # days to change a visit to, at once


@dataclass(frozen=True, slots=True)
class Chosen:
    """A visit of the plan as the page carries it; `was` is the time it replaces."""

    start: datetime
    therapist_id: UUID
    was: datetime | None = None

    @property
    def value(self) -> str:
        was = self.was.isoformat() if self.was else ""
        return f"{self.start.isoformat()}|{self.therapist_id}|{was}"

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.start, self.therapist_id)

    @property
    def booked(self) -> tuple[int, UUID]:
        return seconds(self.start), self.therapist_id


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    chosen: Chosen
    start: datetime
    therapist: Therapist | None
    was: datetime | None
    marks: list[str]


@dataclass(frozen=True, slots=True)
class Times:
    """Other times for one visit."""

    number: int
    row: Row
    days: list[DayCell]
    day: date | None
    groups: list[tuple[str, list[Chosen]]]
    names: dict[UUID, str]
    earlier: date | None
    later: date | None


@dataclass(slots=True)
class Screen:
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # what could not be placed, and why
    warnings: list[str] = field(default_factory=list)
    change: Times | None = None
    can_add: bool = False
    left_after: int | None = None
    over: Over | None = None  # how there could still be more

    @property
    def first(self) -> datetime | None:
        return self.rows[0].start if self.rows else None

    @property
    def last(self) -> datetime | None:
        return self.rows[-1].start if self.rows else None

    @property
    def replaced(self) -> list[Row]:
        return [row for row in self.rows if row.was]


class Planner:
    """One request: free times are read once, and everything is built from them."""

    def __init__(self, ask: PlanFor, form: SeriesForm) -> None:
        data = form.cleaned_data
        self.ask = ask
        self.option: ServiceOption = data["option"]
        self.prescription: Prescription | None = None
        if self.option.service.needs_prescription:
            self.prescription = data["prescription"] or next(iter(ask.prescriptions), None)
        self.asked = data["count"]
        self.left = authorization.bookable(self.prescription) if self.prescription else None
        self.therapist = form.chosen_therapist
        self.over: Over | None = None
        begin = max(data["first"] or ask.today, ask.today)
        starts_on = begin
        last = ask.horizon
        if self.prescription and self.prescription.starts_on and self.prescription.through_on:
            begin = max(begin, self.prescription.starts_on)
            last = min(last, self.prescription.through_on)
            starts_on = self._first_week(self.prescription.starts_on)
        taken, coming = self._coming(starts_on)
        self.wish = PlanRequest(
            count=self.asked if self.left is None else min(self.asked, self.left),
            pace=Pace.of(Decimal(data["rate"])),
            starts_on=starts_on,
            first=begin,
            last=last,
            weekdays=frozenset(int(text) for text in data["days"]),
            part=Part(data["part"]),
            at=data["at"],
            same_therapist=data["therapist"] != ANYONE,
            taken=taken,
            coming=coming,
        )

    @property
    def by_order(self) -> bool:
        """Whether the pace is the one prescribed."""
        rate = self.prescription.visits_per_week if self.prescription else None
        return rate is not None and rate > 0 and Pace.of(rate) == self.wish.pace

    @cached_property
    def free(self) -> FreeTimes:
        return search.free_times(
            option=self.option,
            start=self.wish.first,
            end=self.wish.last,
            therapist=self.therapist,
            location=self.ask.location,
            by_desk=self.ask.by_desk,
        )

    def _first_week(self, starts_on: date) -> date:
        """Where the weeks of the prescription are counted from, as its payer counts them."""
        payer = self.ask.client.payer
        rule = payer.week_rule if payer else reach.WeekRule.FROM_FIRST_DAY
        return reach.week_start(starts_on, starts_on, rule)

    def _coming(self, since: date) -> tuple[frozenset[date], frozenset[date]]:
        """Days the client already comes: those that count toward the pace, and the others.

        Toward that of a prescription count its own visits, and those that wait for one; a self-pay
        session never does. A consultation counts toward nothing, and takes no day.
        """
        zone = self.ask.location.zone
        begin = datetime.combine(since, datetime.min.time(), zone)
        found = Appointment.objects.filter(client=self.ask.client, starts_at__gte=begin)
        found = found.exclude(status__in=[*FREE, AppointmentStatus.HELD])
        found = found.exclude(option__service__kind=Service.Kind.CONSULTATION)
        rows = found.values_list("starts_at", "option__service__kind", "reservation__prescription")
        counted, others = set(), set()
        for start, kind, order in rows:
            day = start.astimezone(zone).date()
            counted.add(day) if self._counts(kind, order) else others.add(day)
        return frozenset(counted), frozenset(others - counted)

    def _counts(self, kind: str, order: UUID | None) -> bool:
        if self.prescription is None:
            return True
        return kind == Service.Kind.MEDICAL and order in {None, self.prescription.pk}

    def propose(self) -> tuple[list[Chosen], list[str]]:
        plan = series.propose(self.wish, self.free.openings, self.free.zone)
        if plan.crowded:
            days = self.free.by_day()
            self.over = series_why.over(self.wish, plan, days, by_order=self.by_order)
        return [_chosen(visit) for visit in plan.visits], self._shortfall(plan)

    def add(self, plan: Sequence[Chosen]) -> Chosen | None:
        """One more visit that goes with the others."""
        days = {self._day(one) for one in plan}
        more = replace(self.wish, count=1, taken=self.wish.taken | days)
        found = series.propose(
            more, self.free.openings, self.free.zone, like=[one.booked for one in plan]
        )
        return _chosen(found.visits[0]) if found.visits else None

    def renew(
        self, plan: Sequence[Chosen], refused: Iterable[datetime] = ()
    ) -> tuple[list[Chosen], list[datetime]]:
        """The plan with lost times replaced, and those that could not be replaced."""
        gone_already = {seconds(start) for start in refused}
        who = {opening.start: opening.therapist_ids for opening in self.free.openings}
        busy = self.wish.busy

        def is_free(one: Chosen) -> bool:
            start = seconds(one.start)
            here = one.therapist_id in who.get(start, ())
            return here and start not in gone_already and self._day(one) not in busy

        kept = [one for one in plan if is_free(one)]
        lost = [one for one in plan if not is_free(one)]
        if not lost:
            return list(plan), []
        found = series.replacements(
            self.wish,
            [one.booked for one in lost],
            [seconds(one.start) for one in kept],
            self.free.openings,
            self.free.zone,
        )
        gone = [one.start for one, visit in zip(lost, found, strict=True) if visit is None]
        new = [
            Chosen(moment(visit.start), visit.therapist_id, one.was or one.start)
            for one, visit in zip(lost, found, strict=True)
            if visit is not None
        ]
        return sorted([*kept, *new], key=lambda one: one.start), gone

    def screen(
        self,
        plan: Sequence[Chosen],
        notes: Iterable[str] = (),
        change: int | None = None,
        day: date | None = None,
    ) -> Screen:
        rows = self._rows(plan)
        room = len(rows) < (MOST if self.left is None else min(self.left, MOST))
        return Screen(
            rows=rows,
            notes=list(notes),
            warnings=self._warnings(plan),
            change=self._times(rows, change, day) if change is not None else None,
            can_add=room and self.add(plan) is not None,
            left_after=None if self.left is None else self.left - len(rows),
            over=self.over,
        )

    def _rows(self, plan: Sequence[Chosen]) -> list[Row]:
        zone = self.free.zone
        people = {person.pk: person for person in self.ask.therapists}
        visits = series.marked(self.wish, [one.booked for one in plan], zone)
        rows = []
        for number, (one, visit) in enumerate(zip(plan, visits, strict=True), start=1):
            marks = []
            if len(plan) > self.wish.pace.visits:
                marks = [
                    text
                    for is_so, text in (
                        (visit.other_day, _("other day")),
                        (visit.other_time, _("other time")),
                        (visit.other_therapist, _("other therapist")),
                    )
                    if is_so
                ]
            was = one.was.astimezone(zone) if one.was else None
            start, person = one.start.astimezone(zone), people.get(one.therapist_id)
            rows.append(Row(number, one, start, person, was, marks))
        return rows

    def _times(self, rows: Sequence[Row], change: int, day: date | None) -> Times | None:
        if not 1 <= change <= len(rows):
            return None
        row, wish = rows[change - 1], self.wish
        own = row.start.date()
        by_day = self.free.by_day()
        others = {other.start.date() for other in rows if other is not row} | wish.busy
        shown = min(max(day or own, wish.first), wish.last)
        begin = max(min(shown - STRIP // 2 * DAY, wish.last - (STRIP - 1) * DAY), wish.first)
        end = min(begin + (STRIP - 1) * DAY, wish.last)
        cells = []
        for offset in range((end - begin).days + 1):
            on = begin + offset * DAY
            count = 0 if on in others else len(by_day.get(on, []))
            state = "coming" if on in wish.busy else "planned" if on in others else "full"
            state = "" if count else state
            cells.append(DayCell(on, count, state, on == shown))
        openings = [] if shown in others else by_day.get(shown, [])
        return Times(
            number=change,
            row=row,
            days=cells,
            day=shown,
            groups=self._groups(openings, row),
            names={person.pk: person.name for person in self.ask.therapists},
            earlier=max(shown - STRIP * DAY, wish.first) if begin > wish.first else None,
            later=min(shown + STRIP * DAY, wish.last) if end < wish.last else None,
        )

    def _groups(self, openings: Sequence[Opening], row: Row) -> list[tuple[str, list[Chosen]]]:
        parts: dict[str, list[Chosen]] = {_("Morning"): [], _("Afternoon"): [], _("Evening"): []}
        names = list(parts)
        usual = row.chosen.therapist_id
        for opening in openings:
            who = usual if usual in opening.therapist_ids else opening.therapist_ids[0]
            start = moment(opening.start).astimezone(self.free.zone)
            part = 0 if start.hour < NOON else 1 if start.hour < EVENING else 2
            parts[names[part]].append(Chosen(moment(opening.start), who))
        return [(name, times) for name, times in parts.items() if times]

    def _warnings(self, plan: Sequence[Chosen]) -> list[str]:
        """More in a week than prescribed: allowed, with a warning."""
        if self.prescription is None or not self.prescription.visits_per_week:
            return []
        pace = Pace.of(self.prescription.visits_per_week)
        planned = [self._day(one) for one in plan]
        crowded = series.over_pace(replace(self.wish, pace=pace), planned)
        return [
            _("In the %(days)s days from %(day)s there are more visits than prescribed.")
            % {"days": pace.days, "day": day_text(day)}
            for day in crowded
            if any(day <= on < day + pace.days * DAY for on in planned)
        ]

    def _shortfall(self, plan: Plan) -> list[str]:
        notes = []
        if self.left is not None and self.asked > self.left:
            text = ngettext(
                "Only %(left)s visit is left on this prescription.",
                "Only %(left)s visits are left on this prescription.",
                self.left,
            )
            notes.append(text % {"left": self.left})
        if plan.full:
            weeks = ", ".join(day_text(day) for day in plan.full)
            text = ngettext(
                "There are too few free times in the days from %(weeks)s.",
                "There are too few free times in the weeks from %(weeks)s.",
                len(plan.full),
            )
            if self.therapist:
                text += " " + _("Choosing any therapist may find more.")
            notes.append(text % {"weeks": weeks})
        if later := series_why.begins_later(self.wish, plan):
            notes.append(later)
        if plan.crowded:
            notes.append(series_why.crowded(self.wish, plan, by_order=self.by_order))
        if plan.beyond:
            notes.append(self._beyond(plan.beyond))
        if plan.missing and not (plan.full or plan.beyond or plan.crowded):
            text = ngettext(
                "%(count)s visit did not fit.", "%(count)s visits did not fit.", plan.missing
            )
            notes.append(text % {"count": plan.missing})
        return notes

    def _beyond(self, count: int) -> str:
        by_order = self.prescription is not None and self.wish.last == self.prescription.through_on
        if by_order:
            text = ngettext(
                "%(count)s visit does not fit: the prescription ends on %(day)s.",
                "%(count)s visits do not fit: the prescription ends on %(day)s.",
                count,
            )
        else:
            text = ngettext(
                "Booking is open through %(day)s. Book the last visit later.",
                "Booking is open through %(day)s. Book the other %(count)s visits later.",
                count,
            )
        return text % {"count": count, "day": day_text(self.wish.last)}

    def _day(self, one: Chosen) -> date:
        return one.start.astimezone(self.free.zone).date()


def _chosen(visit: series.PlannedVisit) -> Chosen:
    return Chosen(moment(visit.start), visit.therapist_id)
