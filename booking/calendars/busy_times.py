"""When someone else's calendar says busy (RFC 5545): events in, merged spans out. No Django.

The input comes from strangers, and a single line ("every second, on February 30") can keep
a parser busy for years. So `read` runs it in its own process, with little memory, little
time and none of our secrets; `python -m booking.calendars.busy_times` is that process.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from icalendar import Calendar
from recurring_ical_events import CalendarQuery, of

from booking.calendars.mending import mended, tell_apart
from booking.times.availability import seconds, to_instant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from booking.times.availability import Span

MOST = 5000  # occurrences in the window
SECONDS = 20  # of CPU time, for one calendar
SPARE = 10  # seconds more on a busy machine
MEMORY = 1024**3
DAY = timedelta(days=1)
ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")  # to find Python's libs
ENDLESS = {"SECONDLY", "MINUTELY"}  # no real day looks like that
OURS = re.compile(rb"^UID:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@", re.I | re.M)
BROKEN = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
AWAY = "away-"  # time off in our own feeds


class Patient(CalendarQuery):  # type: ignore[misc]  # it ships no types
    """Skips a broken event and goes on to the next."""

    suppressed_errors = [*CalendarQuery.suppressed_errors, *BROKEN]


class Unreadable(StrEnum):
    WEB_PAGE = "web_page"
    NOT_A_CALENDAR = "not_a_calendar"
    TOO_MANY = "too_many"


class CannotRead(Exception):
    def __init__(self, why: Unreadable) -> None:
        super().__init__(why)
        self.why = why


def read(
    content: bytes, *, zone: ZoneInfo, start: datetime, end: datetime, skip: Collection[str]
) -> list[Span]:
    """The spans that are busy in [start, end); `skip` names the entries (UIDs up to the @) of ours.

    Raises:
        CannotRead: it is not a calendar, or it is too large.
    """
    expect_calendar(content)
    question = {"zone": zone.key, "start": seconds(start), "end": seconds(end), "skip": [*skip]}
    try:
        answer = subprocess.run(  # our own program; the calendar is only its input
            [sys.executable, "-m", "booking.calendars.busy_times"],
            input=json.dumps(question).encode() + b"\n" + content,
            capture_output=True,
            timeout=SECONDS + SPARE,
            cwd=ROOT,
            env={name: os.environ[name] for name in NEEDED if name in os.environ},
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        raise CannotRead(Unreadable.TOO_MANY) from error
    except subprocess.CalledProcessError as error:
        ended = error.returncode < 0  # killed by a limit, not by its content
        raise CannotRead(Unreadable.TOO_MANY if ended else Unreadable.NOT_A_CALENDAR) from error
    found = json.loads(answer.stdout)
    if isinstance(found, str):
        raise CannotRead(Unreadable(found))
    return [(begins, ends) for begins, ends in found]


def expect_calendar(content: bytes) -> None:
    """Refuse what is clearly not a calendar, or only half of one.

    Raises:
        CannotRead: it is a web page (the usual mistake) or anything else.
    """
    text = content.removeprefix(b"\xef\xbb\xbf").strip()
    if text[:1] == b"<":
        raise CannotRead(Unreadable.WEB_PAGE)
    if not text[:15].upper().startswith(b"BEGIN:VCALENDAR") or not text[-13:].upper().endswith(
        b"END:VCALENDAR"
    ):
        raise CannotRead(Unreadable.NOT_A_CALENDAR)


def possibly_ours(content: bytes) -> list[str]:
    """The UIDs that look like those of appointments."""
    return [uid.decode().lower() for uid in dict.fromkeys(OURS.findall(content))][:MOST]


def merge(spans: Iterable[Span]) -> list[Span]:
    """The same instants in as few spans as possible, in order, without empty ones."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def spans(
    content: bytes, zone: ZoneInfo, start: int, end: int, skip: Collection[str]
) -> list[Span]:
    """Like `read`, in this process.

    Raises:
        CannotRead: it is not a calendar, or it is too large.
    """
    try:
        calendars = Calendar.from_ical(mended(content), multiple=True)
    except BROKEN as error:
        raise CannotRead(Unreadable.NOT_A_CALENDAR) from error
    if not calendars:
        raise CannotRead(Unreadable.NOT_A_CALENDAR)
    ours = {uid.lower() for uid in skip}
    found: list[Span] = []
    for calendar in calendars:
        for begins, ends in chain(
            _busy_spans(calendar, zone, start, end, ours), _free_busy(calendar, zone)
        ):
            if begins < end and ends > start:
                found.append((max(begins, start), min(ends, end)))
            if len(found) > MOST:
                raise CannotRead(Unreadable.TOO_MANY)
    return merge(found)


