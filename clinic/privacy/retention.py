"""How long we keep each kind of record. Each app registers which of its own are due.

Nothing is removed automatically except where `removes` says so, and then only with
`manage.py retention --apply` (archives also by the sweep). A person decides on clinical records.
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
    why: str  # the rule behind it, for docs and for anyone who wants to change it
    years: int = 0
    length: timedelta = timedelta()
    removes: bool = False

    def before(self, now: datetime) -> datetime:
        """What ended before this is past retention."""
        return years_before(now, self.years) - self.length


PERIODS = {
    "exports": Period(
        _("Archives requested by clients"), "ours", length=timedelta(days=7), removes=True
    ),
    "uploads": Period(_("Abandoned uploads"), "ours", length=timedelta(days=90), removes=True),
    "messages": Period(_("Messages"), "ours", years=2, removes=True),
    "audit": Period(_("Audit log"), "45 CFR 164.316(b)(2)", years=6),
    "disclosures": Period(_("Accounting of disclosures"), "45 CFR 164.528", years=6),
    "corrections": Period(_("Correction requests"), "45 CFR 164.526", years=6),
    # Seven years from the last visit; for minors, seven years from coming of age.
    "clinical": Period(_("Clinical records"), "state law, by default seven years", years=7),
}


@dataclass(frozen=True, slots=True)
class Source:
    due: Due
    remove: Callable[[Any], None] | None = None


_sources: dict[str, Source] = {}


def register(kind: str, due: Due, remove: Callable[[Any], None] | None = None) -> None:
    """Register which records of a kind are due at a time, and how to remove one."""
    _sources[kind] = Source(due, remove)


def source(kind: str) -> Source:
    return _sources[kind]


def years_before(now: datetime, years: int) -> datetime:
    try:
        return now.replace(year=now.year - years)
    except ValueError:  # 29 February
        return now.replace(year=now.year - years, day=28)


def born_before(now: datetime) -> date:
    """Anyone born before this has been of age for as long as clinical records are kept."""
    return years_before(now, MAJORITY + PERIODS["clinical"].years).date()
