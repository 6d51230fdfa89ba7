"""What the public pages say, from the clinic's own settings."""

from __future__ import annotations

from dataclasses import dataclass

from booking import selectors as booking
from booking.models import BookingPolicy
from booking.visits.rule_breaks import spoken
from clinic.selectors import location_or_none


@dataclass(frozen=True, slots=True)
class CancellationTerms:
    """What canceling costs someone who books now."""

    cutoff: str  # how long before the visit it is free; blank: until it begins
    move_cutoff: str  # how long before it clients may move it themselves; blank: until it begins
    late_percent: int  # of the price, after the cut-off
    missed_percent: int


def cancellation_terms() -> CancellationTerms:
    place = location_or_none()
    policy = booking.policy_of(place) if place else BookingPolicy()
    cutoff, move_cutoff = (
        spoken(minutes) if minutes else ""
        for minutes in (policy.cancel_cutoff, policy.reschedule_cutoff)
    )
    return CancellationTerms(
        cutoff, move_cutoff, policy.late_cancel_percent, policy.no_show_percent
    )
