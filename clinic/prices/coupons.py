"""What booking asks of coupons; who keeps them registers. No app is imported from here.

coupons.register(keeper)   in the AppConfig.ready of the app that keeps the money
coupons.quote(code, ...)   what a typed code would take off, before anyone is booked
coupons.take(...)          take it off a visit, inside the transaction that books it
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from clinic.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from django.contrib.auth.models import AnonymousUser

    from clinic.models import ServiceOption, User


class CouponRefused(DomainError):
    """A code cannot be used. `is_personal`: why says something about the client, which someone who
    only typed their name may not learn. `seat`: whose visit it is about.
    """

    field = "coupon"
    is_personal = False
    seat = 0


@dataclass(frozen=True, slots=True)
class Discount:
    """What a coupon takes off one visit."""

    code: str
    label: str
    list_cents: int
    cents: int
    for_first_visit: bool = False

    @property
    def net_cents(self) -> int:
        return self.list_cents - self.cents


class Keeper(Protocol):
    def any_in_use(self) -> bool: ...

    def quote(self, code: str, option: ServiceOption, *, again: bool) -> Discount: ...

    def take(
        self, *, actor: User | AnonymousUser | None, code: str, appointment_id: UUID
    ) -> Discount: ...

    def release(
        self, *, actor: User | AnonymousUser | None, appointment_ids: Collection[UUID]
    ) -> None: ...

    def of(self, appointment_ids: Collection[UUID]) -> Mapping[UUID, Discount]: ...


_keepers: list[Keeper] = []


def register(keeper: Keeper) -> None:
    _keepers[:] = [keeper]


def any_in_use() -> bool:
    """Whether it is worth asking anyone for a code."""
    return any(keeper.any_in_use() for keeper in _keepers)


def quote(code: str, option: ServiceOption, *, again: bool = False) -> Discount:
    """What a code takes off this session, as far as that can be said without knowing who comes.

    `again`: of a visit that is booked already, perhaps with its last use.

    Raises:
        CouponRefused: nothing.
    """
    for keeper in _keepers:
        return keeper.quote(code, option, again=again)
    raise CouponRefused


def take(*, actor: User | AnonymousUser | None, code: str, appointment_id: UUID) -> Discount:
    """Take it off a visit. The same code at the same visit again is the same use.

    Raises:
        CouponRefused: it is not given, and nothing is written.
    """
    for keeper in _keepers:
        return keeper.take(actor=actor, code=code, appointment_id=appointment_id)
    raise CouponRefused


def release(*, actor: User | AnonymousUser | None, appointment_ids: Collection[UUID]) -> None:
    """These visits do not take place: their coupons may be used again."""
    for keeper in _keepers:
        keeper.release(actor=actor, appointment_ids=appointment_ids)


def of(appointment_ids: Collection[UUID]) -> Mapping[UUID, Discount]:
    """The discounts of visits, by appointment; one query."""
    if not appointment_ids:
        return {}
    return {pk: one for keeper in _keepers for pk, one in keeper.of(appointment_ids).items()}


def of_one(appointment_id: UUID) -> Discount | None:
    return of([appointment_id]).get(appointment_id)
