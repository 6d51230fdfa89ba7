"""The day that a page shows, with the days around it: `components/day_head.html`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypedDict

from django.utils import timezone

from clinic.dates import day_or_none

if TYPE_CHECKING:
    from datetime import date

    from django.http import HttpRequest


class ShownDay(TypedDict):
    day: date
    today: date
    previous: date
    next: date


def shown_day(request: HttpRequest) -> ShownDay:
    """The day that the URL names, or else today at the clinic."""
    today = timezone.localdate()
    day = day_or_none(request.GET.get("day")) or today
    one = timedelta(days=1)
    return {"day": day, "today": today, "previous": day - one, "next": day + one}
