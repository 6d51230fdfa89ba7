"""What the diary, a floor above, tells of the visits that questionnaires are for.

Booking hands the two functions down at the start (`BookingConfig.ready`); without it no one comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime

    from clinic.models import Client, User


@dataclass(frozen=True, slots=True)
class Coming:
    """A visit for which the questionnaire must be there."""

    pk: UUID
    client: Client
    starts_at: datetime
    day: date  # of the clinic
    therapist: str
    therapist_login: UUID | None
    is_open: bool  # booked or arrived: it may still begin
    url: str  # on the day board

    def is_treated_by(self, user: User) -> bool:
        return self.therapist_login is not None and self.therapist_login == user.pk


def _none_found(_pk: UUID) -> Coming | None:
    return None


def _none_come(_first: date, _last: date) -> list[Coming]:
    return []


_find: Callable[[UUID], Coming | None] = _none_found
_between: Callable[[date, date], Iterable[Coming]] = _none_come


def register(
    *,
    find: Callable[[UUID], Coming | None],
    between: Callable[[date, date], Iterable[Coming]],
) -> None:
    global _find, _between
    _find, _between = find, between


def find(pk: UUID) -> Coming | None:
    return _find(pk)


def named(text: str) -> Coming | None:
    """The visit whose id was sent along with a form, if it is one."""
    try:
        return find(UUID(text))
    except ValueError:
        return None


def between(first: date, last: date) -> list[Coming]:
    """Everyone who comes on these days and has not begun, in order."""
    return list(_between(first, last))
