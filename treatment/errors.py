from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError


class NotToday(DomainError):
    code = "not_today"
    message = _("A visit can be checked in on its own day only.")


class WrongTimes(DomainError):
    code = "wrong_times"
    message = _("The session must stop after it started, and not in the future.")


class NoMinutes(DomainError):
    code = "no_minutes"
    message = _("Enter the hands-on minutes of at least one technique.")


class TooManyMinutes(DomainError):
    """More hands-on minutes than passed on the clock."""

    code = "too_many_minutes"

    def __init__(self, minutes: int, elapsed: int) -> None:
        super().__init__(
            _(
                "%(minutes)s hands-on minutes do not fit into the %(elapsed)s minutes between start"
                " and stop. Correct the minutes or the times."
            )
            % {"minutes": minutes, "elapsed": elapsed}
        )
