from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from clinic import format as clinic_format

AT = datetime(2026, 11, 24, 15, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cents", "text"),
    [
        (0, "$0.00"),
        (5, "$0.05"),
        (10000, "$100.00"),
        (123456789, "$1,234,567.89"),
        (-250, "\N{MINUS SIGN}$2.50"),
    ],
)
def test_money_shows_dollars_and_two_cents(cents: int, text: str) -> None:
    assert clinic_format.money(cents) == text


def test_times_read_the_us_way_in_the_clinics_zone() -> None:
    with timezone.override(ZoneInfo("America/New_York")):
        assert clinic_format.when(AT) == "Tue, Nov 24, 10:45 am"
        assert clinic_format.longday(date(2026, 11, 24)) == "Tuesday, November 24"
        assert clinic_format.us_date(AT) == "Nov 24, 2026"
        assert clinic_format.clock(None) == ""
