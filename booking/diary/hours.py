"""Changes of working hours: the week from a date on, and a single date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils import timezone

from booking.diary import week
from booking.diary.changes import Change, stamp
from booking.diary.errors import BadHours, NothingChanged, PastDay
from booking.models import DateHours, WorkingBreak, WorkingHours
from clinic import audit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from booking.diary.week import Line, Span
    from clinic.models import Location, Therapist, User

ONE = timedelta(days=1)


def rows_of(therapist: Therapist, location: Location) -> list[WorkingHours]:
    """All weekly hours of one therapist at one place, with their breaks; two queries."""
    mine = WorkingHours.objects.filter(therapist=therapist, location=location)
    return list(mine.order_by("weekday", "starts").prefetch_related("breaks"))


def stamp_of_week(therapist: Therapist, location: Location) -> str:
    rows = rows_of(therapist, location)
    return stamp(rows, [pause for row in rows for pause in row.breaks.all()])


def of_date(therapist: Therapist, location: Location, day: date) -> list[DateHours]:
    mine = DateHours.objects.filter(therapist=therapist, location=location, day=day)
    return list(mine.order_by("starts"))


def expect_not_past(day: date, location: Location) -> None:
    if day < timezone.now().astimezone(location.zone).date():
        raise PastDay


@dataclass(kw_only=True)
class SetWeek(Change):
    """The week from a date on, for good or until another; what held before ends the day before."""

    therapist: Therapist
    since: date
    until: date | None = None
    lines: Sequence[Line]

    def whose(self) -> Iterable[UUID]:
        return [self.therapist.pk]

    def current(self) -> str:
        return stamp_of_week(self.therapist, self.location)

    def begins(self) -> date | None:
        return self.since

    def write(self, actor: User) -> None:
        expect_not_past(self.since, self.location)
        for place, line in enumerate(self.lines):
            if text := week.problem_of(line):
                raise BadHours(text)
            if week.clash(line, self.lines[:place]):
                raise BadHours
        before = self._known()
        for row in rows_of(self.therapist, self.location):
            if self._touches(row):
                self._cut(row)
        for line in self.lines:
            self._add(line, self.since, self.until)
        after = self._known()
        if before == after:
            raise NothingChanged
        audit.record(
            actor,
            "diary.week_changed",
            self.therapist,
            location=str(self.location.pk),
            since=self.since.isoformat(),
            until=self.until.isoformat() if self.until else None,
            before=_told(before),
            after=_told(after),
        )

    def _known(self) -> list[week.Pattern]:
        return week.patterns(rows_of(self.therapist, self.location))

    def _touches(self, row: WorkingHours) -> bool:
        over = row.effective_until is not None and row.effective_until < self.since
        later = self.until and row.effective_from and row.effective_from > self.until
        return not over and not later

    def _cut(self, row: WorkingHours) -> None:
        """Leave of an old row what lies before and after; the days between get the new week."""
        line, last = week.Line.of(row), row.effective_until
        if row.effective_from is None or row.effective_from < self.since:
            row.effective_until = self.since - ONE
            row.save(update_fields=["effective_until", "updated_at"])
        else:
            row.delete()
        if self.until and (last is None or last > self.until):
            self._add(line, self.until + ONE, last)

    def _add(self, line: Line, first: date | None, last: date | None) -> None:
        row = WorkingHours.objects.create(
            therapist=self.therapist,
            location=self.location,
            weekday=line.weekday,
            starts=line.starts,
            ends=line.ends,
            effective_from=first,
            effective_until=last,
        )
        WorkingBreak.objects.bulk_create(
            WorkingBreak(hours=row, starts=starts, ends=ends) for starts, ends in line.breaks
        )


@dataclass(kw_only=True)
class SetDate(Change):
    """The hours of one date. No kind: the usual week holds again; instead, no spans: off."""

    therapist: Therapist
    day: date
    kind: str
    spans: Sequence[Span]

    def whose(self) -> Iterable[UUID]:
        return [self.therapist.pk]

    def current(self) -> str:
        return stamp(of_date(self.therapist, self.location, self.day))

    def begins(self) -> date | None:
        return self.day

    def write(self, actor: User) -> None:
        expect_not_past(self.day, self.location)
        lines = [week.Line(self.day.weekday(), *span) for span in self.spans]
        for place, line in enumerate(lines):
            if text := week.problem_of(line):
                raise BadHours(text)
            if week.clash(line, lines[:place]):
                raise BadHours
        before = of_date(self.therapist, self.location, self.day)
        DateHours.objects.filter(pk__in=[row.pk for row in before]).delete()
        spans: Sequence[tuple[Any, Any]] = self.spans
        if self.kind == DateHours.Kind.INSTEAD and not spans:
            spans = [(None, None)]
        for starts, ends in spans if self.kind else ():
            DateHours.objects.create(
                therapist=self.therapist,
                location=self.location,
                day=self.day,
                kind=self.kind,
                starts=starts,
                ends=ends,
            )
        after = of_date(self.therapist, self.location, self.day)
        if _dated(before) == _dated(after):
            raise NothingChanged
        audit.record(
            actor,
            "diary.date_changed",
            self.therapist,
            location=str(self.location.pk),
            day=self.day.isoformat(),
            before=_dated(before),
            after=_dated(after),
        )


def planned_dates(therapist: Therapist, location: Location, today: date) -> list[DateHours]:
    """Dates ahead with hours of their own."""
    mine = Q(therapist=therapist, location=location, day__gte=today)
    return list(DateHours.objects.filter(mine).order_by("day", "kind", "starts"))


def _told(known: Iterable[week.Pattern]) -> list[dict[str, Any]]:
    return [
        {
            "from": pattern.first.isoformat() if pattern.first else None,
            "until": pattern.last.isoformat() if pattern.last else None,
            "hours": [line.as_text() for line in pattern.lines],
        }
        for pattern in known
    ]


def _dated(rows: Iterable[DateHours]) -> list[str]:
    return [
        f"{row.kind} {row.starts:%H:%M}-{row.ends:%H:%M}" if row.starts and row.ends else "off"
        for row in rows
    ]
