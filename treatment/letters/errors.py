from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError


class NothingToReport(DomainError):
    message = _("No note of a visit on this order is signed yet. Sign one, then write the letter.")


class LetterSigned(DomainError):
    message = _("This letter is signed. Withdraw it if it is wrong, then write a new one.")


class LetterNotSigned(DomainError):
    message = _("Read and sign the letter first, then send it.")


class LetterGone(DomainError):
    message = _("This letter was withdrawn.")


class LetterIncomplete(DomainError):
    """`fields` by name."""

    message = _("Not signed yet.")

    def __init__(self, fields: list[str]) -> None:
        self.fields = fields
        super().__init__()


class LetterNotRead(DomainError):
    message = _("The record has changed since you opened this page. Read the letter, then sign.")


class NotPrintable(DomainError):
    """The message names the letters."""

    def __init__(self, letters: str) -> None:
        text = _("The letter cannot be printed: there is no font for %(letters)s.")
        super().__init__(text % {"letters": letters})


class ReasonNeeded(DomainError):
    field = "reason"
    message = _("Write what is wrong with the letter.")


class NoPrescriberKnown(DomainError):
    message = _("The directory does not have this prescriber yet. Ask the front desk to add them.")


class NoLetterConsent(DomainError):
    message = _(
        "The client has not agreed that we write to this prescriber about treatment. Have the "
        "consent signed first, then send the letter."
    )


class NoMail(DomainError):
    message = _(
        "There is no checked e-mail address for this prescriber in the directory. Print or fax it."
    )


class NoFax(DomainError):
    message = _("The directory has no fax number for this prescriber. Add it there, or print it.")
