"""What a finished session costs, line by line. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from billing.units import RULES, split_cents, units_of

if TYPE_CHECKING:
    from collections.abc import Sequence

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Work(Generic[P]):
    """Hands-on minutes under one procedure; None where the clinic bills without codes."""

    procedure: P | None
    description: str
    minutes: int
    is_timed: bool = True


@dataclass(frozen=True, slots=True)
class Line(Generic[P]):
    procedure: P | None
    description: str
    minutes: int
    units: int
    cents: int
    is_treatment: bool = True


@dataclass(frozen=True, slots=True)
class Session:
    """What was agreed, and what became of it in time."""

    price_cents: int
    booked_minutes: int
    late_minutes: int  # the client came this long after the agreed start
    elapsed_minutes: int  # from start to stop


def units_of_work(work: Sequence[Work[P]], rule: str) -> list[int]:
    """Timed work by the payer's rule; untimed work is one unit, however long."""
    counted = iter(RULES[rule]([one.minutes for one in work if one.is_timed]))
    return [next(counted) if one.is_timed else 1 for one in work]


def was_cut_short(session: Session) -> bool:
    """The client came late by a unit or more, and the session lost a unit or more by it.

    Undressing and talk also take hands-on minutes; they shorten nobody's session.
    """
    lost = units_of(session.elapsed_minutes) < units_of(session.booked_minutes)
    return lost and units_of(session.late_minutes) > 0


def lines_of(
    work: Sequence[Work[P]], session: Session, *, rule: str, reserved_label: str
) -> list[Line[P]]:
    """The session's price over its work, by units.

    After a late arrival the units given cost their booked rate, and what is left of the price is a
    line of its own that is no treatment: reserved time.
    """
    if not work or not session.price_cents:
        return []
    units = units_of_work(work, rule)
    timed = [count if one.is_timed else 0 for one, count in zip(work, units, strict=True)]
    booked = units_of(session.booked_minutes)
    treatment, reserved = session.price_cents, 0
    if was_cut_short(session) and sum(timed) < booked:
        treatment, reserved = split_cents(session.price_cents, [sum(timed), booked - sum(timed)])
    shares = split_cents(treatment, timed)
    lines = [
        Line(one.procedure, one.description, one.minutes, count, cents)
        for one, count, cents in zip(work, units, shares, strict=True)
    ]
    if reserved:
        lines.append(Line(None, reserved_label, 0, 0, reserved, is_treatment=False))
    return lines
