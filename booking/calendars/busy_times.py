"""When somebody else's calendar says busy (RFC 5545): events in, merged spans out. No Django.

What comes in was written by strangers, and a single line ("every second, on 30 February") can keep
a parser busy for years. So `read` runs it in a process of its own, which gets little memory, little
time and none of our secrets; `python -m booking.calendars.busy_times` is that process.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from icalendar import Calendar
from recurring_ical_events import CalendarQuery, of

from booking.availability import seconds, to_instant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from booking.availability import Span

MOST = 5000  # occurrences in the window
SECONDS = 20  # of computing, for one calendar
SPARE = 10  # seconds more on a busy machine
MEMORY = 1024**3
DAY = timedelta(days=1)
ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")  # to find Python's parts
ENDLESS = {"SECONDLY", "MINUTELY"}  # nobody's day looks like that
OURS = re.compile(rb"^UID:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@", re.I | re.M)
BROKEN = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
AWAY = "away-"  # time off in our own feeds


class Patient(CalendarQuery):  # type: ignore[misc]  # it ships no types
    """Leaves a broken event out and goes on to the next."""

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
        CannotRead: it is no calendar, or too much of one.
    """
    expect_calendar(content)
    question = {"zone": zone.key, "start": seconds(start), "end": seconds(end), "skip": [*skip]}
    try:
        answer = subprocess.run(  # a program of ours; the calendar is only its input
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
        ended = error.returncode < 0  # by a limit, not by what is in there
        raise CannotRead(Unreadable.TOO_MANY if ended else Unreadable.NOT_A_CALENDAR) from error
    found = json.loads(answer.stdout)
    if isinstance(found, str):
        raise CannotRead(Unreadable(found))
    return [(begins, ends) for begins, ends in found]


def expect_calendar(content: bytes) -> None:
    """Refuse what is plainly something else, and half a calendar.

    Raises:
        CannotRead: it is a web page, the usual mistake, or anything else.
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
    """The same instants in as few spans as possible, in order; empty ones are nothing."""
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
    """Like `read`, in this very process.

    Raises:
        CannotRead: it is no calendar, or too much of one.
    """
    try:
        calendars = Calendar.from_ical(content, multiple=True)
    except BROKEN as error:
        raise CannotRead(Unreadable.NOT_A_CALENDAR) from error
    if not calendars:
        raise CannotRead(Unreadable.NOT_A_CALENDAR)
    ours = {uid.lower() for uid in skip}
    found: list[Span] = []
    for calendar in calendars:
        for event in _busy_events(calendar, zone, start, end):
            uid = str(event.get("UID", "")).lower()
            if uid.partition("@")[0] in ours or uid.startswith(AWAY):
                continue
            try:
                begins, ends = _span(event, zone)
            except BROKEN:
                continue
            found.append((max(begins, start), min(ends, end)))
            if len(found) > MOST:
                raise CannotRead(Unreadable.TOO_MANY)
    return merge(found)


def _busy_events(calendar: Any, zone: ZoneInfo, start: int, end: int) -> Iterator[Any]:
    events = list(calendar.walk("VEVENT"))
    for event in events:
        rules = event.get("RRULE") or []
        for rule in rules if isinstance(rules, list) else [rules]:
            often = rule.get("FREQ", []) if isinstance(rule, dict) else []  # else it is broken
            if ENDLESS & {str(frequency).upper() for frequency in often}:
                raise CannotRead(Unreadable.TOO_MANY)
    # A day more on both sides: whole days and floating times have no zone until `_span` reads them.
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
    return _instant(begins, zone), _instant(ends, zone)


def _instant(at: date, zone: ZoneInfo) -> int:
    if not isinstance(at, datetime):
        return to_instant(at, time(), zone, fold=0)
    return seconds(at if at.tzinfo else at.replace(tzinfo=zone))


def _confine() -> None:
    """Less of everything, for this process only; not every system has every limit."""
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
