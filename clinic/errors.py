"""Broken business rules. Views catch `DomainError` and nothing broader."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class DomainError(Exception):
    """A rule was broken. `message` tells the user what to do; `code` is for the program.

    The code is the name of the class, unless it says another: SlotTaken is `slot_taken`.
    """

    code: str = "refused"
    message: StrOrPromise = _("That is not possible.")

    def __init_subclass__(cls) -> None:
        if "code" not in vars(cls):
            cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, message: StrOrPromise | None = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.message)


class InvalidTransition(DomainError):
    message = _("Someone has already changed this. Here is the current version.")
