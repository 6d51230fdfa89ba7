from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError, InvalidTransition
from clinic.format import clock, us_date

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime, time

    from django_stubs_ext import StrOrPromise


class NotToday(DomainError):
    message = _("A client can be checked in only on the day of the visit.")


class DayOver(NotToday):
    message = _("The day of this visit is over. Use “Record late” and say why.")


class NoOrderYet(DomainError):
    message = _(
        "No approved prescription with visits left covers the day of this session. Check the"
        " prescription first, then count the session."
    )


class NotYet(NotToday):
    message = _("This visit is still to come. It can be recorded once its time has begun.")


class WrongTimes(DomainError):
    message = _("The session must end after it starts, and not in the future.")


class InTheFuture(DomainError):
    message = _("That time is still to come. Enter when the client really arrived.")
    field = "arrived"


class NoSuchTime(DomainError):
    """The night on which the clocks are set forward."""

    def __init__(self, shown: time) -> None:
        text = _("There was no %(time)s that night: the clocks were set forward.")
        super().__init__(text % {"time": f"{shown:%I:%M %p}".lstrip("0").lower()})


class NoMinutes(DomainError):
    message = _("Enter the hands-on minutes of at least one technique.")


class TooManyMinutes(DomainError):
    """More hands-on minutes than elapsed minutes."""

    def __init__(self, minutes: int, elapsed: int) -> None:
        super().__init__(
            _(
                "%(minutes)s hands-on minutes do not fit in the %(elapsed)s minutes between start"
                " and stop. Correct the minutes or the times."
            )
            % {"minutes": minutes, "elapsed": elapsed}
        )


class TooManyOutside(DomainError):
    """More minutes outside the order than there are."""

    def __init__(self, technique: str, minutes: int) -> None:
        text = _(
            "%(technique)s has %(minutes)s minutes in all, and more of them outside the order."
            " Correct one of the two."
        )
        super().__init__(text % {"technique": technique, "minutes": minutes})


class NoMinutesOutside(DomainError):
    """A place was treated that the order does not name."""

    field = "regions"

    def __init__(self, places: Sequence[StrOrPromise]) -> None:
        text = _(
            "The order does not name what you treated here: %(places)s. Enter how many of the"
            " minutes went there, or take it off."
        )
        super().__init__(text % {"places": ", ".join(map(str, places))})


class NoPlaceOutside(DomainError):
    message = _(
        "Some minutes are outside the order. Mark which area they went to, or take them off."
    )
    field = "regions"


class NothingTreated(DomainError):
    message = _("Mark what you treated.")
    field = "regions"


class BeforeArrival(DomainError):
    """It began, or was over, before the client was there."""

    field = "arrived"

    def __init__(self, started_at: datetime, arrived_at: datetime) -> None:
        text = _(
            "The session cannot start at %(start)s: the client arrived at %(arrival)s. Correct the"
            " start, or the arrival if the check-in was late."
        )
        super().__init__(text % {"start": clock(started_at), "arrival": clock(arrived_at)})


class AlreadyElsewhere(DomainError):
    """The therapist was in another session."""

    def __init__(
        self, *, therapist: str, client: str, start: datetime, stop: datetime | None
    ) -> None:
        words = {
            "therapist": therapist,
            "client": client or now_("another client"),
            "start": clock(start),
            "stop": clock(stop),
        }
        if stop is None:
            text = _(
                "%(therapist)s has been with %(client)s since %(start)s. Finish that session, or"
                " correct its times, first."
            )
        else:
            text = _(
                "%(therapist)s was with %(client)s from %(start)s to %(stop)s. Correct these times,"
                " or those of that session."
            )
        super().__init__(text % words)


class OtherSession(DomainError):
    """The same, found by the database: someone recorded the other one at this moment."""

    message = _(
        "Someone has just recorded another session of this therapist at that time. Check the times,"
        " then save again."
    )


class NeedsWord(DomainError):
    """Unlikely, but possible: `doubts` says what, in words."""

    field = "word"

    def __init__(self, doubts: Sequence[StrOrPromise]) -> None:
        self.doubts = list(doubts)
        ask = _("Say why, in a few words; it is kept with the visit.")
        super().__init__(" ".join(str(line) for line in [*doubts, ask]))


class NeedsReason(DomainError):
    message = _("Say why. The reason is kept with the visit.")
    field = "reason"


class NothingChanged(DomainError):
    message = _("Nothing is different from what is recorded. Change what is wrong, then save.")


class TooLongAgo(DomainError):
    """Beyond what the desk and therapists may enter late."""

    def __init__(self, days: int) -> None:
        text = _("That is more than %(days)s days ago. Ask a manager to record it.")
        super().__init__(text % {"days": days})


class BeforeBirth(DomainError):
    message = _("That day is before the client was born. Check the date of the visit.")


class NotCoveredThen(DomainError):
    """A medical visit without its prescription."""

    def __init__(self, day: date) -> None:
        text = _(
            "No approved prescription covers %(day)s. Review one that does, or make the visit"
            " self-pay, then record it."
        )
        super().__init__(text % {"day": us_date(day)})


class Canceled(InvalidTransition):
    message = _(
        "This visit was canceled, so it cannot be recorded. If the client came after all, use"
        " “Past visit” on their page."
    )


class MarkedNoShow(InvalidTransition):
    message = _("This visit is marked as a no-show. Undo that first, then record it.")


class AlreadyRecorded(InvalidTransition):
    message = _("This visit is recorded already. Use “Correct” to change it.")


class TimeInUse(DomainError):
    """A past visit where the diary has another one; the message says which."""


class StandsBehind(DomainError):
    """Something was issued or paid for the visit; the message says what to void first."""
