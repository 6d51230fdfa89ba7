"""Reasons a prescription operation is refused, in words the user can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prescriptions.models import Prescription


class NoVisitsLeft(DomainError):
    message = _("Every visit of this prescription is used or booked.")


class NotCovered(DomainError):
    message = _("The prescription does not cover this day.")


class AlreadySent(DomainError):
    message = _("You have already sent us this document. We have it.")

    def __init__(self, prescription: Prescription | None = None) -> None:
        self.prescription = prescription  # the one we already have
        super().__init__()


class TooManyWaiting(DomainError):
    message = _("Several of your uploads are still being checked. Please wait for them first.")


class ClaimedByAnother(DomainError):
    code = "claimed"
    message = _("A colleague is reviewing this one. If they have stopped, take it over first.")


class AnotherCopy(DomainError):
    message = _("A better copy came in after you opened this page. Read it before you decide.")


class SecondPersonNeeded(DomainError):
    code = "second_person"
    message = _(
        "You have already checked this one. A claim is billed on it, so a second person must agree."
    )


class Incomplete(DomainError):
    """An approval with something missing or wrong; `problems` says what, by field."""

    message = _("This cannot be approved yet.")

    def __init__(self, problems: Mapping[str, list[str]]) -> None:
        self.problems = problems
        super().__init__()
