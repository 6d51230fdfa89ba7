from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from booking import board
from booking.availability import seconds
from tests.booking.factories import booked_appointment
from tests.factories import make_client

if TYPE_CHECKING:
    from booking.availability import Span
    from clinic.models import Therapist

pytestmark = pytest.mark.django_db

ZONE = ZoneInfo("America/New_York")
DAY = date(2026, 11, 24)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def at(clock: str) -> datetime:
    return datetime.combine(DAY, datetime.strptime(clock, "%H:%M").time(), ZONE)  # noqa: DTZ007


def span(start: str, end: str) -> Span:
    return seconds(at(start)), seconds(at(end))


def build(therapist: Therapist, hours: list[Span], **more: object) -> board.Board:
    given = {"away": {}, "appointments": [], "ready": {}, "now": LONG_AGO, **more}
    return board.build(
        day=DAY,
        zone=ZONE,
        therapists=[therapist],
        working={therapist.pk: hours},
        **given,  # type: ignore[arg-type]
    )


def test_the_board_spans_the_hours_that_are_worked(therapist: Therapist) -> None:
    built = build(therapist, [span("08:30", "12:00"), span("13:00", "18:15")])
    assert (built.first_hour, built.hours) == (8, 11)
    assert built.marks[0] == (0, "8")
    assert built.marks[5] == (60, "1")
    off = built.lanes[0].off
    assert [(place.at, place.rows) for place in off] == [(0, 6), (48, 12), (123, 9)]


def test_a_visit_outside_the_hours_stretches_the_board(therapist: Therapist) -> None:
    early = booked_appointment(make_client(), starts_at=at("06:45"), therapist=therapist)
    built = build(therapist, [span("09:00", "17:00")], appointments=[early])
    assert built.first_hour == 6
    (tile,) = built.lanes[0].tiles
    assert (tile.place.at, tile.place.rows) == (9, 12)


def test_the_line_of_the_present_is_drawn_only_on_its_day(therapist: Therapist) -> None:
    hours = [span("09:00", "17:00")]
    assert build(therapist, hours, now=at("10:32")).now == 18
    assert build(therapist, hours, now=at("08:59")).now is None
    assert build(therapist, hours).now is None


def test_a_day_on_which_nobody_works_shows_everybody_and_the_usual_hours(
    therapist: Therapist,
) -> None:
    built = build(therapist, [])
    assert (built.first_hour, built.hours) == (9, 9)
    assert not built.lanes[0].works
