"""What can go wrong by the rules. Views catch `DomainError` and nothing wider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class DomainError(Exception):
    """A rule was broken. `message` tells the person what to do; `code` tells the program."""

    code: str = "refused"
    message: StrOrPromise = _("That is not possible.")

    def __init__(self, message: StrOrPromise | None = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.message)


class InvalidTransition(DomainError):
    code = "invalid_transition"
    message = _("Somebody has already changed this. Here is how it stands now.")
