from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError
from clinic.templatetags.clinic_format import money

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_stubs_ext import StrOrPromise

    from booking.outside import Breach


class SlotTaken(DomainError):
    code = "slot_taken"
    message = _("That time is not free any more. Please choose another.")


class NoRoomForTwo(SlotTaken):
    """Whatever therapists are free, no double room is."""


class HoldLapsed(DomainError):
    code = "hold_lapsed"
    message = _("We could not keep that time any longer. Please choose a time again.")


class NotBookable(DomainError):
    code = "not_bookable"
    message = _("That session cannot be booked at the moment.")


class OtherTime(DomainError):
    """Two tabs share one draft; the button of the older one must not book the newer one's time."""

    code = "other_time"
    message = _(
        "You have chosen another time or session since, maybe in another tab. Look at what this"
        " page says; if it is the right one, press the button again."
    )


class OtherTherapist(DomainError):
    code = "other_therapist"
    message = _(
        "That time is still free, but with another therapist. Look at the name on this page; if it"
        " suits you, press the button again."
    )


class AlreadyBooked(DomainError):
    code = "already_booked"
    message = _("There is already a visit booked at that time.")


class SamePerson(DomainError):
    code = "same_person"
    message = _("A visit for two is for two different people. Please choose somebody else.")


class NotTogether(DomainError):
    code = "not_together"
    message = _("These two visits are not together any more. Please change each by itself.")


class NeedsAdult(DomainError):
    code = "needs_adult"
    message = _(
        "For somebody under 18 a parent or legal guardian books. If that is you, say so at"
        " “Who is this visit for?”; if not, ask yours, or call us."
    )


class NeedsGuardian(NeedsAdult):
    """A minor's own login asks, where there is nobody else to be named."""

    message = _(
        "For somebody under 18 a parent or legal guardian asks for a time, signed in with their"
        " own e-mail address. Ask yours, or call us."
    )


class PriceChanged(DomainError):
    """The price on the page is not the price any more; nobody is booked at one they did not see."""

    code = "price_changed"
    message = _(
        "The price of this session has changed since you chose it. Look at the price on this page;"
        " if it is all right, press the button again."
    )


class TooLate(DomainError):
    code = "too_late"
    message = _("It is too late to change this visit online. Please call the clinic.")


class FeeNotAgreed(DomainError):
    """Cancelling costs something that the client has not agreed to, or not to that much."""

    code = "fee_not_agreed"

    def __init__(self, cents: int) -> None:
        self.cents = cents
        text = _("Cancelling now costs %(fee)s. Please agree to it, or keep the visit.")
        super().__init__(text % {"fee": money(cents)})


class FeeNotShown(FeeNotAgreed):
    """The desk was shown another fee than the client would owe by now."""

    code = "fee_not_shown"

    def __init__(self, cents: int) -> None:
        super().__init__(cents)
        text = _("By now %(fee)s is due if the client asked. Waive it, or cancel all the same.")
        self.message = text % {"fee": money(cents)}


class FeeSettled(DomainError):
    code = "fee_settled"
    message = _("There is no fee to pay here any more: it was paid or waived, or there was none.")


class FeePaid(DomainError):
    code = "fee_paid"
    message = _("The fee for this missed visit is paid, so it stays a missed visit.")


class NeedsReason(DomainError):
    """Staff may book outside hours and policy, but have to say why."""

    code = "needs_reason"
    message = _("That time is not one that is offered. Say why it is given all the same.")

    def __init__(self, breaches: Sequence[Breach]) -> None:
        self.breaches = list(breaches)
        super().__init__()


class InThePast(DomainError):
    code = "in_the_past"
    message = _("That day is over. Choose today or a later one.")


class NotReady(DomainError):
    """A visit may not begin yet; `missing` names each thing that is."""

    code = "not_ready"

    def __init__(self, missing: list[StrOrPromise]) -> None:
        self.missing = missing
        text = " ".join(str(line) for line in missing)
        super().__init__(text or _("This visit is not ready to begin."))
