from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treatment.notes.content import Field


class NoteSigned(DomainError):
    message = _("This note is signed. Add what is missing as an addendum.")


class NoteNotSigned(DomainError):
    message = _("This note is not signed yet. Write in the note itself.")


class NoteOfUnfinished(DomainError):
    message = _("Finish the session first, then sign its note.")


class NothingSaid(DomainError):
    message = _("Write what you want to add.")


class PhraseTooLong(DomainError):
    message = _("A phrase has at most 500 characters. Select a part of the text, then keep it.")


class TooManyPhrases(DomainError):
    message = _("You have 60 phrases. Remove one that you no longer use.")


class NotForThisField(DomainError):
    message = _("Choose one of the answers, or write at most 4,000 characters.")


class NoteIncomplete(DomainError):
    """The message names what is missing."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self.fields = fields
        text = _("Not signed yet. Still missing: %(fields)s.")
        super().__init__(text % {"fields": ", ".join(str(one.label) for one in fields)})


class ChangedMeanwhile(DomainError):
    """Somebody else, or another window, has written in the same field."""

    def __init__(self, theirs: str) -> None:
        self.theirs = theirs
        super().__init__(_("This field was changed in another window."))


class NotRead(DomainError):
    """It says something else by now than the signer has read."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self.fields = fields
        super().__init__(_("The note was changed in another window. Read it, then sign."))
