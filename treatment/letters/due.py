"""When a letter to the prescriber is due, and why. Pure.

Washington's L&I wants a report after six visits or one month, whichever is first (WAC 296-23-250);
other payers and clinics have rules of their own, so the rule is data. Days are clinic-local.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

# Nobody is asked about an order on which the last visit is longer ago than this.
ASKED = timedelta(days=60)


class Why(StrEnum):
    END = "end"
    VISITS = "visits"
    DAYS = "days"
    WANTED = "wanted"  # no rule asked for it; somebody wrote it anyway


@dataclass(frozen=True, slots=True)
class Rule:
    """0: never. Counted since the last letter, or from the first visit."""

    visits: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    visits: Sequence[date]  # used ones
    authorized: int
    through: date  # its last day


@dataclass(frozen=True, slots=True)
class Letter:
    signed_on: date
    through: date  # the last visit it tells of


def rule_of(
    clinic: tuple[int | None, int | None], payer: tuple[int | None, int | None] | None
) -> Rule:
    """Visits and days: the payer's where it says something, the clinic's where it does not."""
    own = payer or (None, None)
    visits, days = (ours if one is None else one for one, ours in zip(own, clinic, strict=True))
    return Rule(visits or 0, days or 0)


def why(order: Order, rule: Rule, last: Letter | None, today: date) -> Why | None:
    """Why a letter is due today; None if it is not. The end of the order goes before the rest."""
    untold = [day for day in order.visits if last is None or day > last.through]
    if not untold or today - max(untold) > ASKED:
        return None
    if len(order.visits) >= order.authorized or today >= order.through:
        return Why.END
    if rule.visits and len(untold) >= rule.visits:
        return Why.VISITS
    since = last.signed_on if last else min(untold)
    if rule.days and (today - since).days >= rule.days:
        return Why.DAYS
    return None


def said(why: Why, rule: Rule) -> str:
    """Why it is due, as people read it."""
    if why == Why.END:
        return _("the order's end")
    if why == Why.VISITS:
        return ngettext("1 visit", "%(n)d visits", rule.visits) % {"n": rule.visits}
    if why == Why.DAYS:
        return ngettext("1 day", "%(n)d days", rule.days) % {"n": rule.days}
    return _("not due")
