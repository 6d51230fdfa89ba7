from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _text
from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError
from clinic.format import us_date

if TYPE_CHECKING:
    from datetime import date

    from booking.times.availability import Opening


class AlreadyWaiting(DomainError):
    message = _("This session is already on the waitlist. Take that one off to ask for other days.")


class FreeAlready(DomainError):
    """There is no need to wait; `openings` are the times that fit."""

    message = _("There are already free times on these days.")

    def __init__(self, openings: list[Opening]) -> None:
        self.openings = openings
        super().__init__()


class WrongDates(DomainError):
    def __init__(self, horizon: date) -> None:
        until = us_date(horizon)
        super().__init__(
            _text("Choose days from today through %(until)s, with the last after the first.")
            % {"until": until}
        )


class OfferOver(DomainError):
    message = _("This time is no longer held for you.")


class OfferUnderWay(DomainError):
    message = _("This client already has an open offer. Wait until it is answered or runs out.")


class NotWhatTheyAskedFor(DomainError):
    field = "agreed"
    message = _(
        "They wait for another time of day, other days, or someone else. Ask them first, then tick"
        " the box."
    )


class OfferPastOrder(DomainError):
    field = "past"
    message = _(
        "The prescription does not reach that day. Choose another time, or tick the box to offer it"
        " anyway."
    )


class ReasonMissing(DomainError):
    message = _("Say why they go before the others; it is kept with the offer.")
