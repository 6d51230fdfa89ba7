"""Feeds written against the standard: whatever else, nothing busy is lost."""

from __future__ import annotations

import pytest

from tests.booking.calendars.test_busy_times import busy, calendar, event
from tests.booking.calendars.test_busy_times import read as read_apart

EIGHTH, NINTH, TENTH = (f"06-{day} 10:00 -0400" for day in ("08", "09", "10"))


def at(day: int, *more: str, uid: str = "u") -> str:
    return event(f"DTSTART:202606{day:02}T140000Z", "DURATION:PT1H", *more, uid=uid)


def begins(*events: str, **kwargs: tuple[str, ...]) -> list[str]:
    return [start for start, _end in busy(*events, **kwargs)]  # type: ignore[arg-type]


@pytest.mark.parametrize("uid", ["u", "", " "])
def test_events_that_share_a_uid_are_all_busy(uid: str) -> None:
    assert begins(at(8, uid=uid), at(9, uid=uid), at(10, uid=uid)) == [EIGHTH, NINTH, TENTH]


def test_so_are_events_without_any_uid() -> None:
    bare = [at(day).replace("UID:u\r\n", "") for day in (8, 9)]
    assert begins(*bare) == [EIGHTH, NINTH]


@pytest.mark.parametrize("numbers", [(0, 1, 2), (2, 1, 0), (1, 1, 5)])
def test_and_with_another_sequence_each(numbers: tuple[int, ...]) -> None:
    events = [at(8 + n, f"SEQUENCE:{number}") for n, number in enumerate(numbers)]
    assert begins(*events) == [EIGHTH, NINTH, TENTH]


def test_two_series_that_share_a_uid_both_repeat() -> None:
    assert begins(at(8, "RRULE:FREQ=DAILY;COUNT=2"), at(10)) == [EIGHTH, NINTH, TENTH]


def test_a_changed_occurrence_still_replaces_its_own() -> None:
    moved = event(
        "RECURRENCE-ID:20260609T140000Z", "DTSTART:20260609T180000Z", "DURATION:PT1H", uid="u"
    )
    series = at(8, "RRULE:FREQ=DAILY;COUNT=2")
    assert begins(series, moved) == begins(moved, series) == [EIGHTH, "06-09 14:00 -0400"]


def test_a_canceled_occurrence_is_free_and_the_newest_version_of_one_counts() -> None:
    series = at(8, "RRULE:FREQ=DAILY;COUNT=2")
    canceled = at(9, "RECURRENCE-ID:20260609T140000Z", "STATUS:CANCELLED", "SEQUENCE:1")
    assert begins(series, canceled) == [EIGHTH]
    later = event(
        *("RECURRENCE-ID:20260609T140000Z", "DTSTART:20260609T180000Z", "DURATION:PT1H"),
        "SEQUENCE:2",
        uid="u",
    )
    assert begins(series, canceled, later) == [EIGHTH, "06-09 14:00 -0400"]


def test_one_occurrence_changed_twice_without_an_order_is_busy_twice() -> None:
    both = [
        event("RECURRENCE-ID:20260609T140000Z", f"DTSTART:202606{day}T140000Z", "DURATION:PT1H")
        for day in ("08", "10")
    ]
    assert begins(*both) == [EIGHTH, TENTH]


def test_our_own_entries_are_known_however_often_they_come_back() -> None:
    ours = "0190a7c2-0000-4000-8000-00000000000a"
    twice = [at(day, uid=f"{ours}@clinic.test") for day in (8, 9)]
    away = [at(day, uid=f"away-{ours}@clinic.test") for day in (8, 9)]
    assert begins(*twice, *away, skip=(ours,)) == []


def test_a_broken_sequence_or_recurrence_hides_nothing() -> None:
    assert begins(at(8, "SEQUENCE:many"), at(9, "SEQUENCE:1", "SEQUENCE:2")) == [EIGHTH, NINTH]
    assert EIGHTH in begins(at(8), at(9, "RECURRENCE-ID:20260609T140000Z", "RECURRENCE-ID:never"))


@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTART;TZID=tzone://Microsoft/Custom:20260608T100000", "DURATION:PT1H"),
        (
            "DTSTART;VALUE=DATE-TIME;TZID=tzone://Microsoft/Custom:20260608T100000",
            "DTEND;TZID=tzone://Microsoft/Cus\r\n tom:20260608T110000",
        ),
        ("DTSTART;TZID=tzone://Microsoft/Utc;VALUE=DATE-TIME:20260608T100000", "DURATION:PT1H"),
        ('DTSTART;TZID="tzone://Microsoft/Custom":20260608T100000', "DURATION:PT1H"),
    ],
)
def test_a_zone_with_a_colon_need_not_be_quoted(lines: tuple[str, ...]) -> None:
    """It is unknown, so it is read on the clinic's clocks."""
    assert busy(event(*lines)) == [(EIGHTH, "06-08 11:00 -0400")]


def test_such_a_zone_is_understood_if_the_calendar_defines_it() -> None:
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:tzone://Microsoft/Custom\r\nBEGIN:STANDARD\r\n"
        "DTSTART:16010101T000000\r\nTZOFFSETFROM:-0700\r\nTZOFFSETTO:-0700\r\n"
        "END:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    lines = ("DTSTART;TZID=tzone://Microsoft/Custom:20260608T070000", "DURATION:PT1H")
    assert busy(event(*lines), head=zone) == [(EIGHTH, "06-08 11:00 -0400")]


def test_a_description_that_looks_like_a_zone_stays_as_it_is() -> None:
    assert begins(at(8, "DESCRIPTION:see ;TZID=a:b:20260608T100000", "URL:https://a.test/x")) == [
        EIGHTH
    ]


def free_busy(*lines: str) -> str:
    inside = ("BEGIN:VFREEBUSY", "DTSTART:20260601T000000Z", "DTEND:20260701T000000Z", *lines)
    return "\r\n".join([*inside, "END:VFREEBUSY", ""])


def test_periods_that_are_published_as_busy_count() -> None:
    published = free_busy(
        "FREEBUSY:20260608T140000Z/PT1H,20260609T140000Z/20260609T150000Z",
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20260610T140000Z/PT1H",
        "FREEBUSY;FBTYPE=FREE:20260611T140000Z/PT1H",
    )
    assert begins(published) == [EIGHTH, NINTH, TENTH]
    assert len(read_apart(calendar(published))) == 3
    assert begins(free_busy()) == []


def test_a_period_outside_of_the_window_is_not_kept() -> None:
    assert begins(free_busy("FREEBUSY:20250608T140000Z/PT1H,20280608T140000Z/PT1H")) == []


@pytest.mark.parametrize(
    ("start", "end"), [("0230", "0300"), ("0230", "0330"), ("0200", "0230"), ("0230", "0400")]
)
@pytest.mark.parametrize("zone", ["", ";TZID=America/New_York"])
def test_an_event_on_the_night_the_clocks_go_forward_does_not_vanish(
    start: str, end: str, zone: str
) -> None:
    skipped = event(f"DTSTART{zone}:20260308T{start}00", f"DTEND{zone}:20260308T{end}00")
    assert len(busy(skipped)) == 1
    daily = event(
        f"DTSTART{zone}:20260307T{start}00",
        f"DTEND{zone}:20260307T{end}00",
        "RRULE:FREQ=DAILY;COUNT=3",
    )
    assert len(busy(daily)) == 3
    assert busy(event("DTSTART:20260308T023000")) == []  # without a length
