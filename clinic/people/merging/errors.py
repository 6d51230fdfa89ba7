"""Why two records cannot be merged or unmerged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError, InvalidTransition

if TYPE_CHECKING:
    from clinic.models import ClientMerge

# PostgreSQL: lock_not_available, deadlock_detected.
LOCKED = {"55P03", "40P01"}


class SameRecord(DomainError):
    message = _("That is the same record. There is nothing to merge.")


class AlreadyMerged(DomainError):
    message = _("One of these records has already been merged with another.")


class IdNotChecked(DomainError):
    message = _("The dates of birth differ. Look at an ID first, then check the box.")


class Busy(DomainError):
    message = _(
        "Someone is working on one of these records right now. Nothing was changed; please "
        "try again."
    )


class AlreadyUndone(InvalidTransition):
    message = _("This has already been undone.")


class LaterMerge(DomainError):
    message = _(
        "One of these records was later merged with a third one. Undo that merge first, then "
        "this one."
    )

    def __init__(self, merge: ClientMerge) -> None:
        super().__init__()
        self.merge = merge
