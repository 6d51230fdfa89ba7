"""Changes of working hours: the week from a date on, and a single date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils import timezone

from booking.models import DateHours, WorkingBreak, WorkingHours
from booking.setup import week
from booking.setup.changes import Change, digest
from booking.setup.errors import BadHours, NothingChanged, PastDay
from clinic.audit import services as audit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from booking.setup.week import Line, Span
    from clinic.models import Location, Therapist, User

ONE = timedelta(days=1)


def rows_of(therapist: Therapist, location: Location) -> list[WorkingHours]:
    """All weekly hours of one therapist at one place, with their breaks; two queries."""
    mine = WorkingHours.objects.filter(therapist=therapist, location=location)
    return list(mine.order_by("weekday", "starts").prefetch_related("breaks"))


def version_of_week(therapist: Therapist, location: Location) -> str:
    rows = rows_of(therapist, location)
    return digest(rows, [pause for row in rows for pause in row.breaks.all()])


def of_date(therapist: Therapist, location: Location, day: date) -> list[DateHours]:
    mine = DateHours.objects.filter(therapist=therapist, location=location, day=day)
    return list(mine.order_by("starts"))


def expect_not_past(day: date, location: Location) -> None:
    if day < timezone.now().astimezone(location.zone).date():
        raise PastDay


def expect_valid(lines: Sequence[Line]) -> None:
    """Check the hours of one week or one date.

    Raises:
        BadHours: a line cannot be, or overlaps another of its day.
    """
    for place, line in enumerate(lines):
        if text := week.problem_of(line):
            raise BadHours(text)
        if week.clash(line, lines[:place]):
            raise BadHours


@dataclass(kw_only=True)
class HoursChange(Change):
    """The hours of one therapist at one place."""

    therapist: Therapist

    def whose(self) -> Iterable[UUID]:
        return [self.therapist.pk]

    def record(self, actor: User, action: str, before: Any, after: Any, **about: Any) -> None:
        if before == after:
            raise NothingChanged
        about |= {"location": str(self.location.pk), "before": before, "after": after}
        audit.record(actor, action, self.therapist, **about)


@dataclass(kw_only=True)
class SetWeek(HoursChange):
    """The week from a date on, with or without an end; the previous week ends the day before."""

    since: date
    until: date | None = None
    lines: Sequence[Line]

    def current_version(self) -> str:
        return version_of_week(self.therapist, self.location)

    def begins(self) -> date | None:
        return self.since

    def write(self, actor: User) -> None:
        expect_not_past(self.since, self.location)
        expect_valid(self.lines)
        before = self._audited()
        for row in rows_of(self.therapist, self.location):
            if self._touches(row):
                self._cut(row)
        for line in self.lines:
            self._add(line, self.since, self.until)
        self.record(
            actor,
            "diary.week_changed",
            before,
            self._audited(),
            since=self.since.isoformat(),
            until=self.until.isoformat() if self.until else None,
        )

    def _audited(self) -> list[dict[str, Any]]:
        return [
            {
                "from": pattern.first.isoformat() if pattern.first else None,
                "until": pattern.last.isoformat() if pattern.last else None,
                "hours": [line.as_text() for line in pattern.lines],
            }
            for pattern in week.patterns(rows_of(self.therapist, self.location))
        ]

    def _touches(self, row: WorkingHours) -> bool:
        over = row.effective_until is not None and row.effective_until < self.since
        later = self.until and row.effective_from and row.effective_from > self.until
        return not over and not later

    def _cut(self, row: WorkingHours) -> None:
        """Keep what an old row has before and after; the days between get the new week."""
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
class SetDate(HoursChange):
    """The hours of one date. No kind: the usual week applies again; instead, no spans: off."""

    day: date
    kind: str
    spans: Sequence[Span]

    def current_version(self) -> str:
        return digest(self._rows())

    def begins(self) -> date | None:
        return self.day

    def write(self, actor: User) -> None:
        expect_not_past(self.day, self.location)
        expect_valid([week.Line(self.day.weekday(), *span) for span in self.spans])
        before = self._audited()
        DateHours.objects.filter(pk__in=[row.pk for row in self._rows()]).delete()
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
        day = self.day.isoformat()
        self.record(actor, "diary.date_changed", before, self._audited(), day=day)

    def _rows(self) -> list[DateHours]:
        return of_date(self.therapist, self.location, self.day)

    def _audited(self) -> list[str]:
        return [
            f"{row.kind} {row.starts:%H:%M}-{row.ends:%H:%M}" if row.starts and row.ends else "off"
            for row in self._rows()
        ]


def planned_dates(therapist: Therapist, location: Location, today: date) -> list[DateHours]:
    """Upcoming dates with special hours."""
    mine = Q(therapist=therapist, location=location, day__gte=today)
    return list(DateHours.objects.filter(mine).order_by("day", "kind", "starts"))
