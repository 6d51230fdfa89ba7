"""Reasons a request to a prescriber is refused, in words the user can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError, InvalidTransition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prescriptions.models import DoctorRequest, Prescriber


class NpiTaken(DomainError):
    """`holder` is the entry that has the number."""

    field = "npi"
    message = _("This NPI is already in the directory.")

    def __init__(self, holder: Prescriber) -> None:
        self.holder = holder
        super().__init__()


class NpiInvalid(DomainError):
    field = "npi"
    message = _("This is not a valid NPI: ten digits, and the last one is a check digit.")


class OwnAddress(DomainError):
    message = _("This is your own e-mail address. Enter the one for your doctor's office.")


class ConsentNeeded(DomainError):
    field = "agreed"
    message = _("Please check the box to agree. Without it, we may not contact your doctor.")


class ConsentChanged(DomainError):
    message = _("The text has changed since you opened this page. Please read it again.")


class NoConsentOnFile(DomainError):
    message = _("The client has not agreed to share with this prescriber or has withdrawn consent.")


class SignatureNeeded(DomainError):
    field = "name"
    message = _("Please type your full name to sign.")


class GuardianNeeded(DomainError):
    field = "relationship"
    message = _("A parent or legal guardian signs for anyone under 18. Please say which you are.")


class AlreadyAsked(DomainError):
    """`request` is the one that is open."""

    message = _("This prescriber has already been asked and has not answered yet.")

    def __init__(self, request: DoctorRequest) -> None:
        self.request = request
        super().__init__()


class TooManyOpen(DomainError):
    message = _("Several doctors have already been asked. Withdraw one of the requests first.")


class NoAddress(DomainError):
    message = _("The directory has no e-mail address for this prescriber.")


class NotChecked(DomainError):
    message = _("A client entered this. Check it with the practice, then save it in the directory.")


class LinkUnknown(DomainError):
    message = _(
        "This link is incomplete, or we do not recognize it. Open it from the e-mail again, or "
        "call us."
    )


class LinkUsed(InvalidTransition):
    message = _("This form has already been completed. Nothing more is needed; thank you.")


class LinkExpired(DomainError):
    message = _("This link has expired. Call us and we will send you a new one.")


class LinkWithdrawn(DomainError):
    message = _("This request is no longer available. There is nothing you need to do.")


class LinkLocked(DomainError):
    message = _(
        "The date of birth was wrong too many times, so we closed this link. Call us and we will "
        "send you a new one."
    )


class WrongBirthDate(DomainError):
    field = "birth_date"
    message = _("This is not the date of birth we have. Please check your records.")


class NoBirthDate(WrongBirthDate):
    message = _("We cannot check the date of birth right now. Please call us.")


class Unanswered(DomainError):
    """It cannot be signed yet; `problems` says why, by field."""

    message = _("This cannot be signed yet.")

    def __init__(self, problems: Mapping[str, list[str]]) -> None:
        self.problems = problems
        super().__init__()
