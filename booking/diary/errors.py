"""What can go wrong when managers change the diary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID


class ChangedMeanwhile(DomainError):
    code = "changed_meanwhile"
    message = _(
        "Somebody else has changed this since you opened it. Look at how it stands now (open it"
        " again in another tab); what you typed is still here, and saving it replaces theirs."
    )


class NothingChanged(DomainError):
    code = "nothing_changed"
    message = _("That is what it says already; there is nothing to save.")


class WouldStrand(DomainError):
    """Visits would no longer fit the diary, and nobody has said that this is meant."""

    code = "would_strand"
    message = _(
        "Nothing is saved yet: there are visits that would no longer fit, and they are not the"
        " ones you saw. Look at the list below."
    )

    def __init__(self, visits: Iterable[UUID]) -> None:
        self.visits = frozenset(visits)
        super().__init__()


class PastDay(DomainError):
    code = "past_day"
    message = _("That date is past. Choose today or a later date.")


class BadHours(DomainError):
    code = "bad_hours"
    message = _("Two of the times of one day overlap.")


class NoSuchTime(DomainError):
    code = "no_such_time"


class TimeOffOverlaps(DomainError):
    code = "time_off_overlaps"


class AlreadyThere(DomainError):
    code = "already_there"
    message = _("There is one of that name already.")
