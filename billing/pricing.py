"""What a finished session costs, line by line. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from billing.units import RULES, split_cents, units_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Work:
    """Hands-on minutes of one procedure; none where a session is billed without codes."""

    description: str
    minutes: int
    procedure_id: UUID | None = None
    is_timed: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """A charge to be. Not eligible: what is no treatment, and no plan reimburses."""

    description: str
    minutes: int
    units: int
    list_cents: int
    discount_cents: int = 0
    procedure_id: UUID | None = None
    is_eligible: bool = True

    @property
    def net_cents(self) -> int:
        return self.list_cents - self.discount_cents


@dataclass(frozen=True, slots=True)
class Session:
    """What was agreed, and what became of it in time."""

    price_cents: int
    booked_minutes: int
    late_minutes: int = 0  # the client came this long after the agreed start
    elapsed_minutes: int = 0  # from start to stop


def units_of_work(work: Sequence[Work], rule: str) -> list[int]:
    """Timed work by the payer's rule; untimed work is one unit, however long."""
    counted = iter(RULES[rule]([one.minutes for one in work if one.is_timed]))
    return [next(counted) if one.is_timed else 1 for one in work]


def was_cut_short(session: Session) -> bool:
    """The client came late by a unit or more, and the session lost a unit or more by it.

    Undressing and talk also take from the hands-on minutes; they shorten nobody's session.
    """
    lost = units_of(session.elapsed_minutes) < units_of(session.booked_minutes)
    return lost and units_of(session.late_minutes) > 0


def lines_of(
    work: Sequence[Work], session: Session, *, rule: str, reserved_label: str
) -> list[Line]:
    """The session's price over its work, by units.

    After a late arrival the units given cost their booked rate, and what is left of the price is a
    line of its own that is no treatment: reserved time.
    """
    if not work or not session.price_cents:
        return []
    units = units_of_work(work, rule)
    weights = [count if one.is_timed else 0 for one, count in zip(work, units, strict=True)]
    booked = units_of(session.booked_minutes)
    treatment, reserved = session.price_cents, 0
    if was_cut_short(session) and sum(weights) < booked:
        shares = [sum(weights), booked - sum(weights)]
        treatment, reserved = split_cents(session.price_cents, shares)
    amounts = split_cents(treatment, weights)
    lines = [
        Line(one.description, one.minutes, count, cents, procedure_id=one.procedure_id)
        for one, count, cents in zip(work, units, amounts, strict=True)
    ]
    if reserved:
        lines.append(Line(reserved_label, 0, 0, reserved, is_eligible=False))
    return lines
