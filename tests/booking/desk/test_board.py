from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from booking.desk import board
from booking.models import ClosedDate
from booking.times.daysheet import DaySheet, Stretch, TherapistDay
from tests.booking.factories import booked_appointment, held_time
from tests.factories import make_client, make_therapist

if TYPE_CHECKING:
    from clinic.models import Therapist

pytestmark = pytest.mark.django_db

ZONE = ZoneInfo("America/New_York")
DAY = date(2026, 11, 24)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def at(clock: str) -> datetime:
    return datetime.combine(DAY, datetime.strptime(clock, "%H:%M").time(), ZONE)  # noqa: DTZ007


def span(start: str, end: str, reason: str = "") -> Stretch:
    return Stretch(at(start), at(end), reason=reason)


def build(
    therapist: Therapist,
    hours: list[Stretch],
    away: list[Stretch] | None = None,
    closed: ClosedDate | None = None,
    **more: object,
) -> board.Board:
    given: dict[str, Any] = {"appointments": [], "ready": {}, "now": LONG_AGO, **more}
    sheet = DaySheet(closed, {therapist.pk: TherapistDay(hours, away or [])})
    return board.build(day=DAY, zone=ZONE, therapists=[therapist], sheet=sheet, **given)


def test_the_board_spans_the_hours_that_are_worked(therapist: Therapist) -> None:
    built = build(therapist, [span("08:30", "12:00"), span("13:00", "18:15")])
    assert (built.first_hour, built.hours) == (8, 11)
    assert built.marks[0] == (0, "8")
    assert built.marks[5] == (60, "1")
    off = built.lanes[0].off
    assert [(one.place.at, one.place.rows) for one in off] == [(0, 6), (48, 12), (123, 9)]


def test_time_off_says_why_and_a_closed_date_says_its_name(therapist: Therapist) -> None:
    lunch = span("12:00", "12:30", "Break")
    built = build(therapist, [span("09:00", "17:00")], [lunch])
    why = [(one.place.at, one.place.rows, one.reason) for one in built.lanes[0].off if one.reason]
    assert why == [(36, 6, "Break")]
    closed = build(therapist, [], closed=ClosedDate(day=DAY, name="Thanksgiving"))
    assert closed.closed == "Thanksgiving"


def test_a_wide_clinic_has_a_lane_for_everybody() -> None:
    crew = [make_therapist(f"Therapist {place}", position=place) for place in range(10)]
    sheet = DaySheet(None, {one.pk: TherapistDay([span("09:00", "17:00")]) for one in crew})
    built = board.build(
        day=DAY, zone=ZONE, therapists=crew, sheet=sheet, appointments=[], ready={}, now=LONG_AGO
    )
    assert (len(built.lanes), built.is_wide) == (10, True)


def test_who_is_not_here_yet_is_late_from_the_fifth_minute_on(therapist: Therapist) -> None:
    visit = booked_appointment(make_client(), starts_at=at("10:00"), therapist=therapist)

    def late(now: str) -> int:
        hours = [span("09:00", "17:00")]
        built = build(therapist, hours, appointments=[visit], now=at(now))
        return built.lanes[0].tiles[0].late_minutes

    assert [late(now) for now in ("09:00", "10:04", "10:05", "10:20")] == [0, 0, 5, 20]
    visit.status = "arrived"
    assert late("10:20") == 0


def test_the_two_of_a_couple_are_marked(therapist: Therapist) -> None:
    party = uuid4()
    visits = [
        booked_appointment(
            make_client("Client", name),
            starts_at=at("10:00"),
            therapist=therapist,
            party=party,
            status="cancelled",  # so that one therapist may have both
            seat=seat,
        )
        for seat, name in enumerate(("One", "Two"))
    ]
    alone = booked_appointment(make_client(), starts_at=at("13:00"), therapist=therapist)
    built = build(therapist, [span("09:00", "17:00")], appointments=[*visits, alone])
    assert [tile.is_couple for tile in built.lanes[0].tiles] == [True, True, False]


def test_a_time_that_is_only_held_is_not_counted_as_a_visit(therapist: Therapist) -> None:
    visit = booked_appointment(
        make_client("Ana", "Lima"), starts_at=at("10:00"), therapist=therapist
    )
    held = held_time(at("14:00"), therapist=therapist, room=visit.room)
    built = build(therapist, [span("09:00", "17:00")], appointments=[visit, held])
    assert (len(built.lanes[0].tiles), built.lanes[0].visits) == (2, 1)


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
