"""What a series refuses; each message says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from clinic.errors import DomainError
from clinic.format import day, when

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime


class NoPlan(DomainError):
    message = _("There are no visits in this plan. Add one, or suggest times again.")


class NothingChosen(DomainError):
    message = _("Check the visits to cancel.")


class TooManyAtOnce(DomainError):
    message = _("That is too many visits for one plan. Please book the rest later.")


class TwoOnOneDay(DomainError):
    """A plan has one visit a day."""

    def __init__(self, days: Sequence[date]) -> None:
        text = _("Two visits are on %(day)s. Please change one of them to another day.")
        super().__init__(text % {"day": ", ".join(day(one) for one in days)})


class PrescriptionDue(DomainError):
    message = _(
        "Medical sessions are booked together once we have approved your prescription. Send it to"
        " us first, or choose a self-pay session."
    )


class NotEnoughLeft(DomainError):
    """The prescription has fewer visits left than the plan has."""

    def __init__(self, left: int) -> None:
        self.left = left
        text = ngettext(
            "Only %(left)s visit is left on the prescription. Please remove the others.",
            "Only %(left)s visits are left on the prescription. Please remove the others.",
            left,
        )
        super().__init__(text % {"left": left})


class OutsideDates(DomainError):
    """Days that the prescription does not cover."""

    def __init__(self, days: Sequence[date]) -> None:
        self.days = list(days)
        text = _("The prescription does not cover %(days)s. Please choose other days.")
        super().__init__(text % {"days": ", ".join(day(one) for one in days)})


class SeriesTaken(DomainError):
    """Some of the times were not available, so nothing is booked. `lost` are their starts."""

    def __init__(self, lost: Sequence[datetime]) -> None:
        self.lost = list(lost)
        text = ngettext(
            "Nothing is booked yet: %(times)s is no longer free.",
            "Nothing is booked yet: these times are no longer free: %(times)s.",
            len(self.lost),
        )
        super().__init__(text % {"times": "; ".join(when(one) for one in lost)})


class NeedsPaceReason(DomainError):
    """Staff book more in a week than prescribed, and have to say why."""

    def __init__(self, days: Sequence[date]) -> None:
        self.days = list(days)
        text = _(
            "More visits in a week than prescribed: %(days)s. Say why, in a few words, or take them"
            " out of the plan."
        )
        super().__init__(text % {"days": ", ".join(day(one) for one in days)})
