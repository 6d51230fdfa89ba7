"""What a late cancellation or a missed visit costs. Pure; docs/booking.md tells it in prose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from clinic.models import Payer, Service

if TYPE_CHECKING:
    from booking.models import BookingPolicy
    from clinic.models import ServiceOption

# A veteran is never billed, and a work injury is the employer's.
NEVER = frozenset({Payer.Kind.VA.value, Payer.Kind.WORKERS_COMP.value})
WHOLE = 100


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a fee hangs on: the price as it was agreed, for what, and who pays for the client."""

    price_cents: int
    kind: str  # Service.Kind
    payer: str = ""  # Payer.Kind; none: the client pays

    @property
    def is_exempt(self) -> bool:
        return self.kind == Service.Kind.CONSULTATION or self.payer in NEVER


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed about cancelling."""

    cancel_cutoff: int  # minutes before the start
    late_cancel_percent: int
    no_show_percent: int


def is_late(starts_at: datetime, now: datetime, cutoff: int) -> bool:
    """Whether the cut-off, in minutes before the start, has passed; exactly at it is in time."""
    return now > starts_at.astimezone(UTC) - timedelta(minutes=cutoff)


def for_cancelling(agreed: Agreed, terms: Terms, starts_at: datetime, now: datetime) -> int:
    """Cents for cancelling now because the client cannot come; before the cut-off nothing."""
    if agreed.is_exempt or not is_late(starts_at, now, terms.cancel_cutoff):
        return 0
    return share(agreed.price_cents, terms.late_cancel_percent)


def for_missing(agreed: Agreed, terms: Terms) -> int:
    """Cents for not coming at all."""
    return 0 if agreed.is_exempt else share(agreed.price_cents, terms.no_show_percent)


def for_booking(option: ServiceOption, policy: BookingPolicy) -> int:
    """Cents that a late cancellation may cost who books this now, before anybody knows who pays."""
    agreed = Agreed(option.price_cents, option.service.kind)
    return 0 if agreed.is_exempt else share(agreed.price_cents, policy.late_cancel_percent)


def share(cents: int, percent: int) -> int:
    """A part of an amount, to the nearest cent; half a cent is rounded up."""
    return (cents * percent + WHOLE // 2) // WHOLE
