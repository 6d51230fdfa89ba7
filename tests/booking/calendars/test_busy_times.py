"""Other people's events read into busy spans: zones, whole days, repetition, and bombs."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.calendars import busy_times
from booking.calendars.busy_times import CannotRead, Unreadable, merge
from booking.times.availability import seconds

NEW_YORK = ZoneInfo("America/New_York")
FIRST = datetime(2026, 3, 1, tzinfo=NEW_YORK)
LAST = datetime(2026, 12, 1, tzinfo=NEW_YORK)


def event(*lines: str, uid: str = "one@elsewhere") -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", *lines, "END:VEVENT", ""])


def calendar(*events: str, head: str = "") -> bytes:
    start = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:elsewhere\r\n{head}"
    return (start + "".join(events) + "END:VCALENDAR\r\n").encode()


def busy(
    *events: str, zone: ZoneInfo = NEW_YORK, head: str = "", skip: tuple[str, ...] = ()
) -> list[tuple[str, str]]:
    """Spans as local clocks show them, read in this process."""
    spans = busy_times.spans(
        calendar(*events, head=head), zone, seconds(FIRST), seconds(LAST), skip
    )
    return [(local(begins, zone), local(ends, zone)) for begins, ends in spans]


def local(at: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at, zone).strftime("%m-%d %H:%M %z")


def test_a_time_in_utc_in_a_zone_and_afloat() -> None:
    assert busy(
        event("DTSTART:20260310T140000Z", "DTEND:20260310T150000Z"),
        event("DTSTART;TZID=Europe/Berlin:20260311T140000", "DURATION:PT30M", uid="2"),
        event("DTSTART:20260312T140000", "DTEND:20260312T150000", uid="3"),
    ) == [
        ("03-10 10:00 -0400", "03-10 11:00 -0400"),
        ("03-11 09:00 -0400", "03-11 09:30 -0400"),
        ("03-12 14:00 -0400", "03-12 15:00 -0400"),
    ]


def test_unknown_zones_are_read_on_the_clinics_clocks_and_windows_names_are_known() -> None:
    assert busy(
        event("DTSTART;TZID=Moon/Crater:20260310T140000", "DURATION:PT1H"),
        event("DTSTART;TZID=Pacific Standard Time:20260311T140000", "DURATION:PT1H", uid="2"),
    ) == [
        ("03-10 14:00 -0400", "03-10 15:00 -0400"),
        ("03-11 17:00 -0400", "03-11 18:00 -0400"),
    ]


def test_a_zone_that_the_calendar_defines_itself_is_understood() -> None:
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Customized Time Zone\r\nBEGIN:STANDARD\r\n"
        "DTSTART:16010101T000000\r\nTZOFFSETFROM:-0700\r\nTZOFFSETTO:-0700\r\n"
        "END:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    inside = event("DTSTART;TZID=Customized Time Zone:20260310T140000", "DURATION:PT1H")
    assert busy(inside, head=zone) == [("03-10 17:00 -0400", "03-10 18:00 -0400")]


def test_floating_times_belong_to_the_zone_that_the_calendar_names() -> None:
    floating = event("DTSTART:20260312T140000", "DTEND:20260312T150000")
    head = "X-WR-TIMEZONE:America/Los_Angeles\r\n"
    assert busy(floating, head=head) == [("03-12 17:00 -0400", "03-12 18:00 -0400")]


def test_whole_days_are_the_clinics_own_days_also_when_clocks_change() -> None:
    assert busy(event("DTSTART;VALUE=DATE:20260308")) == [
        ("03-08 00:00 -0500", "03-09 00:00 -0400")  # 23 hours
    ]
    assert busy(event("DTSTART;VALUE=DATE:20261101", "DTEND;VALUE=DATE:20261102")) == [
        ("11-01 00:00 -0400", "11-02 00:00 -0500")  # 25 hours
    ]
    assert busy(
        event("DTSTART;VALUE=DATE:20260607", "DTEND;VALUE=DATE:20260610"),
        head="X-WR-TIMEZONE:Asia/Tokyo\r\n",
    ) == [("06-07 00:00 -0400", "06-10 00:00 -0400")]


def test_a_day_without_a_midnight_begins_when_it_begins() -> None:
    santiago = ZoneInfo("America/Santiago")  # clocks jump from 00:00 to 01:00 on 6 September
    assert busy(event("DTSTART;VALUE=DATE:20260906"), zone=santiago) == [
        ("09-06 01:00 -0300", "09-07 00:00 -0300")
    ]


def test_weekly_events_keep_their_wall_clock_across_both_changes() -> None:
    weekly = event(
        "DTSTART;TZID=America/New_York:20250105T090000",
        "DTEND;TZID=America/New_York:20250105T100000",
        "RRULE:FREQ=WEEKLY",
        "EXDATE;TZID=America/New_York:20260315T090000",
    )
    moved = event(
        "RECURRENCE-ID;TZID=America/New_York:20260322T090000",
        "DTSTART;TZID=America/New_York:20260322T120000",
        "DTEND;TZID=America/New_York:20260322T130000",
    )
    gone = event(
        "RECURRENCE-ID;TZID=America/New_York:20260329T090000",
        "DTSTART;TZID=America/New_York:20260329T090000",
        "STATUS:CANCELLED",
    )
    spans = [begins for begins, _ends in busy(weekly, moved, gone)]
    assert spans[:4] == [
        "03-01 09:00 -0500",
        "03-08 09:00 -0400",
        "03-22 12:00 -0400",
        "04-05 09:00 -0400",
    ]
    assert "10-25 09:00 -0400" in spans
    assert "11-01 09:00 -0500" in spans


def test_what_is_free_or_cancelled_or_has_no_length_blocks_nothing() -> None:
    when = ("DTSTART:20260310T140000Z", "DTEND:20260310T150000Z")
    assert busy(event(*when, "TRANSP:TRANSPARENT"), event(*when, "STATUS:CANCELLED", uid="2")) == []
    assert busy(event("DTSTART:20260310T140000Z")) == []
    assert len(busy(event(*when, "STATUS:TENTATIVE", "TRANSP:OPAQUE"))) == 1


def test_our_own_entries_coming_back_block_nothing() -> None:
    when = ("DTSTART:20260310T140000Z", "DTEND:20260310T150000Z")
    ours = "0190a7c2-0000-4000-8000-00000000000A"
    assert busy(event(*when, uid=f"{ours}@clinic.test"), skip=(ours.lower(),)) == []
    assert busy(event(*when, uid=f"away-{ours}@clinic.test")) == []
    assert len(busy(event(*when, uid=f"{ours}@clinic.test"))) == 1


def test_uids_that_may_be_ours_are_found_in_the_text() -> None:
    uid = "0190a7c2-0000-4000-8000-00000000000A"
    content = calendar(
        event(uid=f"{uid}@clinic.test"), event(uid="x@y"), event(uid=f"away-{uid}@z")
    )
    assert busy_times.possibly_ours(content) == [uid.lower()]


def test_spans_are_cut_to_the_window_and_merged() -> None:
    assert busy(
        event("DTSTART:20260101T000000Z", "DTEND:20260301T100000Z"),
        event("DTSTART:20260301T100000Z", "DTEND:20260301T110000Z", uid="2"),
        event("DTSTART:20260301T103000Z", "DTEND:20260301T120000Z", uid="3"),
        event("DTSTART:20261130T000000Z", "DTEND:20270301T100000Z", uid="4"),
        event("DTSTART:20270101T000000Z", "DTEND:20270301T100000Z", uid="5"),
    ) == [
        ("03-01 00:00 -0500", "03-01 07:00 -0500"),
        ("11-29 19:00 -0500", "12-01 00:00 -0500"),
    ]


def test_one_broken_event_does_not_hide_the_others() -> None:
    good = event("DTSTART:20260310T140000Z", "DTEND:20260310T150000Z", uid="good")
    broken = [
        event("DTSTART:20260310T140000Z", "RRULE:FREQ=SOMETIMES", uid="1"),
        event("DTSTART:whenever", uid="2"),
        event("SUMMARY:no start at all", uid="3"),
    ]
    assert len(busy(good, *broken)) == 1


def test_several_calendars_in_one_file_all_count() -> None:
    both = calendar(event("DTSTART:20260310T140000Z", "DURATION:PT1H")) + calendar(
        event("DTSTART:20260311T140000Z", "DURATION:PT1H")
    )
    assert len(busy_times.spans(both, NEW_YORK, seconds(FIRST), seconds(LAST), ())) == 2


def read(content: bytes) -> list[tuple[int, int]]:
    return busy_times.read(content, zone=NEW_YORK, start=FIRST, end=LAST, skip=())


def test_reading_happens_in_a_process_of_its_own() -> None:
    content = b"\xef\xbb\xbf" + calendar(
        event("DTSTART:20260310T140000Z", "DURATION:PT1H", "SUMMARY:Käse")
    )
    start = seconds(datetime(2026, 3, 10, 14, tzinfo=UTC))
    assert read(content) == [(start, start + 3600)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<!doctype html><title>My calendar</title>", Unreadable.WEB_PAGE),
        (b"\r\n <html>", Unreadable.WEB_PAGE),
        (b"", Unreadable.NOT_A_CALENDAR),
        (b"hello", Unreadable.NOT_A_CALENDAR),
        (b"\x89PNG\x00\xff", Unreadable.NOT_A_CALENDAR),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", Unreadable.NOT_A_CALENDAR),  # cut off
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR", Unreadable.NOT_A_CALENDAR),
        (b"BEGIN:VCALENDAR\r\nCALSCALE:MOON\r\nEND:VCALENDAR", Unreadable.NOT_A_CALENDAR),
        (calendar(event("DTSTART:20260301T000000Z", "RRULE:FREQ=SECONDLY")), Unreadable.TOO_MANY),
        (calendar(event("DTSTART:20260301T000000Z", "RRULE:FREQ=MINUTELY")), Unreadable.TOO_MANY),
        (
            calendar(event("DTSTART:20260301T000000Z", "DURATION:PT1M", "RRULE:FREQ=HOURLY")),
            Unreadable.TOO_MANY,
        ),
    ],
)
def test_what_cannot_be_read_has_a_reason(content: bytes, reason: Unreadable) -> None:
    with pytest.raises(CannotRead) as refused:
        read(content)
    assert refused.value.why == reason


@pytest.mark.slow
def test_a_rule_that_never_ends_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(busy_times, "SECONDS", 1)
    monkeypatch.setattr(busy_times, "SPARE", 0)
    never = "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"
    bomb = calendar(*(event("DTSTART:20000101T100000Z", never, uid=str(n)) for n in range(50)))
    began = time.monotonic()
    with pytest.raises(CannotRead) as refused:
        read(bomb)
    assert refused.value.why == Unreadable.TOO_MANY
    assert time.monotonic() - began < 10


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(-5, 20)), max_size=12).map(
    lambda pairs: [(start, start + length) for start, length in pairs]
)


def minutes(found: list[tuple[int, int]]) -> set[int]:
    return {minute for start, end in found for minute in range(start, end)}


@given(spans)
def test_merging_keeps_every_instant_and_leaves_gaps_between(found: list[tuple[int, int]]) -> None:
    merged = merge(found)
    assert minutes(merged) == minutes(found)
    assert all(start < end for start, end in merged)
    assert all(before[1] < after[0] for before, after in pairwise(merged))


@given(spans, st.randoms())
def test_merging_depends_on_neither_order_nor_repetition(
    found: list[tuple[int, int]], chance: object
) -> None:
    shuffled = [*found, *found]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert merge(shuffled) == merge(found) == merge(merge(found))


def test_the_window_of_a_horizon_is_not_a_burden() -> None:
    """A busy year of single events is read in a few seconds, process and all."""
    many = [
        event(
            f"DTSTART:{FIRST + timedelta(hours=5 * n):%Y%m%dT%H%M%S}",
            "DURATION:PT1H",
            uid=str(n),
        )
        for n in range(1000)
    ]
    began = time.monotonic()
    assert len(read(calendar(*many))) > 900
    assert time.monotonic() - began < 10
