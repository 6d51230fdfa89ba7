"""How long we keep what, by kind. Each floor says what of its own is due: `register`.

Nothing here is removed by itself except what `removes` says, and that only with
`manage.py retention --apply` (archives also by the sweep). Clinical records need a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    Due = Callable[[datetime], QuerySet[Any]]

MAJORITY = 18


@dataclass(frozen=True, slots=True)
class Period:
    label: StrOrPromise
    why: str  # the rule behind it, for docs and for whoever wants to change it
    years: int = 0
    length: timedelta = timedelta()
    removes: bool = False

    def before(self, now: datetime) -> datetime:
        """What ended before this has been kept long enough."""
        return years_before(now, self.years) - self.length


PERIODS = {
    "exports": Period(
        _("Archives that clients asked for"), "ours", length=timedelta(days=7), removes=True
    ),
    "uploads": Period(
        _("Uploads that became nothing"), "ours", length=timedelta(days=90), removes=True
    ),
    "messages": Period(_("Messages"), "ours", years=2, removes=True),
    "audit": Period(_("Who did what"), "45 CFR 164.316(b)(2)", years=6),
    "disclosures": Period(_("What was given to others"), "45 CFR 164.528", years=6),
    "corrections": Period(_("Corrections that were asked for"), "45 CFR 164.526", years=6),
    # Seven years from the last visit; of minors, seven years from when they come of age.
    "clinical": Period(_("Clinical records"), "state law, by default seven years", years=7),
}


@dataclass(frozen=True, slots=True)
class Source:
    due: Due
    remove: Callable[[Any], None] | None = None


_sources: dict[str, Source] = {}


def register(kind: str, due: Due, remove: Callable[[Any], None] | None = None) -> None:
    """Say what of a kind is due at a moment, and how one of it is removed."""
    _sources[kind] = Source(due, remove)


def source(kind: str) -> Source:
    return _sources[kind]


def years_before(now: datetime, years: int) -> datetime:
    try:
        return now.replace(year=now.year - years)
    except ValueError:  # 29 February
        return now.replace(year=now.year - years, day=28)


def born_before(now: datetime) -> date:
    """Whoever was born before has been of age for as long as clinical records are kept."""
    return years_before(now, MAJORITY + PERIODS["clinical"].years).date()
