"""Changes of time off and of closed dates. People type wall-clock times; instants are stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from booking import placing
from booking.availability import exists, moment, to_instant
from booking.diary.changes import Change, stamp
from booking.diary.errors import AlreadyThere, ChangedMeanwhile, NoSuchTime, TimeOffOverlaps
from booking.diary.hours import expect_not_past
from booking.models import ClosedDate, TimeOff
from clinic import audit

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


def part_day(
    first: date, starts: time, last: date, ends: time, zone: ZoneInfo
) -> tuple[datetime, datetime]:
    """Wall-clock times as instants; of an hour that comes twice, all of it.

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
class PutTimeOff(Change):
    """Time off, new or changed. No therapist: nobody works at the location."""

    therapist: Therapist | None
    starts_at: datetime
    ends_at: datetime
    reason: str = ""
    row: TimeOff | None = None  # None: a new one

    def whose(self) -> Iterable[UUID]:
        before = self.row.therapist_id if self.row else None
        alone = self.therapist and (not self.row or before)
        if not alone or self.therapist is None:
            return super().whose()
        return {self.therapist.pk, before} if before else {self.therapist.pk}

    def current(self) -> str:
        return stamp(TimeOff.objects.filter(pk=self.row.pk)) if self.row else ""

    def begins(self) -> date | None:
        first = min(self.starts_at, self.row.starts_at) if self.row else self.starts_at
        return first.astimezone(self.location.zone).date()

    def write(self, actor: User) -> None:
        if self.ends_at <= self.starts_at:
            raise TimeOffOverlaps(_("Time off must end after it starts."))
        if self.ends_at <= timezone.now():
            raise TimeOffOverlaps(_("That time is over already."))
        before = _told(_fresh(self.row)) if self.row else None
        row = _fresh(self.row) if self.row else TimeOff()
        row.therapist, row.location = self.therapist, self.location
        row.starts_at, row.ends_at, row.reason = self.starts_at, self.ends_at, self.reason
        # The constraint holds for one therapist; for everybody the locks of all are the queue.
        if self.therapist is None and (other := self._others(row).first()):
            raise self._overlap(other)
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError as error:
            if placing.violated(error) != OVERLAP:
                raise
            raise self._overlap(self._others(row).first()) from error
        action = "changed" if before else "added"
        audit.record(actor, f"diary.time_off_{action}", row, before=before, after=_told(row))

    def _others(self, row: TimeOff) -> QuerySet[TimeOff]:
        whose = Q(therapist=self.therapist)
        if self.therapist is None:
            whose = Q(therapist__isnull=True, location=self.location)
        then = Q(starts_at__lt=self.ends_at, ends_at__gt=self.starts_at)
        return TimeOff.objects.filter(whose, then).exclude(pk=row.pk)

    def _overlap(self, other: TimeOff | None) -> TimeOffOverlaps:
        who = self.therapist.name if self.therapist else _("The clinic")
        if other is None:
            return TimeOffOverlaps(_("%(who)s is off then already.") % {"who": who})
        return TimeOffOverlaps(
            _(
                "%(who)s is off already from %(start)s to %(end)s. Change that time off, or choose"
                " times that do not overlap it."
            )
            % {
                "who": who,
                "start": _said(other.starts_at, self.location.zone),
                "end": _said(other.ends_at, self.location.zone),
            }
        )


@dataclass(kw_only=True)
class DropTimeOff(Change):
    row: TimeOff

    def whose(self) -> Iterable[UUID]:
        return [self.row.therapist_id] if self.row.therapist_id else super().whose()

    def current(self) -> str:
        return stamp(TimeOff.objects.filter(pk=self.row.pk))

    def begins(self) -> date | None:
        return self.row.starts_at.astimezone(self.location.zone).date()

    def write(self, actor: User) -> None:
        row = _fresh(self.row)
        audit.record(actor, "diary.time_off_removed", row, before=_told(row), after=None)
        row.delete()


@dataclass(kw_only=True)
class CloseDates(Change):
    """Dates on which nobody works here, each with its name."""

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
                    _("The clinic is closed on %(day)s already.")
                    % {"day": date_format(day, "D, M j, Y")}
                )
            after = {"day": day.isoformat(), "name": name}
            audit.record(actor, "diary.date_closed", row, before=None, after=after)


@dataclass(kw_only=True)
class OpenDate(Change):
    row: ClosedDate

    def current(self) -> str:
        return stamp(ClosedDate.objects.filter(pk=self.row.pk))

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
        raise ChangedMeanwhile
    return found


def _told(row: TimeOff) -> dict[str, str | None]:
    """For the record. Why somebody is away may be a matter of health, so it stays out."""
    return {
        "therapist": str(row.therapist_id) if row.therapist_id else None,
        "starts_at": row.starts_at.astimezone(UTC).isoformat(),
        "ends_at": row.ends_at.astimezone(UTC).isoformat(),
    }


def _said(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    clock = local.strftime("%I:%M %p").lstrip("0").lower()
    return f"{date_format(local.date(), 'D, M j, Y')}, {clock}"
