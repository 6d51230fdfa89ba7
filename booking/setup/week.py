"""The weekly pattern of one therapist at one place, and how it changes on a date. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import TYPE_CHECKING, TypeAlias

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from booking.models import WorkingHours

Span: TypeAlias = tuple[time, time]
ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """Hours of one weekday; a day may have several (a split shift), each with its breaks."""

    weekday: int
    starts: time
    ends: time
    breaks: tuple[Span, ...] = ()

    @classmethod
    def of(cls, hours: WorkingHours) -> Line:
        pauses = sorted((pause.starts, pause.ends) for pause in hours.breaks.all())
        return cls(hours.weekday, hours.starts, hours.ends, tuple(pauses))

    def as_text(self) -> str:
        """How the audit record writes it: "0 09:00-18:00 without 12:00-12:30"."""
        pauses = ", ".join(f"{a:%H:%M}-{b:%H:%M}" for a, b in self.breaks)
        text = f"{self.weekday} {self.starts:%H:%M}-{self.ends:%H:%M}"
        return f"{text} without {pauses}" if pauses else text


@dataclass(frozen=True, slots=True)
class Pattern:
    """A week that applies from one date to another, both included; None: no end."""

    first: date | None
    last: date | None
    lines: tuple[Line, ...]

    @property
    def days(self) -> list[tuple[int, list[Line]]]:
        return [(day, [line for line in self.lines if line.weekday == day]) for day in range(7)]

    def holds_on(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


def problem_of(line: Line) -> str:
    """What is wrong with one line by itself; empty: nothing."""
    if line.ends <= line.starts:
        return _("The hours must end after they start.")
    for number, (starts, ends) in enumerate(line.breaks):
        if ends <= starts:
            return _("The break must end after it starts.")
        if starts < line.starts or line.ends < ends:
            return _("The break must be within the hours.")
        if any(overlap((starts, ends), other) for other in line.breaks[:number]):
            return _("The breaks overlap.")
    return ""


def clash(line: Line, others: Iterable[Line]) -> bool:
    """Whether the line overlaps another of its day."""
    return any(
        line.weekday == other.weekday
        and overlap((line.starts, line.ends), (other.starts, other.ends))
        for other in others
    )


def overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def patterns(rows: Sequence[WorkingHours]) -> list[Pattern]:
    """The weeks that the rows add up to, in time order, each different from the one before."""
    turns = {row.effective_from for row in rows if row.effective_from}
    turns |= {row.effective_until + ONE for row in rows if row.effective_until}
    starts: list[date | None] = [None, *sorted(turns)]
    found: list[Pattern] = []
    for place, first in enumerate(starts):
        following = starts[place + 1] if place + 1 < len(starts) else None
        last = following - ONE if following else None
        lines = tuple(sorted(Line.of(row) for row in rows if _covers(row, first, last)))
        if found and found[-1].lines == lines:
            found[-1] = Pattern(found[-1].first, last, lines)
        else:
            found.append(Pattern(first, last, lines))
    return found[1:] if len(found) > 1 and not found[0].lines else found


def on(known: Iterable[Pattern], day: date) -> Pattern:
    """The week that applies on a date."""
    return next((p for p in known if p.holds_on(day)), Pattern(None, None, ()))


def _covers(row: WorkingHours, first: date | None, last: date | None) -> bool:
    """Whether the row applies to a whole stretch between two changes; it is never only part."""
    if row.effective_from and (first is None or first < row.effective_from):
        return False
    return not (row.effective_until and (last is None or last > row.effective_until))
