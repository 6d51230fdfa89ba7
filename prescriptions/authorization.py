"""What a prescription allows: its state, the days it covers, the visits left."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import date

RENEW_AT_VISITS = 2
RENEW_AT_DAYS = 21


class Order(Protocol):
    """The part of a prescription that these rules look at."""

    status: str
    starts_on: date | None
    through_on: date | None
    authorized: int
    used: int
    reserved: int


class State(StrEnum):
    """The reviewer's decision, or what has become of an approval since (dates, visits)."""

    SUBMITTED = "submitted"
    NEEDS_INFORMATION = "needs_information"
    REJECTED = "rejected"
    APPROVED = "approved"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    EXHAUSTED = "exhausted"


class Renewal(StrEnum):
    """What makes a new prescription due; the client is told once for each."""

    DAYS = "days"
    VISITS = "visits"


@dataclass(frozen=True, slots=True)
class Accounts:
    """Where the visits are: authorized = used + reserved + left + expired, always.

    `released` counts the visits that were given back. It is not part of the sum: a visit given
    back is left to book again, or has expired with the rest.
    """

    authorized: int
    used: int
    reserved: int
    left: int
    expired: int
    released: int = 0


def state(order: Order, today: date) -> State:
    """Superseded before expired before exhausted."""
    if order.status != State.APPROVED:
        return State(order.status)
    if order.through_on is not None and today > order.through_on:
        return State.EXPIRED
    if order.used >= order.authorized:
        return State.EXHAUSTED
    return State.APPROVED


def bookable(order: Order) -> int:
    return order.authorized - order.used - order.reserved


def accounts(order: Order, today: date, *, released: int = 0) -> Accounts:
    """Unbooked visits are left; once the order has ended or been replaced, they are expired."""
    rest = bookable(order)
    over = state(order, today) in (State.EXPIRED, State.SUPERSEDED)
    return Accounts(
        authorized=order.authorized,
        used=order.used,
        reserved=order.reserved,
        left=0 if over else rest,
        expired=rest if over else 0,
        released=released,
    )


def in_window(order: Order, on: date) -> bool:
    """Both ends count: a visit on the through date is covered."""
    if order.starts_on is None or order.through_on is None:
        return False
    return order.starts_on <= on <= order.through_on


def covers(order: Order, on: date) -> bool:
    """An approved prescription with this day inside its dates, whatever visits are left."""
    return order.status == State.APPROVED and in_window(order, on)


def renewal(order: Order, today: date) -> Renewal | None:
    """Two visits or three weeks before the end, so treatment does not have to pause."""
    if order.through_on is None or state(order, today) != State.APPROVED:
        return None
    if (order.through_on - today).days <= RENEW_AT_DAYS:
        return Renewal.DAYS
    return Renewal.VISITS if bookable(order) <= RENEW_AT_VISITS else None


def needs_renewal(order: Order, today: date) -> bool:
    return renewal(order, today) is not None
