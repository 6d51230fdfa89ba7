"""The free times that the desk may offer by hand: those that were asked for, and the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from booking import selectors
from booking.times import search
from booking.visits import past_order
from booking.waitlist import matching, queue
from clinic.format import longday, when

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from booking.models import WaitlistEntry
    from booking.visits.past_order import Told

MOST = 200


@dataclass(slots=True)
class Day:
    """A day with free times, and how far the prescription reaches with a visit on it."""

    on: date
    told: Told | None = None  # no prescription is needed
    times: list[tuple[datetime, UUID]] = field(default_factory=list)

    @property
    def title(self) -> str:
        name = longday(self.on)
        if self.told is None or not self.told.short:
            return name
        return _("%(day)s, past the prescription") % {"day": name}


def times(entry: WaitlistEntry, *, others: bool) -> list[Day]:
    """Those they wait for; or, of the same days, those at other times or with someone else."""
    now = timezone.now()
    found = search.free_times(
        option=entry.option, start=entry.first_day, end=entry.last_day, now=now, by_desk=True
    )
    soonest = now + timedelta(minutes=found.policy.offer_minutes)
    wish, rules = queue.wish(entry), queue.rules_of(entry.location, now)
    days: dict[date, Day] = {}
    count = 0
    for opening in found.openings:
        start = search.local(opening, found.zone)
        wished = matching.fits(wish, opening, rules)
        who = [pk for pk in opening.therapist_ids if (pk in wished) is not others]
        if start < soonest or not who or count >= MOST:
            continue
        days.setdefault(start.date(), Day(start.date())).times += [(start, pk) for pk in who]
        count += 1
    for on, told in past_order.on_days(entry.client, entry.option, days).items():
        days[on].told = told
    return list(days.values())


def grouped(days: list[Day]) -> list[tuple[str, list[tuple[str, str]]]]:
    """As choices, by day."""
    names = {person.pk: person.title for person in selectors.therapists()}
    return [
        (
            day.title,
            [
                (f"{start.isoformat()}|{pk}", f"{when(start)} · {names.get(pk, '')}")
                for start, pk in day.times
            ],
        )
        for day in days
    ]
