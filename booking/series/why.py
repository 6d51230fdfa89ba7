"""What keeps a plan from matching the request: existing visits, and the pace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking.series import planning as series
from clinic.format import day as day_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from booking.series.planning import Pace, Plan, PlanRequest

SHOWN = 6  # days when one more would be possible
NAMED = 4  # weeks


@dataclass(frozen=True, slots=True)
class Over:
    """Days with free times where a visit would exceed the weekly rate; the clinic may allow it."""

    days: tuple[date, ...] = ()
    more: int = 0
    by_order: bool = False


def crowded(wish: PlanRequest, plan: Plan, *, by_order: bool) -> str:
    """The weeks that have visits already, and how many more the pace left no room for."""
    weeks = [wish.block_start(block) for block in wish.blocks() if wish.load(block)]
    named = ", ".join(day_text(day) for day in weeks[:NAMED])
    if more := len(weeks[NAMED:]):
        text = ngettext("%(weeks)s and %(count)s more", "%(weeks)s and %(count)s more", more)
        named = text % {"weeks": named, "count": more}
    values = {"pace": _pace(wish.pace), "weeks": named}
    limit = _("The prescription allows %(pace)s.") if by_order else _("The plan is %(pace)s.")
    why = ngettext(
        "Visits are already booked in the week from %(weeks)s.",
        "Visits are already booked in the weeks from %(weeks)s.",
        len(weeks),
    )
    rest = ngettext(
        "So %(count)s visit did not fit.",
        "So %(count)s visits did not fit.",
        plan.crowded,
    )
    return " ".join([limit % values, why % values, rest % {"count": plan.crowded}])


def begins_later(wish: PlanRequest, plan: Plan) -> str:
    """Why the first visit is weeks away; blank if it is not."""
    if not plan.visits:
        return ""
    first = plan.visits[0].day
    before = range(wish.block(wish.first), wish.block(first))
    earlier = [day for day in wish.taken if wish.first <= day < first]
    if (first - wish.first).days < series.WEEK or not earlier or not before:
        return ""
    if any(wish.room_in(block) for block in before):
        return ""
    text = _("At %(pace)s, it starts after your visits through %(day)s.")
    return text % {"pace": _pace(wish.pace), "day": day_text(max(earlier))}


def over(wish: PlanRequest, plan: Plan, free: Iterable[date], *, by_order: bool) -> Over | None:
    """Where the visits that did not fit could still go."""
    if not plan.crowded:
        return None
    used = wish.busy | {visit.day for visit in plan.visits}
    days = sorted(day for day in free if wish.first <= day <= wish.last and day not in used)
    return Over(tuple(days[:SHOWN]), len(days[SHOWN:]), by_order)


def _pace(pace: Pace) -> str:
    if pace.days == timedelta(weeks=1).days:
        text = ngettext("%(count)s visit a week", "%(count)s visits a week", pace.visits)
        return text % {"count": pace.visits}
    return _("1 visit in %(weeks)s weeks") % {"weeks": pace.days // series.WEEK}
