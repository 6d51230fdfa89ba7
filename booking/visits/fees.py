"""What a late cancellation or a missed visit costs. Pure; docs/booking.md explains it."""

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
    """What a fee depends on: the agreed price, the service, and who pays for the client."""

    price_cents: int
    kind: str  # Service.Kind
    payer: str = ""  # Payer.Kind; none: the client pays

    @property
    def is_exempt(self) -> bool:
        return self.kind == Service.Kind.CONSULTATION or self.payer in NEVER


@dataclass(frozen=True, slots=True)
class CancelTerms:
    """What was agreed about canceling."""

    cancel_cutoff: int  # minutes before the start
    late_cancel_percent: int
    no_show_percent: int


def is_late(starts_at: datetime, now: datetime, cutoff: int) -> bool:
    """Whether the cut-off, in minutes before the start, has passed; exactly at it is on time."""
    return now > starts_at.astimezone(UTC) - timedelta(minutes=cutoff)


def for_cancelling(agreed: Agreed, terms: CancelTerms, starts_at: datetime, now: datetime) -> int:
    """Cents for canceling now because the client cannot come; nothing before the cut-off."""
    if agreed.is_exempt or not is_late(starts_at, now, terms.cancel_cutoff):
        return 0
    return share(agreed.price_cents, terms.late_cancel_percent)


def for_missing(agreed: Agreed, terms: CancelTerms) -> int:
    """Cents for not coming at all."""
    return 0 if agreed.is_exempt else share(agreed.price_cents, terms.no_show_percent)


def for_booking(option: ServiceOption, policy: BookingPolicy) -> int:
    """Cents a late cancellation may cost someone booking now, before we know who pays."""
    agreed = Agreed(option.price_cents, option.service.kind)
    return 0 if agreed.is_exempt else share(agreed.price_cents, policy.late_cancel_percent)


def share(cents: int, percent: int) -> int:
    """A part of an amount, to the nearest cent; half a cent is rounded up."""
    return (cents * percent + WHOLE // 2) // WHOLE
