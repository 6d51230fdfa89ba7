"""The federal holidays of the United States (5 U.S.C. 6103), offered as closed dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MON, THU, SAT, SUN = 0, 3, 5, 6
FIXED: tuple[tuple[int, int, StrOrPromise], ...] = (
    (1, 1, _("New Year's Day")),
    (6, 19, _("Juneteenth")),
    (7, 4, _("Independence Day")),
    (11, 11, _("Veterans Day")),
    (12, 25, _("Christmas Day")),
)
# Month, weekday, which one of the month (-1: the last).
FLOATING: tuple[tuple[int, int, int, StrOrPromise], ...] = (
    (1, MON, 3, _("Martin Luther King Jr. Day")),
    (2, MON, 3, _("Washington's Birthday")),
    (5, MON, -1, _("Memorial Day")),
    (9, MON, 1, _("Labor Day")),
    (10, MON, 2, _("Columbus Day")),
    (11, THU, 4, _("Thanksgiving Day")),
)


@dataclass(frozen=True, slots=True, order=True)
class Holiday:
    day: date
    name: str
    is_observed: bool = False  # the weekday that offices close when it falls on a weekend


def federal(year: int) -> list[Holiday]:
    """All holidays of a year, in order; one on a weekend comes with the weekday it is observed."""
    days = [(date(year, month, day), name) for month, day, name in FIXED]
    days += [(_nth(year, month, on, which), name) for month, on, which, name in FLOATING]
    found = [Holiday(day, str(name)) for day, name in days]
    for day, name in days:
        if shift := {SAT: -1, SUN: 1}.get(day.weekday()):
            said = _("%(name)s (observed)") % {"name": name}
            found.append(Holiday(day + timedelta(days=shift), str(said), is_observed=True))
    return sorted(found)


def _nth(year: int, month: int, weekday: int, which: int) -> date:
    if which > 0:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (which - 1))
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - weekday) % 7)
