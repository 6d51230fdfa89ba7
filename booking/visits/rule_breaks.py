"""Times staff may book although they are not offered: the rules they break, and the conflicts.

Never over an overlap: `placement.place` and the exclusion constraints ensure that, whatever happens
here. This explains before anything is written, so that a reason can be asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from booking import selectors
from booking.errors import Breach, InThePast, NeedsReason, SlotTaken
from booking.models import Appointment
from booking.times import daysheet, search
from clinic import selectors as clinic_selectors
from clinic.format import clock, day

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from booking.models import BookingPolicy
    from booking.times.daysheet import DaySheet
    from clinic.models import Location, Room, ServiceOption, Therapist

HOUR, DAY_MINUTES = 60, 24 * 60


@dataclass(frozen=True, slots=True)
class AskedTime:
    """What is to be booked or moved.

    No therapist: who breaks the fewest rules; no room: any that is free. A visit entered `late`
    has taken place already.
    """

    option: ServiceOption
    start: datetime
    therapist: Therapist | None = None
    room: Room | None = None
    moving: Sequence[Appointment] = ()
    late: bool = False

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.option.minutes)


@dataclass(slots=True)
class Candidate:
    """One therapist who could take the asked."""

    therapist: Therapist
    breaches: list[Breach] = field(default_factory=list)
    in_the_way: list[str] = field(default_factory=list)  # overlaps, in words for staff

    @property
    def codes(self) -> list[str]:
        return [breach.code for breach in self.breaches]


def choices(
    asked: AskedTime, *, reason: str, breaks: Collection[str] | None = None
) -> dict[UUID, list[str]]:
    """Who can give it, best first, each with the codes of the rules it breaks.

    Raises:
        NeedsReason: it breaks a rule that no reason was given for.
        SlotTaken: everyone is busy then.
        InThePast: the day is over.
    """
    candidates = [one for one in weigh(asked) if not one.in_the_way]
    if not candidates:
        raise SlotTaken
    best = candidates[0]
    if not best.breaches:
        return {one.therapist.pk: [] for one in candidates if not one.breaches}
    known = set(best.codes if breaks is None else breaks)
    if not reason.strip() or not known.issuperset(best.codes):
        raise NeedsReason(best.breaches)
    allowed = [one for one in candidates if known.issuperset(one.codes)]
    return {one.therapist.pk: one.codes for one in allowed}


def weigh(asked: AskedTime) -> list[Candidate]:
    """Every therapist asked for, fewest broken rules first; those who are busy come last.

    Raises:
        InThePast: the day is over.
    """
    location = clinic_selectors.location()
    with timezone.override(location.zone):
        return _weigh(asked, location, timezone.now())


def _weigh(asked: AskedTime, location: Location, now: datetime) -> list[Candidate]:
    on = asked.start.astimezone(location.zone).date()
    if on < now.astimezone(location.zone).date() and not asked.late:
        raise InThePast
    policy = selectors.policy_of(location)
    offered = _offered(asked, location)
    common = _policy_breaches(asked, policy, location, now, on)
    people = [asked.therapist] if asked.therapist else list(selectors.therapists())
    if offered:  # therapists who would break more are not needed
        people = [person for person in people if person.pk in offered]
    candidates = {person.pk: Candidate(person, [*common]) for person in people}
    if not offered:
        _explain(candidates, asked, policy, location, on)
        _find_overlaps(candidates, asked, location, now)
        for candidate in candidates.values():
            if not candidate.breaches and not candidate.in_the_way:
                candidate.breaches.append(_off_grid(policy))
    rank = {pk: place for place, pk in enumerate(offered)}
    return sorted(
        candidates.values(),
        key=lambda one: (
            bool(one.in_the_way),
            len(one.breaches),
            rank.get(one.therapist.pk, len(rank)),
        ),
    )


def _explain(
    candidates: dict[UUID, Candidate],
    asked: AskedTime,
    policy: BookingPolicy,
    location: Location,
    on: date,
) -> None:
    """Why each of them is not offered then, apart from overlaps."""
    sheet = daysheet.read(location, on)
    load = _load(location, on, asked.moving)
    trained = _trained(asked.option, candidates)
    for pk, candidate in candidates.items():
        candidate.breaches += _closed(sheet, on)
        candidate.breaches += _hours(candidate.therapist, sheet, asked)
        candidate.breaches += _load_breaches(candidate.therapist, load, policy)
        if pk not in trained:
            candidate.breaches.append(_untrained(candidate.therapist, asked.option))


def _offered(asked: AskedTime, location: Location) -> list[UUID]:
    """Who could be booked then without a reason; the selector decides."""
    if asked.room is not None and not _suits(asked.room, asked.option):
        return []
    return search.who_is_free(
        option=asked.option,
        start=asked.start,
        therapist=asked.therapist,
        location=location,
        by_desk=True,
        moving=asked.moving or None,
    )


def _policy_breaches(
    asked: AskedTime, policy: BookingPolicy, location: Location, now: datetime, on: date
) -> list[Breach]:
    """The rules that are the same for everyone. The notice is for those who book online."""
    found = []
    if asked.start < now - timedelta(minutes=policy.slot_step):
        found.append(Breach("past", _("That time has already passed.")))
    last = now.astimezone(location.zone).date() + timedelta(days=policy.horizon_days)
    if on > last:
        text = _("It is past the %(count)s days open for booking (through %(day)s).")
        found.append(Breach("horizon", text % {"count": policy.horizon_days, "day": day(last)}))
    if asked.room is not None and not _suits(asked.room, asked.option):
        text = _("%(room)s is not set up for %(service)s.")
        names = {"room": asked.room.name, "service": asked.option.service.name}
        found.append(Breach("room", text % names))
    return found


def _closed(sheet: DaySheet, on: date) -> list[Breach]:
    if sheet.closed is None:
        return []
    name = sheet.closed.name or _("a day off")
    text = _("The clinic is closed on %(day)s: %(name)s.") % {"day": day(on), "name": name}
    return [Breach("closed", text)]


def _hours(therapist: Therapist, sheet: DaySheet, asked: AskedTime) -> list[Breach]:
    own = sheet.of(therapist.pk)
    found = []
    if not own.work and sheet.closed is None:
        text = _("%(name)s does not work that day.") % {"name": therapist.name}
        found.append(Breach("hours", text))
    elif own.work and not daysheet.lies_within(own.work, asked.start, asked.end):
        hours = ", ".join(between(work.start, work.end) for work in own.work)
        text = _("It is outside %(name)s's hours (%(hours)s).")
        found.append(Breach("hours", text % {"name": therapist.name, "hours": hours}))
    for away in own.away:
        if away.overlaps(asked.start, asked.end):
            text = _("%(name)s is away %(span)s: %(reason)s.")
            span = between(away.start, away.end)
            values = {"name": therapist.name, "span": span, "reason": away.reason}
            found.append(Breach(away.kind, text % values))
    return found


def _load(location: Location, on: date, moving: Sequence[Appointment]) -> dict[UUID, int]:
    """Sessions of each therapist on a date."""
    there = Appointment.objects.on(on, location.zone).taking_time(timezone.now())
    there = there.exclude(pk__in=[one.pk for one in moving])
    counted: dict[UUID, int] = {}
    for pk in there.order_by().values_list("therapist_id", flat=True):
        counted[pk] = counted.get(pk, 0) + 1
    return counted


def _load_breaches(
    therapist: Therapist, load: dict[UUID, int], policy: BookingPolicy
) -> list[Breach]:
    booked = load.get(therapist.pk, 0)
    if policy.daily_cap is None or booked < policy.daily_cap:
        return []
    text = _("%(name)s already has %(count)s sessions that day, which is the limit.")
    return [Breach("cap", text % {"name": therapist.name, "count": booked})]


def _trained(option: ServiceOption, candidates: dict[UUID, Candidate]) -> set[UUID]:
    needed = option.service.training_id
    if needed is None:
        return set(candidates)
    people = selectors.therapists().filter(pk__in=candidates, trainings=needed)
    return set(people.values_list("pk", flat=True))


def _untrained(therapist: Therapist, option: ServiceOption) -> Breach:
    text = _("%(name)s does not have the training that %(service)s requires.")
    return Breach("training", text % {"name": therapist.name, "service": option.service.name})


def _off_grid(policy: BookingPolicy) -> Breach:
    text = _("It is not one of the start times, which come every %(step)s minutes.")
    return Breach("grid", text % {"step": policy.slot_step})


def _suits(room: Room, option: ServiceOption) -> bool:
    meant_for = set(room.services.values_list("pk", flat=True))
    return not meant_for or option.service_id in meant_for


def _find_overlaps(
    candidates: dict[UUID, Candidate], asked: AskedTime, location: Location, now: datetime
) -> None:
    """Note when each is busy then, and for all of them if no room is free."""
    option = asked.option
    begin = asked.start - timedelta(minutes=option.buffer_before)
    end = asked.end + timedelta(minutes=option.buffer_after)
    taken = Appointment.objects.taking_time(now).touching(begin, end)
    taken = taken.filter(blocked__overlap=(begin, end)).select_related("room")
    taken = taken.exclude(pk__in=[one.pk for one in asked.moving])
    full = {}
    for other in taken.order_by("starts_at"):
        blocked = other.blocked  # a CHECK guarantees both bounds
        until = between(blocked.lower or other.starts_at, blocked.upper or other.ends_at)
        if (candidate := candidates.get(other.therapist_id)) is not None:
            text = _("%(name)s is busy %(span)s, including time before and after.")
            names = {"name": candidate.therapist.name, "span": until}
            candidate.in_the_way.append(text % names)
        full[other.room_id] = _("%(room)s is in use %(span)s, including time before and after.") % {
            "room": other.room.name,
            "span": until,
        }
    rooms = location.rooms.filter(is_active=True)
    wanted = [asked.room.pk] if asked.room else list(rooms.values_list("pk", flat=True))
    if set(wanted) <= set(full):
        text = full[asked.room.pk] if asked.room else _("No room is free then.")
        for candidate in candidates.values():
            candidate.in_the_way.append(text)


def between(start: datetime, end: datetime) -> str:
    """10:00 am to 11:15 am"""
    return _("%(start)s to %(end)s") % {"start": clock(start), "end": clock(end)}


def spoken(minutes: int) -> str:
    """A length of time in words: 90 minutes, 2 hours, 3 days."""
    if minutes and minutes % DAY_MINUTES == 0 and minutes > DAY_MINUTES:
        return _("%(count)s days") % {"count": minutes // DAY_MINUTES}
    if minutes and minutes % HOUR == 0:
        hours = minutes // HOUR
        return _("1 hour") if hours == 1 else _("%(count)s hours") % {"count": hours}
    return _("%(count)s minutes") % {"count": minutes}
