"""The diary: who works when, who comes when, who waits, and which calendars connect to it."""

from booking.models.appointment import (
    BUSY_SQL,
    FREE,
    HELD_SQL,
    LAPSED_SQL,
    LONGEST,
    OPEN,
    SEATS,
    TAKES_TIME,
    TAKES_TIME_SQL,
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
    "BUSY_SQL",
    "FREE",
    "HELD_SQL",
    "LAPSED_SQL",
    "LONGEST",
    "OPEN",
    "SEATS",
    "TAKES_TIME",
    "TAKES_TIME_SQL",
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
