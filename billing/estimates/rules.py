"""By when an estimate must be given, and when a bill is too far above it. Pure.

Source: 45 CFR 149.610(b)(1)(vi) for the days, 45 CFR 149.620(a)(2) for the $400.
"""

from __future__ import annotations

from datetime import date, timedelta

from booking.setup import holidays

SATURDAY = 5
SOON, AHEAD = 3, 10  # business days from booking to the visit
DISPUTABLE_CENTS = 40_000


def is_business_day(day: date) -> bool:
    return day.weekday() < SATURDAY and all(one.day != day for one in holidays.federal(day.year))


def after(day: date, count: int) -> date:
    """The business day that is so many after this one."""
    while count:
        day += timedelta(days=1)
        count -= is_business_day(day)
    return day


def days_between(day: date, later: date) -> int:
    """Business days after one day, up to a later one."""
    span = (later - day).days
    return sum(is_business_day(day + timedelta(days=n)) for n in range(1, span + 1))


def due_on(asked: date, visit: date | None) -> date | None:
    """By when it must be given. `visit`: the day that was booked; None: it was asked for.

    None for a visit so soon that none is required.
    """
    if visit is None:
        return after(asked, 3)
    ahead = days_between(asked, visit)
    if ahead < SOON:
        return None
    return after(asked, 1 if ahead < AHEAD else 3)


def is_disputable(estimated_cents: int, billed_cents: int) -> bool:
    return billed_cents - estimated_cents >= DISPUTABLE_CENTS
