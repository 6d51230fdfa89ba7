"""Changes to time off and closed dates. People type wall-clock times; we store instants."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from booking.models import ClosedDate, TimeOff
from booking.setup.changes import Change, RowChange
from booking.setup.errors import AlreadyThere, NoSuchTime, TimeOffOverlaps
from booking.setup.hours import expect_not_past
from booking.times.availability import exists, moment, to_instant
from booking.visits import placement
from clinic.audit import services as audit
from clinic.web.form_page import ChangedSince

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from django.db.models import QuerySet

    from clinic.models import Therapist, User

ONE = timedelta(days=1)
OVERLAP = "time_off_once_at_a_time"


def whole_days(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From the midnight that begins the first day to the one that ends the last."""
    begin = to_instant(first, time(), zone, fold=0)
    return moment(begin), moment(to_instant(last + ONE, time(), zone, fold=0))


def days_of(off: TimeOff) -> tuple[date, date] | None:
    """The first and the last day of time off that is whole days."""
    zone = off.location.zone
    starts, ends = off.starts_at.astimezone(zone), off.ends_at.astimezone(zone)
    first, last = starts.date(), max(ends.date() - ONE, starts.date())
    return (first, last) if whole_days(first, last, zone) == (starts, ends) else None


def part_day(
    first: date, starts: time, last: date, ends: time, zone: ZoneInfo
) -> tuple[datetime, datetime]:
    """Wall-clock times as instants; of an hour that happens twice, all of it.

    Raises:
        NoSuchTime: the clocks skip one of the times on its date.
    """
    for day, at in ((first, starts), (last, ends)):
        if not exists(day, at, zone):
            raise NoSuchTime(
                _("There is no %(time)s on %(date)s: the clocks skip it. Choose another time.")
                % {
                    "time": at.strftime("%I:%M %p").lstrip("0").lower(),
                    "date": date_format(day, "D, M j, Y"),
                }
            )
    begin, end = to_instant(first, starts, zone, fold=0), to_instant(last, ends, zone, fold=1)
    return moment(begin), moment(end)


@dataclass(kw_only=True)
class PutTimeOff(RowChange):
    """Time off, new or changed. No therapist: no one works at the location."""

    row: TimeOff = field(default_factory=TimeOff)
    therapist: Therapist | None
    starts_at: datetime
    ends_at: datetime
    reason: str = ""

    def whose(self) -> Iterable[UUID]:
        before = self.row.therapist_id
        if self.therapist is None or (before is None and not self.row._state.adding):
            return super().whose()
        return {self.therapist.pk, before or self.therapist.pk}

    def begins(self) -> date | None:
        first = self.starts_at
        if not self.row._state.adding:
            first = min(first, self.row.starts_at)
        return first.astimezone(self.location.zone).date()

    def write(self, actor: User) -> None:
        if self.ends_at <= self.starts_at:
            raise TimeOffOverlaps(_("Time off must end after it starts."))
        if self.ends_at <= timezone.now():
            raise TimeOffOverlaps(_("That time is already over."))
        row = TimeOff() if self.row._state.adding else _fresh(self.row)
        before = None if self.row._state.adding else _audited(row)
        row.therapist, row.location = self.therapist, self.location
        row.starts_at, row.ends_at, row.reason = self.starts_at, self.ends_at, self.reason
        # The constraint covers one therapist; for everyone, the locks on all of them are the queue.
        if self.therapist is None and (other := self._others(row).first()):
            raise self._overlap(other)
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError as error:
            if placement.violated(error) != OVERLAP:
                raise
            raise self._overlap(self._others(row).first()) from error
        action = "changed" if before else "added"
        audit.record(actor, f"diary.time_off_{action}", row, before=before, after=_audited(row))

    def _others(self, row: TimeOff) -> QuerySet[TimeOff]:
        whose = Q(therapist=self.therapist)
        if self.therapist is None:
            whose = Q(therapist__isnull=True, location=self.location)
        then = Q(starts_at__lt=self.ends_at, ends_at__gt=self.starts_at)
        return TimeOff.objects.filter(whose, then).exclude(pk=row.pk)

    def _overlap(self, other: TimeOff | None) -> TimeOffOverlaps:
        who = self.therapist.name if self.therapist else _("The clinic")
        if other is None:
            return TimeOffOverlaps(_("%(who)s is already off then.") % {"who": who})
        return TimeOffOverlaps(
            _(
                "%(who)s is already off from %(start)s to %(end)s. Change that time off, or choose"
                " times that do not overlap it."
            )
            % {
                "who": who,
                "start": _said(other.starts_at, self.location.zone),
                "end": _said(other.ends_at, self.location.zone),
            }
        )


@dataclass(kw_only=True)
class DropTimeOff(RowChange):
    row: TimeOff

    def whose(self) -> Iterable[UUID]:
        return [self.row.therapist_id] if self.row.therapist_id else super().whose()

    def begins(self) -> date | None:
        return self.row.starts_at.astimezone(self.location.zone).date()

    def write(self, actor: User) -> None:
        row = _fresh(self.row)
        audit.record(actor, "diary.time_off_removed", row, before=_audited(row), after=None)
        row.delete()


@dataclass(kw_only=True)
class CloseDates(Change):
    """Dates on which no one works here, each with its name."""

    days: Mapping[date, str]

    def begins(self) -> date | None:
        return min(self.days)

    def write(self, actor: User) -> None:
        for day, name in sorted(self.days.items()):
            expect_not_past(day, self.location)
            row, made = ClosedDate.objects.get_or_create(
                location=self.location, day=day, defaults={"name": name}
            )
            if not made:
                raise AlreadyThere(
                    _("The clinic is already closed on %(day)s.")
                    % {"day": date_format(day, "D, M j, Y")}
                )
            after = {"day": day.isoformat(), "name": name}
            audit.record(actor, "diary.date_closed", row, before=None, after=after)


@dataclass(kw_only=True)
class OpenDate(RowChange):
    row: ClosedDate

    def begins(self) -> date | None:
        return self.row.day

    def write(self, actor: User) -> None:
        expect_not_past(self.row.day, self.location)
        before = {"day": self.row.day.isoformat(), "name": self.row.name}
        audit.record(actor, "diary.date_opened", self.row, before=before, after=None)
        ClosedDate.objects.filter(pk=self.row.pk).delete()


def _fresh(row: TimeOff) -> TimeOff:
    found = TimeOff.objects.select_for_update(no_key=False, of=("self",)).filter(pk=row.pk).first()
    if found is None:
        raise ChangedSince
    return found


def _audited(row: TimeOff) -> dict[str, str | None]:
    """For the audit record. Why someone is away may be about their health, so it stays out."""
    return {
        "therapist": str(row.therapist_id) if row.therapist_id else None,
        "starts_at": row.starts_at.astimezone(UTC).isoformat(),
        "ends_at": row.ends_at.astimezone(UTC).isoformat(),
    }


def _said(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    clock = local.strftime("%I:%M %p").lstrip("0").lower()
    return f"{date_format(local.date(), 'D, M j, Y')}, {clock}"
