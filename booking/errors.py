from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class SlotTaken(DomainError):
    code = "slot_taken"
    message = _("That time is not free any more. Please choose another.")


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
        "You have chosen another time since, maybe in another tab. Look at the time on this page;"
        " if it is the right one, press the button again."
    )


class AlreadyBooked(DomainError):
    code = "already_booked"
    message = _("There is already a visit booked at that time.")


class TooLate(DomainError):
    code = "too_late"
    message = _("It is too late to change this visit online. Please call the clinic.")


class NotReady(DomainError):
    """A visit may not begin yet; `missing` names each thing that is."""

    code = "not_ready"

    def __init__(self, missing: list[StrOrPromise]) -> None:
        self.missing = missing
        text = " ".join(str(line) for line in missing)
        super().__init__(text or _("This visit is not ready to begin."))
