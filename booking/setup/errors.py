"""What can go wrong when managers change the diary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID


class NothingChanged(DomainError):
    message = _("Nothing has changed, so there is nothing to save.")


class NewConflicts(DomainError):
    """Visits would no longer fit the diary, and no one has confirmed that this is intended."""

    message = _(
        "Nothing is saved yet: the visits that would no longer fit are not the"
        " ones you saw. Look at the list below."
    )

    def __init__(self, visits: Iterable[UUID]) -> None:
        self.visits = frozenset(visits)
        super().__init__()


class PastDay(DomainError):
    message = _("That date is past. Choose today or a later date.")


class BadHours(DomainError):
    message = _("Two of the times on one day overlap.")


class NoSuchTime(DomainError):
    """Clocks skip this time on that date."""


class TimeOffOverlaps(DomainError):
    """There is time off already in that range."""


class AlreadyThere(DomainError):
    message = _("That name is already taken.")
