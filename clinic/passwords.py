"""Which passwords are refused: those that a guesser would come upon soon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from clinic.models import User

SAFE = 3  # of 0 to 4: more than 10^8 guesses
JUDGED = 72  # characters; the judge's time grows steeply, and so many are enough to tell
OURS = ["clinic", "medical", "massage", "stillwater"]


class GuessableValidator:
    """Judges by patterns (words, names, dates, keyboard rows), not by kinds of characters."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Refuse what is soon guessed.

        Raises:
            ValidationError: with what to do about it.
        """
        # Its word lists take half a second to read: only who sets a password waits for them.
        from zxcvbn import zxcvbn

        about = [user.email, *user.email.split("@"), user.display_name] if user else []
        judged = zxcvbn(password[:JUDGED], user_inputs=[*filter(None, about), *OURS])
        if judged["score"] < SAFE:
            message = _(
                "This password would be guessed quickly. Take three or four words that have nothing"
                " to do with one another or with you, or let your password manager make one."
            )
            raise ValidationError(message, code="password_guessable")

    def get_help_text(self) -> str:
        return _("A few words that have nothing to do with one another are hard to guess.")
