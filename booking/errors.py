from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError, InvalidTransition
from clinic.format import clock, money

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django_stubs_ext import StrOrPromise


class SlotTaken(DomainError):
    message = _("That time is no longer free. Please choose another.")


class NoRoomForTwo(SlotTaken):
    """Therapists may be free, but no double room is."""


class HoldLapsed(DomainError):
    message = _("We could not hold that time any longer. Please choose a time again.")


class TooManyHeld(DomainError):
    message = _(
        "You are already holding three other times. Book one of them, or let one go: each is free"
        " again ten minutes after you chose it. Or call us, and we will find times together."
    )


class TooManyHeldNearby(DomainError):
    message = _(
        "Many times are being held from your network at this moment. Try again in ten minutes, or"
        " call us and we will book it for you."
    )


class TooManyAhead(DomainError):
    message = _(
        "That is as many visits as can be booked online within a day. Please call us for the next"
        " one; what is booked stays booked."
    )


class NotBookable(DomainError):
    message = _("That session cannot be booked right now.")


class OtherTime(DomainError):
    """Two tabs share one draft; the button of the older one must not book the newer one's time."""

    message = _(
        "You have since chosen another time or session, maybe in another tab. Check what this"
        " page says; if it is the right one, press the button again."
    )


class OtherTherapist(DomainError):
    message = _(
        "That time is still free, but with another therapist. Look at the name on this page; if it"
        " works for you, press the button again."
    )


class AlreadyBooked(DomainError):
    message = _("There is already a visit booked at that time.")


class SamePerson(DomainError):
    message = _("A visit for two is for two different people. Please choose someone else.")


class NotTogether(DomainError):
    message = _("These two visits are no longer linked. Please change each one on its own.")


class NeedsAdult(DomainError):
    message = _(
        "A parent or legal guardian books for anyone under 18. If that is you, say so at"
        " “Who is this visit for?”; if not, ask yours or call us."
    )


class NeedsGuardian(NeedsAdult):
    """A minor's own login asks, and there is no adult to name."""

    message = _(
        "For anyone under 18, a parent or legal guardian joins the waitlist, signed in with their"
        " own e-mail address. Ask yours or call us."
    )


class PriceChanged(DomainError):
    """The price on the page is out of date; no one is booked at a price they did not see."""

    message = _(
        "The price of this session has changed since you chose it. Look at the price on this page;"
        " if it is okay, press the button again."
    )


class TooLate(DomainError):
    message = _("It is too late to change this visit online. Please call the clinic.")


class FeeNotAgreed(DomainError):
    """Canceling costs money that the client has not agreed to, or not that much."""

    def __init__(self, cents: int) -> None:
        self.cents = cents
        text = _("Canceling now costs %(fee)s. Please agree to it, or keep the visit.")
        super().__init__(text % {"fee": money(cents)})


class FeeNotShown(FeeNotAgreed):
    """The desk saw a different fee than the client would now owe."""

    def __init__(self, cents: int) -> None:
        super().__init__(cents)
        text = _("%(fee)s is now due if the client asked. Waive it, or cancel anyway.")
        self.message = text % {"fee": money(cents)}


class FeeSettled(DomainError):
    message = _("There is no fee to pay here: it was paid or waived, or there never was one.")


class TooSoonForNoShow(InvalidTransition):
    """The client may only be late."""

    def __init__(self, start: datetime) -> None:
        text = _("A visit can be marked as a no-show from %(time)s. Until then, call the client.")
        super().__init__(text % {"time": clock(start)})


class FeePaid(DomainError):
    message = _("The fee for this missed visit is paid, so it stays a no-show.")


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that a time breaks: its code for the audit record, and what staff read."""

    code: str
    text: str


class NeedsReason(DomainError):
    """Staff may book outside hours and policy, but have to say why."""

    message = _("That time is not normally offered. Say why you are making an exception.")

    def __init__(self, breaches: Sequence[Breach]) -> None:
        self.breaches = list(breaches)
        super().__init__()


class InThePast(DomainError):
    message = _("That day is over. Choose today or a later one.")


class NotReady(DomainError):
    """A visit may not begin yet; `missing` names what is missing."""

    def __init__(self, missing: list[StrOrPromise]) -> None:
        self.missing = missing
        text = " ".join(str(line) for line in missing)
        super().__init__(text or _("This visit is not ready to begin."))
