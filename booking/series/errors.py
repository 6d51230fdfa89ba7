"""What a series refuses; each says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from clinic.errors import DomainError
from clinic.templatetags.clinic_format import day, when

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime


class NoPlan(DomainError):
    code = "no_plan"
    message = _("There is no visit in this plan. Add one, or propose times again.")


class TooManyAtOnce(DomainError):
    code = "too_many_at_once"
    message = _("These are too many visits for one plan. Please book the rest later.")


class TwoOnOneDay(DomainError):
    """A plan has one visit a day."""

    code = "two_on_one_day"

    def __init__(self, days: Sequence[date]) -> None:
        text = _("Two visits are on %(day)s. Please change one of them to another day.")
        super().__init__(text % {"day": ", ".join(day(one) for one in days)})


class PrescriptionDue(DomainError):
    code = "prescription_due"
    message = _(
        "Medical sessions are booked together once we have approved your prescription. Send it to"
        " us first, or choose a self-pay session."
    )


class NotEnoughLeft(DomainError):
    """The prescription has fewer visits left than the plan has."""

    code = "not_enough_left"

    def __init__(self, left: int) -> None:
        self.left = left
        text = ngettext(
            "Only %(left)s visit is left on the prescription. Please drop the others.",
            "Only %(left)s visits are left on the prescription. Please drop the others.",
            left,
        )
        super().__init__(text % {"left": left})


class OutsideDates(DomainError):
    """Days that the prescription does not cover."""

    code = "outside_dates"

    def __init__(self, days: Sequence[date]) -> None:
        self.days = list(days)
        text = _("The prescription does not cover %(days)s. Please choose other days.")
        super().__init__(text % {"days": ", ".join(day(one) for one in days)})


class SeriesTaken(DomainError):
    """Some of the times could not be had, so nothing is booked. `lost` are their starts."""

    code = "series_taken"

    def __init__(self, lost: Sequence[datetime]) -> None:
        self.lost = list(lost)
        text = ngettext(
            "Nothing is booked yet: %(times)s is not free any more.",
            "Nothing is booked yet: these times are not free any more: %(times)s.",
            len(self.lost),
        )
        super().__init__(text % {"times": "; ".join(when(one) for one in lost)})