def _busy_spans(
    calendar: Any, zone: ZoneInfo, start: int, end: int, ours: Collection[str]
) -> Iterator[Span]:
    for event in _busy_events(calendar, zone, start, end):
        uid = str(event.get("UID", "")).lower()
        if uid.partition("@")[0] in ours or uid.startswith(AWAY):
            continue
        with suppress(*BROKEN):
            yield _span(event, zone)


def _free_busy(calendar: Any, zone: ZoneInfo) -> Iterator[Span]:
    """Some feeds say only when, in one VFREEBUSY (3.6.4)."""
    for published in calendar.walk("VFREEBUSY"):
        lines = published.get("FREEBUSY") or []
        for line in lines if isinstance(lines, list) else [lines]:
            for period in getattr(line, "dts", None) or [line]:
                with suppress(*BROKEN):
                    kind = str(line.params.get("FBTYPE", "")).upper()
                    begins, ends = period.start, period.end
                    if kind != "FREE":
                        yield _instant(begins, zone), _instant(ends, zone)


def _busy_events(calendar: Any, zone: ZoneInfo, start: int, end: int) -> Iterator[Any]:
    events = list(calendar.walk("VEVENT"))
    for event in events:
        rules = event.get("RRULE") or []
        for rule in rules if isinstance(rules, list) else [rules]:
            often = rule.get("FREQ", []) if isinstance(rule, dict) else []  # otherwise it is broken
            if ENDLESS & {str(frequency).upper() for frequency in often}:
                raise CannotRead(Unreadable.TOO_MANY)
    tell_apart(events)
    # One more day each side: whole days and floating times have no zone until `_span` reads them.
    first = datetime.fromtimestamp(start, zone) - DAY
    last = datetime.fromtimestamp(end, zone) + DAY
    query = of(calendar, skip_bad_series=True, calendar_query=Patient)
    for event in query.between(first, last):
        transparent = str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
        if not transparent and str(event.get("STATUS", "")).upper() != "CANCELLED":
            yield event


def _span(event: Any, zone: ZoneInfo) -> Span:
    """Whole days and floating times are read on the clinic's own clocks."""
    begins, ends = event["DTSTART"].dt, event["DTEND"].dt
    if not isinstance(begins, datetime):
        last: date = max(ends.date() if isinstance(ends, datetime) else ends, begins + DAY)
        return to_instant(begins, time(), zone, fold=0), to_instant(last, time(), zone, fold=0)
    if not isinstance(ends, datetime):
        return _instant(begins, zone), _instant(ends, zone)
    begins, ends = (at if at.tzinfo else at.replace(tzinfo=zone) for at in (begins, ends))
    length = seconds(ends.replace(tzinfo=UTC)) - seconds(begins.replace(tzinfo=UTC))  # on the wall
    if _is_skipped(begins) and length > 0:
        # 2:30 on the night the clocks go forward: 3:30 (3.3.5), or 1:30 as others read it.
        return seconds(begins.replace(fold=1)), max(seconds(ends), seconds(begins) + length)
    return seconds(begins), seconds(ends)


def _is_skipped(at: datetime) -> bool:
    """Whether the clocks never show it."""
    return at.astimezone(UTC).astimezone(at.tzinfo).replace(tzinfo=None) != at.replace(tzinfo=None)


def _instant(at: date, zone: ZoneInfo) -> int:
    if not isinstance(at, datetime):
        return to_instant(at, time(), zone, fold=0)
    return seconds(at if at.tzinfo else at.replace(tzinfo=zone))


def _confine() -> None:
    """Lower the limits of this process; not every system has every limit."""
    import resource

    for what, most in ((resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_AS, MEMORY)):
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def main() -> None:
    _confine()
    question = json.loads(sys.stdin.buffer.readline())
    zone = ZoneInfo(question["zone"])
    try:
        found: Any = spans(
            sys.stdin.buffer.read(), zone, question["start"], question["end"], question["skip"]
        )
    except CannotRead as error:
        found = error.why
    except MemoryError:
        found = Unreadable.TOO_MANY
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
