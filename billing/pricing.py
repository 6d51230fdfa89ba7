"""What a finished session costs, line by line. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from billing.units import RULES, split_cents, units_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

WHOLE = 100_000  # thousandths of a percent


@dataclass(frozen=True, slots=True)
class Work:
    """Hands-on minutes of one procedure; None if a session is billed without codes."""

    description: str
    minutes: int
    procedure_id: UUID | None = None
    is_timed: bool = True
    is_prescribed: bool = True  # on what the order names; else no plan reimburses it


@dataclass(frozen=True, slots=True)
class Line:
    """A future charge. Not eligible: not treatment, so no plan reimburses it."""

    description: str
    minutes: int
    units: int
    list_cents: int
    discount_cents: int = 0
    procedure_id: UUID | None = None
    is_eligible: bool = True
    is_extra: bool = False  # beside the session's price: a tip, goods, their tax

    @property
    def net_cents(self) -> int:
        return self.list_cents - self.discount_cents


@dataclass(frozen=True, slots=True)
class Extra:
    """A tip, or goods that sales tax comes on top of."""

    description: str
    cents: int
    tax_rate: int = 0  # in thousandths of a percent


@dataclass(frozen=True, slots=True)
class Session:
    """What was booked, and how the time was actually used."""

    price_cents: int
    booked_minutes: int
    late_minutes: int = 0  # how long after the booked start the client came
    elapsed_minutes: int = 0  # from start to stop


def units_of_work(work: Sequence[Work], rule: str) -> list[int]:
    """Timed work by the payer's rule, prescribed or not; untimed is one unit, however long."""
    counted = iter(RULES[rule]([one.minutes for one in work if one.is_timed]))
    return [next(counted) if one.is_timed else 1 for one in work]


def was_cut_short(session: Session) -> bool:
    """The client came at least a unit late, and the session lost at least a unit for it.

    Undressing and talking also reduce hands-on minutes, but do not count as a shorter session.
    """
    lost = units_of(session.elapsed_minutes) < units_of(session.booked_minutes)
    return lost and units_of(session.late_minutes) > 0


def lines_of(
    work: Sequence[Work], session: Session, *, rule: str, reserved_label: str
) -> list[Line]:
    """Split the session's price over its work, by units.

    After a late arrival, the units given cost their booked rate, and the rest of the price is a
    separate line that is not treatment: reserved time.
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
        Line(
            one.description,
            one.minutes,
            count,
            cents,
            procedure_id=one.procedure_id,
            is_eligible=one.is_prescribed,
        )
        for one, count, cents in zip(work, units, amounts, strict=True)
    ]
    if reserved:
        lines.append(Line(reserved_label, 0, 0, reserved, is_eligible=False))
    return lines


def less_coupon(lines: Sequence[Line], cents: int) -> list[Line]:
    """The same lines, together this much cheaper: what was booked costs less.

    Split like the price itself, by units: each line, reserved time too, at its own share. Nothing
    is taken off extras.
    """
    weights = [0 if line.is_extra else line.list_cents for line in lines]
    off = min(cents, sum(weights))
    if not off:
        return list(lines)
    return _each_less(lines, split_cents(off, weights))


def discounted(lines: Sequence[Line], cents: int) -> list[Line]:
    """The same lines, together this much cheaper than they are; never below nothing.

    First reserved time, then the treatment, and only then extras: each in proportion. Plans
    reimburse what was charged in the end, so each line shows its own share.
    """
    shares = [0] * len(lines)
    for kind in ((False, False), (True, False), (False, True)):
        places = [at for at, line in enumerate(lines) if (line.is_eligible, line.is_extra) == kind]
        weights = [lines[at].net_cents for at in places]
        off = min(cents, sum(weights))
        if off:
            for at, share in zip(places, split_cents(off, weights), strict=True):
                shares[at] = share
            cents -= off
    return _each_less(lines, shares)


def tax_cents(cents: int, rate: int) -> int:
    """Sales tax at a rate in thousandths of a percent, to the cent; half a cent is rounded up."""
    return (cents * rate + WHOLE // 2) // WHOLE


def extra_lines(extras: Sequence[Extra], tax_label: Callable[[int], str]) -> list[Line]:
    """Extras as lines, none of them treatment; then what is taxed alike, together, as its tax."""
    lines = [_extra(one.description, one.cents) for one in extras]
    for rate in dict.fromkeys(one.tax_rate for one in extras):
        taxed = sum(one.cents for one in extras if one.tax_rate == rate)
        if tax := tax_cents(taxed, rate):
            lines.append(_extra(tax_label(rate), tax))
    return lines


def _extra(description: str, cents: int) -> Line:
    return Line(description, 0, 0, cents, is_eligible=False, is_extra=True)


def reduced(lines: Sequence[Line], *, coupon_cents: int, forgiven_cents: int) -> list[Line]:
    """The same lines with all that is taken off them, whatever was before."""
    whole = [replace(line, discount_cents=0) for line in lines]
    return discounted(less_coupon(whole, coupon_cents), forgiven_cents)


def _each_less(lines: Sequence[Line], shares: Sequence[int]) -> list[Line]:
    return [
        replace(line, discount_cents=line.discount_cents + share)
        for line, share in zip(lines, shares, strict=True)
    ]
