from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _text
from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError
from clinic.templatetags.clinic_format import us_date

if TYPE_CHECKING:
    from datetime import date

    from booking.availability import Opening


class AlreadyWaiting(DomainError):
    code = "already_waiting"
    message = _("This session is on the waitlist already. Take that one off to ask for other days.")


class FreeAlready(DomainError):
    """There is no need to wait; `openings` are the times that fit."""

    code = "free_already"
    message = _("There are free times in these days already.")

    def __init__(self, openings: list[Opening]) -> None:
        self.openings = openings
        super().__init__()


class WrongDates(DomainError):
    code = "wrong_dates"

    def __init__(self, horizon: date) -> None:
        until = us_date(horizon)
        super().__init__(
            _text("Choose days from today until %(until)s, the last after the first.")
            % {"until": until}
        )


class OfferOver(DomainError):
    code = "offer_over"
    message = _("This time is no longer kept for you.")


class OfferUnderWay(DomainError):
    code = "offer_under_way"
    message = _("This client has an offer open already. Wait until it is answered or runs out.")


class ReasonMissing(DomainError):
    code = "reason_missing"
    message = _("Say why they come before the others; it is kept in the record.")
