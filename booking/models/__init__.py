"""The diary: who works when, who comes when, who waits, and which calendars look on."""

from booking.models.appointment import (
    FREE,
    LONGEST,
    SEATS,
    TAKES_TIME,
    TRANSITIONS,
    Appointment,
    AppointmentQuerySet,
    AppointmentStatus,
    CancelCause,
)
from booking.models.calendars import CalendarFeed, ExternalBusy, ExternalCalendar
from booking.models.hours import (
    BookingPolicy,
    ClosedDate,
    DateHours,
    TimeOff,
    WorkingBreak,
    WorkingHours,
)
from booking.models.waitlist import WaitlistEntry, WaitlistOffer

__all__ = [
    "FREE",
    "LONGEST",
    "SEATS",
    "TAKES_TIME",
    "TRANSITIONS",
    "Appointment",
    "AppointmentQuerySet",
    "AppointmentStatus",
    "BookingPolicy",
    "CalendarFeed",
    "CancelCause",
    "ClosedDate",
    "DateHours",
    "ExternalBusy",
    "ExternalCalendar",
    "TimeOff",
    "WaitlistEntry",
    "WaitlistOffer",
    "WorkingBreak",
    "WorkingHours",
]
