"""What keeps a plan from being as it was asked for: the visits there are already, and the pace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking.series import planning as series
from clinic.templatetags.clinic_format import day as day_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from booking.series.planning import Pace, Plan, Wish

SHOWN = 6  # days on which one more would be possible


@dataclass(frozen=True, slots=True)
class Over:
    """Days with free times on which a visit would pass the weekly rate, which the clinic may."""

    days: tuple[date, ...] = ()
    more: int = 0
    by_order: bool = False


def crowded(wish: Wish, plan: Plan, *, by_order: bool) -> str:
    """The weeks hold as many visits as they may."""
    last = max((day for day in wish.taken if day <= wish.last), default=wish.last)
    until = {"pace": _pace(wish.pace), "day": day_text(last)}
    if by_order:
        why = _("The prescription allows %(pace)s, and the weeks until %(day)s are full.") % until
    else:
        why = _("At %(pace)s the weeks until %(day)s are full with visits booked already.") % until
    rest = ngettext(
        "So %(count)s visit found no place.",
        "So %(count)s visits found no place.",
        plan.crowded,
    )
    return f"{why} {rest % {'count': plan.crowded}}"


def begins_later(wish: Wish, plan: Plan) -> str:
    """Why the first visit is weeks from now; blank if it is not."""
    if not plan.visits:
        return ""
    first = plan.visits[0].day
    before = range(wish.block(wish.first), wish.block(first))
    earlier = [day for day in wish.taken if wish.first <= day < first]
    if (first - wish.first).days < series.WEEK or not earlier or not before:
        return ""
    if any(wish.room_in(block) for block in before):
        return ""
    text = _("At %(pace)s it begins after your visits until %(day)s.")
    return text % {"pace": _pace(wish.pace), "day": day_text(max(earlier))}


def over(wish: Wish, plan: Plan, free: Iterable[date], *, by_order: bool) -> Over | None:
    """Where the visits without a place could go all the same."""
    if not plan.crowded:
        return None
    used = wish.taken | {visit.day for visit in plan.visits}
    days = sorted(day for day in free if wish.first <= day <= wish.last and day not in used)
    return Over(tuple(days[:SHOWN]), len(days[SHOWN:]), by_order)


def _pace(pace: Pace) -> str:
    if pace.days == timedelta(weeks=1).days:
        text = ngettext("%(count)s visit a week", "%(count)s visits a week", pace.visits)
        return text % {"count": pace.visits}
    return _("1 visit in %(weeks)s weeks") % {"weeks": pace.days // series.WEEK}
