"""What asking a prescriber refuses, in words the person in front of it can use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError, InvalidTransition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prescriptions.models import DoctorRequest, Prescriber


class NpiTaken(DomainError):
    """`holder` is the entry that has the number."""

    code = "npi_taken"
    message = _("This NPI is in the directory already.")

    def __init__(self, holder: Prescriber) -> None:
        self.holder = holder
        super().__init__()


class NpiInvalid(DomainError):
    code = "npi_invalid"
    message = _("This is not a valid NPI: ten digits, and the last one is a check digit.")


class OwnAddress(DomainError):
    code = "own_address"
    message = _("This is your own e-mail address. Enter the one of your doctor's office.")


class ConsentNeeded(DomainError):
    code = "consent_needed"
    message = _("Please tick that you agree. Without it we may not write to your doctor.")


class ConsentChanged(DomainError):
    code = "consent_changed"
    message = _("The text has changed since you opened this page. Please read it once more.")


class NoConsentOnFile(DomainError):
    code = "no_consent_on_file"
    message = _("The client has not agreed to share with this prescriber, or has withdrawn it.")


class SignatureNeeded(DomainError):
    code = "signature_needed"
    message = _("Please type your full name to sign.")


class GuardianNeeded(DomainError):
    code = "guardian_needed"
    message = _("A parent or legal guardian signs for somebody under 18. Please say which you are.")


class AlreadyAsked(DomainError):
    """`request` is the one that is open."""

    code = "already_asked"
    message = _("This prescriber has been asked and has not answered yet.")

    def __init__(self, request: DoctorRequest) -> None:
        self.request = request
        super().__init__()


class TooManyOpen(DomainError):
    code = "too_many_open"
    message = _("Several doctors have been asked already. Withdraw one of the requests first.")


class NoAddress(DomainError):
    code = "no_address"
    message = _("The directory has no e-mail address of this prescriber.")


class NotChecked(DomainError):
    code = "not_checked"
    message = _(
        "A client typed this entry. Compare it with the practice, and save it in the directory."
    )


class LinkUnknown(DomainError):
    code = "link_unknown"
    message = _(
        "This link is not complete, or we do not know it. Open it from the e-mail once more, or "
        "call us."
    )


class LinkUsed(InvalidTransition):
    code = "link_used"
    message = _("This form has been completed already. Nothing more is needed; thank you.")


class LinkExpired(DomainError):
    code = "link_expired"
    message = _("This link has expired. Call us, and we send you a new one.")


class LinkWithdrawn(DomainError):
    code = "link_withdrawn"
    message = _("This request is no longer available. You need not do anything.")


class LinkLocked(DomainError):
    code = "link_locked"
    message = _(
        "The date of birth was wrong too often, so we have closed this link. Call us, and we send "
        "you a new one."
    )


class WrongBirthDate(DomainError):
    code = "wrong_birth_date"
    message = _("This is not the date of birth we have. Please check it in your records.")


class Unanswered(DomainError):
    """What still stands against signing; `problems` says what, by field."""

    code = "unanswered"
    message = _("This cannot be signed yet.")

    def __init__(self, problems: Mapping[str, list[str]]) -> None:
        self.problems = problems
        super().__init__()
