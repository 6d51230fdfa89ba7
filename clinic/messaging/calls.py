"""Which messages become a telephone call for who is not written to, why, and by when. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

DAY = timedelta(days=1)
BEFORE_A_VISIT = timedelta(hours=2)  # who hears of it later may be on the way
AT_LEAST = timedelta(minutes=30)  # for someone at the desk alone
ANY = "messages/calls/any.txt"


@dataclass(frozen=True, slots=True)
class Call:
    why: StrOrPromise
    script: str = ANY  # what the desk says
    lapses: bool = True  # pointless once the visit has begun
    is_about_visit: bool = False  # `Message.about` is one visit


_NEWS = Call(_("Answer to a prescription"))

# Every kind of message to a client. None: they can do without it; no one is called for that.
CALLS: dict[str, Call | None] = {
    "booking.confirmed": Call(
        _("Confirm the visit"), "messages/calls/booking_confirmed.txt", is_about_visit=True
    ),
    "booking.moved": Call(
        _("Tell the new time"), "messages/calls/booking_moved.txt", is_about_visit=True
    ),
    "booking.cancelled": Call(
        _("Tell that the visit is canceled"),
        "messages/calls/booking_cancelled.txt",
        lapses=False,
        is_about_visit=True,
    ),
    "booking.reminder": Call(
        _("Remind of the visit"), "messages/calls/booking_reminder.txt", is_about_visit=True
    ),
    "booking.series": Call(_("Confirm the visits"), "messages/calls/booking_series.txt"),
    "booking.series_cancelled": Call(
        _("Tell that the visits are canceled"),
        "messages/calls/booking_series_cancelled.txt",
        lapses=False,
    ),
    "booking.offer": Call(_("Offer the time that opened up"), "messages/calls/booking_offer.txt"),
    "prescription_approved": _NEWS,
    "prescription_needs_information": _NEWS,
    "prescription_rejected": _NEWS,
    "prescription_renewal": Call(_("Prescription runs out soon")),
    "prescriber_declined": _NEWS,
    "prescriber_signed": _NEWS,
    "intake.decided": Call(_("Answer to the questionnaire")),
    "news": Call(_("Answer to a request")),
    "receipt": None,  # handed over at the desk
    "estimate": None,
    "follow_up": None,
}


def call_for(kind: str) -> Call | None:
    return CALLS.get(kind)


def is_to_client(kind: str) -> bool:
    """Whether this kind of message is for the client: not a code, nor to a doctor or colleague."""
    return kind in CALLS


@dataclass(frozen=True, slots=True)
class Times:
    call_by: datetime
    expires_at: datetime | None


def times(
    call: Call, now: datetime, *, visit_at: datetime | None, expires_at: datetime | None
) -> Times:
    """By when to call: within a day, two hours before the visit, before it is pointless.

    There is always half an hour to do it, unless even that is too late.
    """
    end = expires_at or (visit_at if call.lapses else None)
    wanted = now + DAY
    if visit_at is not None:
        wanted = min(wanted, visit_at - BEFORE_A_VISIT)
    wanted = max(wanted, now + AT_LEAST)
    return Times(min(wanted, end) if end else wanted, end)
