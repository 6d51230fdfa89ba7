"""What a prescription refuses, in words the person in front of it can use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prescriptions.models import Prescription


class NoVisitsLeft(DomainError):
    code = "no_visits_left"
    message = _("Every visit of this prescription is used or booked.")


class NotCovered(DomainError):
    code = "not_covered"
    message = _("The prescription does not cover this day.")


class AlreadySent(DomainError):
    code = "already_sent"
    message = _("You have already sent us this document. We have it.")

    def __init__(self, prescription: Prescription | None = None) -> None:
        self.prescription = prescription  # what we have
        super().__init__()


class TooManyWaiting(DomainError):
    code = "too_many_waiting"
    message = _("Several of your uploads are still being checked. Please wait for them first.")


class ClaimedByAnother(DomainError):
    code = "claimed"
    message = _("A colleague is reviewing this one. Take it over first if they are not.")


class SecondPersonNeeded(DomainError):
    code = "second_person"
    message = _(
        "You have checked this one already. A claim is billed on it, so a second person must agree."
    )


class Incomplete(DomainError):
    """An approval with something missing or wrong; `problems` says what, by field."""

    code = "incomplete"
    message = _("This cannot be approved yet.")

    def __init__(self, problems: Mapping[str, list[str]]) -> None:
        self.problems = problems
        super().__init__()
