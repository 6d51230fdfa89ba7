"""Why two records cannot be joined, or parted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError, InvalidTransition

if TYPE_CHECKING:
    from clinic.models import ClientMerge

# PostgreSQL: lock_not_available, deadlock_detected.
LOCKED = {"55P03", "40P01"}


class SameRecord(DomainError):
    code = "same_record"
    message = _("That is one and the same record. There is nothing to join.")


class AlreadyMerged(DomainError):
    code = "already_merged"
    message = _("One of these records has been joined with another already.")


class IdNotChecked(DomainError):
    code = "id_not_checked"
    message = _("The dates of birth differ. Look at an ID first, then tick the box.")


class Busy(DomainError):
    code = "busy"
    message = _(
        "Somebody is at work on one of these records at this moment. Nothing was changed;"
        " please try again."
    )


class AlreadyUndone(InvalidTransition):
    message = _("This has been undone already.")


class LaterMerge(DomainError):
    code = "later_merge"
    message = _(
        "One of these records was joined with a third one later. Undo the later one first, then"
        " this one."
    )

    def __init__(self, merge: ClientMerge) -> None:
        super().__init__()
        self.merge = merge
