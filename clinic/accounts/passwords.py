"""Which passwords are refused: those that would soon be guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from clinic.models import User

SAFE = 3  # of 0 to 4: more than 10^8 guesses
JUDGED = 72  # characters; checking time grows steeply, and this many are enough to tell
OURS = ["clinic", "medical", "massage", "stillwater"]


class GuessableValidator:
    """Judges by patterns (words, names, dates, keyboard rows), not by kinds of characters."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Refuse what is easily guessed.

        Raises:
            ValidationError: with what to do about it.
        """
        # Its word lists take half a second to load: only setting a password waits for them.
        from zxcvbn import zxcvbn

        about = [user.email, *user.email.split("@"), user.display_name] if user else []
        judged = zxcvbn(password[:JUDGED], user_inputs=[*filter(None, about), *OURS])
        if judged["score"] < SAFE:
            message = _(
                "This password would be easy to guess. Use three or four words unrelated to "
                "one another and to you, or let your password manager create one."
            )
            raise ValidationError(message, code="password_guessable")

    def get_help_text(self) -> str:
        return _("A few unrelated words are hard to guess.")
